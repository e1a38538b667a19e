"""Scalars between two records."""

import math

import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh.training.window import Window, prune


def filled(*steps):
    window = Window()
    for scalars in steps:
        window.add({name: tf.constant(value) for name, value in scalars.items()})
    return window


STEPS = [{"loss": 0.1, "l1": 3.0}, {"loss": 0.7, "l1": 5.0}, {"loss": 0.4, "l1": 10.0}]


def test_means():
    assert filled(*STEPS).means() == {"loss": pytest.approx(0.4), "l1": pytest.approx(6.0)}


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_what_was_gathered_before_a_cut_counts_to_the_bit(tmp_path, cut):
    checkpoint = str(tmp_path / "ckpt-7")
    filled(*STEPS[:cut]).save(checkpoint)
    window = Window()
    window.load(checkpoint)
    for scalars in STEPS[cut:]:
        window.add({name: tf.constant(value) for name, value in scalars.items()})
    assert window.means() == filled(*STEPS).means()


def test_an_empty_window_leaves_no_file_and_a_missing_one_is_empty(tmp_path):
    filled(*STEPS).save(str(tmp_path / "ckpt-1"))
    Window().save(str(tmp_path / "ckpt-1"))
    assert list(tmp_path.iterdir()) == []
    window = filled(*STEPS)
    window.load(str(tmp_path / "ckpt-1"))
    assert window.means() == {}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_named_with_its_step(bad):
    assert filled(*STEPS).not_finite() is None
    assert filled(STEPS[0], {"loss": 1.0, "l1": bad}, STEPS[2]).not_finite() == ("l1", 1)
    assert filled({"loss": np.float32(bad)}).not_finite() == ("loss", 0)


def test_windows_go_with_their_checkpoints(tmp_path):
    for step in (1, 2, 3):
        filled(*STEPS).save(str(tmp_path / f"ckpt-{step}"))
    prune(tmp_path, [str(tmp_path / "ckpt-2"), str(tmp_path / "ckpt-3")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ckpt-2.window.json", "ckpt-3.window.json"]
