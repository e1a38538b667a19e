"""Scenes around a mask: where the subject stands in them and what is farther away."""

import numpy as np
import pytest

from pynet_bokeh.data import geometry


def standing(height=120, width=90, feet=100):
    """A subject whose feet are seen."""
    matte = np.zeros((height, width), np.float32)
    matte[30:feet, 35:55] = 1
    return matte


@pytest.mark.parametrize("kind", geometry.KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_the_background_reaches_minus_one(kind, seed):
    matte = standing()
    depth = geometry.draw(np.random.default_rng(seed), matte, kind=kind)
    assert depth.dtype == np.float32
    assert depth.shape == matte.shape
    assert np.percentile(depth[matte < 0.5], 1) == pytest.approx(-1, abs=0.02)


@pytest.mark.parametrize("kind", ["wall", "far"])
def test_a_wall_is_behind_the_subject(kind):
    for seed in range(20):
        assert geometry.draw(np.random.default_rng(seed), standing(), kind=kind).max() < -0.05


def test_feet_stand_on_ground_in_focus_and_nearer_ground_is_below():
    for seed in range(20):
        depth = geometry.draw(np.random.default_rng(seed), standing(), kind="ground")
        assert abs(depth[99, 45]) < 0.08
        assert depth[119, 45] > 0.05
        assert depth[60, 45] < -0.15
        down = depth[:, 45]
        assert (np.diff(down) >= -1e-6).all()
        assert np.abs(np.diff(down)).max() < 0.08  # no step: the wall stands on the ground


def test_a_subject_cut_by_the_picture_has_no_ground_in_front():
    for seed in range(20):
        depth = geometry.draw(np.random.default_rng(seed), standing(feet=120), kind="ground")
        assert depth.max() < 0.1


def test_kinds_vary_and_the_same_chance_gives_the_same_scene():
    matte = standing()
    flat = [np.ptp(geometry.draw(np.random.default_rng(seed), matte)) < 1e-6 for seed in range(80)]
    assert 1 <= sum(flat) <= 30
    first, second = (geometry.draw(np.random.default_rng(5), matte) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_the_contact_is_the_lowest_row_of_the_subject():
    matte = standing(feet=77)
    matte[110, 3] = 1  # a speck isn't a foot
    assert geometry.contact_row(matte) == 76
