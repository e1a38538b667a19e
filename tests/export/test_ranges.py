"""Calibration: ranges of real activations, and what LiteRT's kernels ask of them."""

import numpy as np
import pytest
import tf_keras

from export import ranges
from export.ranges import calibrate
from pynet_bokeh.models import registry
from small_runs import lively


@pytest.fixture(scope="module")
def model():
    return lively(registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1)).model()


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(1)
    sizes = {"image": (1, 64, 64, 3), "focus": (1, 64, 64, 1), "strength": (1, 1, 1, 1)}
    return [{name: rng.random(size, np.float32) for name, size in sizes.items()} for _ in range(4)]


@pytest.fixture(scope="module")
def calibrated(model, pictures):
    return calibrate(model, pictures)


def of(model, name, pictures):
    return np.array([tf_keras.Model(model.inputs, model.get_layer(name).output)(one).numpy() for one in pictures])


def test_what_carries_the_picture_is_never_clipped(model, calibrated, pictures):
    for name in ("level3_keep_difference", "level4_detail", "level4_keep"):
        values = of(model, name, pictures)
        wanted = min(values.min(), 0), values.max()
        assert calibrated[0][name] == pytest.approx(wanted, rel=1e-3), name


def test_16_bits_hold_everything_and_8_bits_of_features_what_matters(model, calibrated, pictures):
    wide, means = calibrate(model, pictures, activations="int16")
    name = "level3_block1_add"
    values = of(model, name, pictures)
    assert wide[name] == pytest.approx((min(values.min(), 0), values.max()), rel=1e-3)
    assert np.ptp(calibrated[0][name]) < np.ptp(wide[name])
    np.testing.assert_allclose(means[name], values.mean(axis=(0, 1, 2, 3)), rtol=1e-3)

    def error(low, high):
        step = (high - low) / 255
        return np.mean((values - np.clip(np.round(values / step) * step, low, high)) ** 2)

    assert error(*calibrated[0][name]) < error(*wide[name])


def test_the_least_error_of_even_values_is_at_the_whole_range():
    assert ranges.least_error(-1.0, 3.0, np.full(2048, 1 / 2048)) == (-1.0, 3.0)


def test_the_least_error_leaves_a_single_far_value_out():
    shares = np.zeros(2048)
    shares[:205] = (1 - 1e-9) / 205
    shares[-1] = 1e-9
    low, high = ranges.least_error(0.0, 10.0, shares)
    assert low == 0
    assert high == pytest.approx(2.0)  # the narrowest tried
    shares[-1] = 1e-3
    assert ranges.least_error(0.0, 10.0, shares)[1] > 9


def test_what_passes_values_on_has_the_scale_of_what_it_reads(calibrated):
    found, _ = calibrated
    assert found["level1_blocks"] == found["level2_photo"] == found["image"] == (0.0, 1.0)
    assert found["level2_input"] == (0.0, 1.0)  # a join of inputs, whatever the pictures' brightest pixel
    assert found["level6_lift_up"] == found["level6_lift"]


def test_the_picture_is_0_to_1_and_so_is_what_it_is_only_rearranged_from(calibrated):
    found, _ = calibrated
    assert found["bokeh"] == found["level1_picture"] == found["level1_keep_blend"] == (0.0, 1.0)


def test_a_sigmoid_has_the_scale_that_litert_prescribes(calibrated):
    assert calibrated[0]["level1_keep_gate"] == (0.0, 255 / 256)
