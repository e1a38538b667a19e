"""Layers that a user's own network may have."""

import numpy as np
import pytest
import tf_keras

from export.convert import convert
from export.ranges import calibrate
from export.recipes import recipe_named
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.runtime import TflitePredictor

layers = tf_keras.layers
BYTES = np.random.default_rng(2).integers(0, 256, (2, 1, 32, 32, 3))
PICTURES = [{"image": np.float32(image / 255)} for image in BYTES]


def network(activation):
    """Two convolutions and what is applied between them."""
    tf_keras.utils.set_random_seed(3)
    image = tf_keras.Input((32, 32, 3), batch_size=1, name="image")
    start = tf_keras.initializers.RandomNormal(stddev=0.6)
    x = layers.Conv2D(8, 3, padding="same", kernel_initializer=start, name="first")(image)
    x = layers.Conv2D(3, 1, name="head")(layers.Activation(activation, name="odd")(x))
    x = layers.Rescaling(0.2, 0.5, name="picture")(x)
    return tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})


@pytest.mark.parametrize(("name", "least"), [("fp32", 120), ("ptq_int8", 45), ("int16x8", 50)])
def test_a_function_with_a_gradient_of_its_own_is_converted(tmp_path, name, least):
    """Of swish that reads a constant, with which tensorflow does not save it."""
    model, recipe = network("swish"), recipe_named(name)
    path = tmp_path / "swish.tflite"
    path.write_bytes(convert(model, recipe, *(calibrate(model, PICTURES) if recipe.integer else ())))
    wanted = np.clip(model(PICTURES[0])[OUTPUT][0], 0, 1)
    for xnnpack in (True, False):
        assert psnr(TflitePredictor(path, xnnpack=xnnpack)(PICTURES[0]["image"][0]), wanted) > least


@pytest.mark.parametrize(
    ("activation", "name", "message"),
    [
        ("elu", "ptq_int8", r"ptq_int8: odd has no integer form \(ELU\); keep_float.layers of a recipe keeps it float"),
        ("selu", "int16x8", r"int16x8: the converter refused this network \(its own words are above\)"),
    ],
)
def test_what_has_no_integer_form_is_one_line(activation, name, message):
    model = network(activation)
    with pytest.raises(UserError, match=message) as told:
        convert(model, recipe_named(name), *calibrate(model, PICTURES))
    assert "\n" not in str(told.value)
