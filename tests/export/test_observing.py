"""Extremes and means of what layers hold, against numpy; and what no calibration set may be."""

import numpy as np
import pytest
import tf_keras

from export.observing import Seen, observe
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from small_runs import lively

NAME = "level3_block1_add"


@pytest.fixture(scope="module")
def model():
    return lively(registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1)).model()


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(1)
    sizes = {"image": (1, 64, 64, 3), "focus": (1, 64, 64, 1), "strength": (1, 1, 1, 1)}
    return [{name: rng.random(size, np.float32) for name, size in sizes.items()} for _ in range(4)]


@pytest.fixture(scope="module")
def values(model, pictures):
    inner = tf_keras.Model(model.inputs, model.get_layer(NAME).output)
    return np.array([inner(inputs).numpy() for inputs in pictures], np.float64)


def test_extremes_and_means_are_those_of_all_pictures(model, pictures, values):
    seen = observe(model, pictures)
    assert seen.keys() == {layer.name for layer in model.layers}
    assert len({value.max() for value in values}) > 1  # the highest is not just the last picture's
    for found, reduced in ((seen[NAME].low, np.min), (seen[NAME].high, np.max), (seen[NAME].mean, np.mean)):
        np.testing.assert_allclose(found, reduced(values, axis=(0, 1, 2, 3)), rtol=1e-4, atol=1e-6)


def test_channels_divided():
    seen = Seen(np.array([-2.0, 0.0]), np.array([4.0, 6.0]), np.array([1.0, 3.0])).divided(np.array([2.0, 3.0]))
    assert (seen.low.tolist(), seen.high.tolist(), seen.mean.tolist()) == ([-1, 0], [2, 2], [0.5, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda inputs: [], "at least one picture is needed; received none"),
        (
            lambda inputs: [{**inputs, "image": inputs["image"][:, :32]}],
            r"image of picture 0 should be \(64, 64, 3\); r",
        ),
        (
            lambda inputs: [inputs, {"image": inputs["image"]}],
            "picture 1 should have the inputs focus, image, strength; received image",
        ),
        (lambda inputs: [{**inputs, "image": 255 * inputs["image"]}], "should lie in 0 … 1; received 0.* … 25"),
        (lambda inputs: [{**inputs, "image": inputs["image"] * np.nan}], "should lie in 0 … 1; received nan"),
    ],
)
def test_a_wrong_calibration_set_is_named(model, pictures, change, message):
    with pytest.raises(UserError, match=f"calibration: .*{message}"):
        observe(model, change(pictures[0]))


def test_weights_that_overflow_are_named_with_their_layer(pictures):
    model = registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1).model()
    layer = model.get_layer("level4_lift")
    layer.bias.assign(layer.bias + np.inf)
    with pytest.raises(UserError, match="calibration: level4_lift gives numbers that are not finite on picture 0"):
        observe(model, pictures)
