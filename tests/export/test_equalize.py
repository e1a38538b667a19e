"""An equalized network draws the same picture, with channels that reach less unequally far."""

import numpy as np
import pytest
import tf_keras

from export import equalize
from export.convert import convert
from export.observing import observe
from export.ranges import calibrate
from export.recipes import recipe_named
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.runtime import TflitePredictor
from small_runs import lively

layers = tf_keras.layers
NETWORKS = {
    "pynet_mobile": ({"channels": [8] * 6}, (64, 64)),
    "glass_net": ({"width": 0.125}, (64, 64)),
    "double_vnet": ({"width": 0.125}, (64, 64)),
    "pynet": ({"width": 0.125, "max_kernel": 3}, (128, 128)),
}


def pictures_for(model, count=2, seed=2):
    rng = np.random.default_rng(seed)
    return [{one.name: rng.random(tuple(one.shape), np.float32) for one in model.inputs} for _ in range(count)]


def uneven(network, seed=0):
    """The network with channels that reach from 1/4 to 4 times as far as others do."""
    rng = np.random.default_rng(seed)
    for layer in lively(network).layers:
        if isinstance(layer, layers.Conv2D) and not isinstance(layer, layers.DepthwiseConv2D) and layer.use_bias:
            layer.kernel.assign(layer.kernel * 4.0 ** rng.uniform(-1, 1, layer.kernel.shape[-1]))
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_the_picture_stays_what_it_was(name):
    config, size = NETWORKS[name]
    network = lively(registry.build(name, config, picture_size=size, batch=1), spread=None)
    model = network.model()
    pictures = pictures_for(model)
    before = [model(inputs)[OUTPUT].numpy() for inputs in pictures]
    scales = equalize.scales(model, observe(model, pictures))
    assert scales
    assert max(np.ptp(np.log(values)) for values in scales.values()) > 0.2  # something is to be done
    equalize.apply(model, scales)
    for inputs, wanted in zip(pictures, before, strict=True):
        np.testing.assert_allclose(model(inputs)[OUTPUT], wanted, atol=1e-4 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize(
    ("layer", "scaled"),
    [
        (lambda: layers.ReLU(), True),
        (lambda: layers.ReLU(max_value=0.5), False),
        (lambda: layers.ReLU(negative_slope=0.1), True),
        (lambda: layers.ReLU(threshold=0.1), False),
        (lambda: layers.LeakyReLU(0.2), True),
        (lambda: layers.PReLU(shared_axes=(1, 2)), False),
        (lambda: layers.Activation("relu"), True),
        (lambda: layers.Activation("relu6"), False),
        (lambda: layers.Activation("swish"), False),
        (lambda: layers.Activation("tanh"), False),
        (lambda: layers.MaxPooling2D(), True),
        (lambda: layers.UpSampling2D(interpolation="bilinear"), True),
        (lambda: layers.BatchNormalization(), False),
        (lambda: layers.Conv2DTranspose(5, 3, strides=2, padding="same"), True),
        (lambda: layers.Conv2DTranspose(5, 3, activation="elu"), False),
        (lambda: layers.DepthwiseConv2D(3), True),
        (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), False),
        (lambda: layers.Conv2D(4, 3, groups=2), False),
        (lambda: layers.SeparableConv2D(4, 3), False),
        (lambda: layers.Dense(4), False),
    ],
)
def test_what_is_behind_decides_whether_channels_can_be_scaled(layer, scaled):
    """By hand; and whatever is found, the picture stays."""
    tf_keras.utils.set_random_seed(2)
    image = tf_keras.Input((16, 16, 3), batch_size=1, name="image")
    far = tf_keras.initializers.Constant(np.geomspace(0.1, 10, 4))
    first = layers.Conv2D(4, 3, bias_initializer=far, padding="same", name="first")
    x = layers.Conv2D(3, 3, padding="same", name="last")(layer()(first(image)))
    model = tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})
    pictures = pictures_for(model)
    wanted = model(pictures[0])[OUTPUT].numpy()
    by = equalize.scales(model, observe(model, pictures))
    assert ("first" in by) == scaled
    equalize.apply(model, by)
    np.testing.assert_allclose(model(pictures[0])[OUTPUT], wanted, atol=1e-4 * np.abs(wanted).max())


