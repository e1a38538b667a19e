"""Calibration: ranges of real activations, and what LiteRT's kernels ask of them."""

import numpy as np
import pytest
import tf_keras

from export.ranges import calibrate
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT
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


def test_ranges_and_means_are_those_of_all_pictures(model, calibrated, pictures):
    ranges, means = calibrated
    name = "level3_block1_add"
    values = [tf_keras.Model(model.inputs, model.get_layer(name).output)(inputs).numpy() for inputs in pictures]
    assert len({value.max() for value in values}) > 1  # the widest range is not just the last picture's
    assert ranges[name] == pytest.approx((min(np.min(values), 0), np.max(values)), rel=1e-3)
    np.testing.assert_allclose(means[name], np.mean(values, axis=(0, 1, 2, 3)), rtol=1e-3)


def test_what_passes_values_on_has_the_scale_of_what_it_reads(calibrated):
    ranges, _ = calibrated
    assert ranges["level1_blocks"] == ranges["level2_photo"] == ranges["image"] == (0.0, 1.0)
    assert ranges["level2_input"] == (0.0, 1.0)  # a join of inputs, whatever the pictures' brightest pixel
    assert ranges["level6_lift_up"] == ranges["level6_lift"]


def test_the_picture_is_0_to_1_and_so_is_what_it_is_only_rearranged_from(calibrated):
    ranges, _ = calibrated
    assert ranges["bokeh"] == ranges["level1_picture"] == ranges["level1_keep_blend"] == (0.0, 1.0)


def test_a_sigmoid_has_the_scale_that_litert_prescribes(calibrated):
    assert calibrated[0]["level1_keep_gate"] == (0.0, 255 / 256)


def even_network(layer, *values):
    """The ranges of `layer`, which reads even pictures of these values, before a convolution that makes the picture."""
    image = tf_keras.Input((8, 8, 3), batch_size=1, name="image")
    x = tf_keras.layers.Conv2D(3, 1, name="head")(layer(image))
    model = tf_keras.Model({"image": image}, {OUTPUT: tf_keras.layers.Activation("linear", name=OUTPUT)(x)})
    pictures = [{"image": np.full((1, 8, 8, 3), value, np.float32)} for value in values]
    return calibrate(model, pictures)[0]


@pytest.mark.parametrize(
    ("scale", "offset", "product", "whole"),
    [
        (2.0, -1.0, (0, 2), (-128 / 127, 1)),
        (-1.0, 1.0, (-1, 0), (0, 1)),
        (0.25, 0.5, (0, 0.25), (0, 0.75)),
        (0.25, -0.5, (0, 0.25), (-0.5, 0)),
    ],
)
def test_a_rescaling_has_ranges_in_order_and_with_0(scale, offset, product, whole):
    ranges = even_network(tf_keras.layers.Rescaling(scale, offset, name="scaled"), 0.2, 0.8)
    assert ranges["scaled/mul"] == pytest.approx(product)
    assert ranges["scaled"] == pytest.approx(whole)


def fixed(kind, *size, value, **options):
    start = tf_keras.initializers.Constant(value)
    name = "depthwise_initializer" if kind is tf_keras.layers.DepthwiseConv2D else "kernel_initializer"
    return kind(*size, use_bias=False, trainable=False, name="fixed", **{name: start}, **options)


def test_averages_have_the_range_of_what_they_read_and_other_fixed_convolutions_their_own():
    found = even_network(fixed(tf_keras.layers.DepthwiseConv2D, 2, value=0.25), 0.2, 0.8)
    assert found["fixed"] == (0.0, 1.0)
    found = even_network(fixed(tf_keras.layers.DepthwiseConv2D, 2, value=0.5), 0.2, 0.8)
    assert found["fixed"] == pytest.approx((0, 1.6))
    # Its kernel sums to 1 over the axes that count in other kernels; a pixel that comes out adds up three channels.
    found = even_network(fixed(tf_keras.layers.Conv2DTranspose, 1, 1, value=1.0), 0.2, 0.8)
    assert found["fixed"] == pytest.approx((0, 2.4))