def test_all_that_read_a_channel_are_scaled_alike():
    """A shortcut past two kinds of convolution, a join, a gate and a reader of other width."""
    tf_keras.utils.set_random_seed(2)
    image = tf_keras.Input((16, 16, 3), batch_size=1, name="image")
    far = tf_keras.initializers.Constant(np.geomspace(0.1, 10, 4))
    options = {"padding": "same", "bias_initializer": far}
    first = layers.Conv2D(4, 3, name="first", **options)(image)
    each = layers.DepthwiseConv2D(3, name="each", activation="relu", **options)(first)
    up = layers.Conv2DTranspose(4, 3, name="up", activation="relu", **options)(first)
    added = layers.Add(name="added")([first, each, up])
    wide = layers.Conv2D(6, 1, name="wide")(added)
    joined = layers.Concatenate(name="joined")([wide, layers.Conv2D(4, 1, name="other", **options)(first)])
    gate = layers.Activation("sigmoid", name="gate")(layers.Conv2D(10, 1, name="logits")(added))
    x = layers.Conv2D(3, 1, name="last")(layers.Multiply(name="gated")([joined, gate]))
    model = tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})
    assert equalize.free(model) == [["added", "each", "first", "up"]]
    pictures = pictures_for(model)
    wanted = model(pictures[0])[OUTPUT].numpy()
    by = equalize.scales(model, observe(model, pictures))
    assert np.ptp(np.log(by["first"])) > 0.5
    equalize.apply(model, by)
    np.testing.assert_allclose(model(pictures[0])[OUTPUT], wanted, atol=1e-4 * np.abs(wanted).max())


def test_channels_reach_half_as_unequally_and_what_was_seen_is_known_without_looking_again():
    model = uneven(registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1)).model()
    pictures = pictures_for(model)
    before = observe(model, pictures)
    scales = equalize.scales(model, before)
    equalize.apply(model, scales)
    after = observe(model, pictures)
    for group in equalize.free(model):
        reach = np.max([np.maximum(-after[name].low, after[name].high) for name in group], axis=0)
        of_old = np.max([np.maximum(-before[name].low, before[name].high) for name in group], axis=0)
        if of_old.min() * equalize.LARGEST > of_old.max():  # none too far from the others for LARGEST
            np.testing.assert_allclose(np.ptp(np.log(reach)), np.ptp(np.log(of_old)) / 2, rtol=1e-3)
            np.testing.assert_allclose(np.argsort(reach), np.argsort(of_old))
        for name in group:
            found, told = after[name], before[name].divided(np.array(scales[name]))
            np.testing.assert_allclose(found.high, told.high, rtol=1e-3, atol=1e-4)
            np.testing.assert_allclose(found.mean, told.mean, rtol=1e-3, atol=1e-4)


def test_pictures_and_gates_are_left_alone():
    model = registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1).model()
    groups = equalize.free(model)
    together = next(group for group in groups if "level5_block1_add" in group)
    assert {"level5_encoder", "level5_strength", "level5_skip", "level5_block1_pointwise"} <= set(together)
    assert "level5_block1_depthwise" not in together
    assert ["level5_block1_depthwise"] in groups
    touched = {name for group in groups for name in group}
    pictures = {"image", "level2_photo", "level4_picture", "level4_disc1", "level1_base", "level4_detail", "bokeh"}
    assert not touched & (pictures | {"level4_keep", "level4_keep_gate", "level2_input"})


def test_an_uneven_network_keeps_its_picture_in_integers(tmp_path):
    """One channel reaches 100 times as far as its neighbours, which the picture is made of."""
    tf_keras.utils.set_random_seed(1)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(inputs["image"])
    x = layers.Conv2D(3, 1, name="head")(x)
    picture = layers.Activation("sigmoid", name="picture")(x)
    model = tf_keras.Model(inputs, {OUTPUT: layers.Activation("linear", name=OUTPUT)(picture)})
    first, head = model.get_layer("first"), model.get_layer("head")
    far = np.array([100.0] + [1.0] * 7, np.float32)
    first.kernel.assign(np.abs(first.kernel) * far)
    head.kernel.assign(head.kernel / far[:, None])
    pictures = pictures_for(model, 4)
    wanted = model(pictures[0])[OUTPUT][0].numpy()

    def error():
        ranges, means = calibrate(model, pictures)
        path = tmp_path / "a.tflite"
        path.write_bytes(convert(model, recipe_named("ptq_int8"), ranges, means))
        drawn = TflitePredictor(path, xnnpack=False)(pictures[0]["image"][0], None, None)
        return np.sqrt(np.mean((drawn - wanted) ** 2)) * 255

    uneven_error = error()
    equalize.apply(model, equalize.scales(model, observe(model, pictures)))
    assert error() < uneven_error / 3


def test_a_channel_without_values_is_bounded():
    model = uneven(registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1)).model()
    layer = model.get_layer("level4_lift")
    layer.kernel.assign(layer.kernel * np.array([0.0] + [1.0] * (layer.kernel.shape[-1] - 1)))
    layer.bias.assign(np.zeros(layer.bias.shape))
    scales = equalize.scales(model, observe(model, pictures_for(model)))
    assert min(scales["level4_lift"]) >= 1 / equalize.LARGEST
    equalize.apply(model, scales)
    assert all(np.isfinite(variable.numpy()).all() for variable in model.variables)
