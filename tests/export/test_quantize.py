"""The simulation against the integer graph itself, and what fine-tuning through it may rely on."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from export import quantize
from export.convert import convert, float_graph
from export.ranges import calibrate
from export.recipes import changed, recipe_named
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.models import registry
from pynet_bokeh.models.layers import InstanceNormalization
from pynet_bokeh.models.network import OUTPUT, join
from pynet_bokeh.runtime import TflitePredictor
from small_runs import lively

layers = tf_keras.layers
INT8 = recipe_named("ptq_int8")


@pytest.fixture(scope="module")
def model():
    return lively(registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1), seed=1).model()


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(1)
    sizes = {"image": (1, 64, 64, 3), "focus": (1, 64, 64, 1), "strength": (1, 1, 1, 1)}
    return [{name: rng.random(size, np.float32) for name, size in sizes.items()} for _ in range(4)]


@pytest.fixture(scope="module")
def calibrated(model, batches):
    return calibrate(model, batches)


def picture_model(inputs, picture):
    return tf_keras.Model(inputs, {OUTPUT: layers.Activation("linear", name=OUTPUT)(picture)})


def run(path, content, inputs, **options):
    path.write_bytes(content)
    extra = inputs["focus"][0, ..., 0] if "focus" in inputs else None
    strength = float(inputs["strength"].item()) if "strength" in inputs else None
    return TflitePredictor(path, **options)(inputs["image"][0], extra, strength)


def test_the_simulation_is_as_far_from_the_float_network_as_the_integer_graph_is(model, calibrated, batches, tmp_path):
    """Not closer to it: over 170 layers a value half-way between two steps goes its own way."""
    ranges, _ = calibrated
    simulated = quantize.simulate(model, ranges)(batches[0])[OUTPUT][0].numpy()
    wanted = np.clip(model(batches[0])[OUTPUT][0], 0, 1)
    drawn = run(tmp_path / "a.tflite", convert(model, INT8, ranges), batches[0], xnnpack=False)
    assert psnr(drawn, wanted) == pytest.approx(psnr(simulated, wanted), abs=1)
    assert psnr(drawn, wanted) > 36
    assert psnr(drawn, simulated) > 38


def test_every_layer_has_a_range_and_the_graph_an_operator_for_it(model, calibrated):
    ranges, _ = calibrated
    named = {node.layer for node in float_graph(model, INT8).nodes}
    assert named <= ranges.keys()
    assert {layer.name for layer in model.layers} - named == {"image", "focus", "strength", OUTPUT}


def test_the_picture_goes_out_in_steps_of_one_255th(model, calibrated, batches):
    steps = quantize.simulate(model, calibrated[0])(batches[1])[OUTPUT].numpy() * 255
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    assert steps.min() >= 0
    assert steps.max() <= 255


def test_training_reaches_every_variable_of_the_network_itself(model, calibrated, batches):
    simulated = quantize.simulate(model, calibrated[0])
    assert {id(one) for one in simulated.trainable_variables} == {id(one) for one in model.trainable_variables}
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(simulated(batches[0], training=True)[OUTPUT]))
    assert all(gradient is not None for gradient in tape.gradient(loss, simulated.trainable_variables))


@pytest.mark.parametrize(
    ("kind", "shape", "scales"), [(layers.Conv2D, (3, 3, 4, 5), 5), (layers.DepthwiseConv2D, (5, 5, 4, 1), 4)]
)
def test_kernels_keep_the_sum_over_a_window(kind, shape, scales):
    how = quantize.KERNELS[kind]
    kernel = np.random.default_rng(0).normal(size=shape)
    kernel *= 10.0 ** np.arange(scales).reshape((-1, 1) if kind is layers.DepthwiseConv2D else (-1,))
    steps = np.abs(kernel).max(axis=how.axes, keepdims=True) / 127
    rounded = quantize.rounded_kernel(tf.constant(kernel), how).numpy() / steps
    np.testing.assert_allclose(rounded, np.round(rounded), atol=1e-9)
    assert np.abs(rounded).max() < 127.5
    assert np.abs(rounded - kernel / steps).max() < 1  # down or up, no farther
    sums = (rounded - kernel / steps).sum(axis=(0, 1))
    assert np.abs(sums).max() <= 0.5 + 1e-9
    assert np.abs((np.round(kernel / steps) - kernel / steps).sum(axis=(0, 1))).max() > 0.6  # which it is for


def test_kernels_of_one_pixel_are_rounded_to_the_nearest():
    kernel = np.random.default_rng(0).normal(size=(1, 1, 4, 5))
    steps = np.abs(kernel).max(axis=(0, 1, 2), keepdims=True) / 127
    rounded = quantize.rounded_kernel(tf.constant(kernel), quantize.KERNELS[layers.Conv2D]).numpy()
    np.testing.assert_allclose(rounded / steps, np.round(kernel / steps), atol=1e-9)


def test_an_even_surface_stays_what_it_was(tmp_path):
    """A blur by integers gives an even surface back, however its weights are rounded one by one."""
    tf_keras.utils.set_random_seed(5)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}
    kernel = np.full((7, 7, 3, 1), 0.5 / 48)
    kernel[3, 3] = 0.5
    start = tf.constant_initializer(kernel)
    blur = layers.DepthwiseConv2D(7, padding="same", use_bias=False, depthwise_initializer=start, name="blur")
    model = picture_model(inputs, blur(inputs["image"]))
    images = [{"image": np.full((1, 32, 32, 3), grey, np.float32)} for grey in (0.2, 0.5, 0.95)]
    ranges, _ = calibrate(model, images)
    content = convert(model, recipe_named("int16x8"), ranges)
    assert np.round(kernel * 254).sum() / 3 / 254 > 1.06
    for inputs in images:
        drawn = run(tmp_path / "blur.tflite", content, inputs)
        np.testing.assert_allclose(drawn[3:-3, 3:-3], inputs["image"][0, 3:-3, 3:-3], atol=0.003)


def test_a_layer_kept_float_is_not_rounded(model, calibrated, batches):
    names = {layer.name for layer in model.layers}
    inputs = {name: np.round(value * 255) / 255 for name, value in batches[0].items()}
    simulated = quantize.simulate(model, calibrated[0], floats=names)(inputs)[OUTPUT]
    wanted = np.clip(model(inputs)[OUTPUT], 0, 1)
    np.testing.assert_allclose(simulated, wanted, atol=0.501 / 255)  # as 8 bits go out


@pytest.mark.parametrize("other_graphs", [False, True])
def test_what_a_float_layer_gives_is_rounded_for_integer_layers_alone(tmp_path, other_graphs):
    """With steps of 1/12 a picture would show it."""
    tf_keras.utils.set_random_seed(6)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}
    first = layers.Conv2D(3, 1, name="first", kernel_initializer=tf_keras.initializers.Constant(0.3))(inputs["image"])
    small = layers.Conv2D(3, 1, name="small", kernel_initializer=tf_keras.initializers.Constant(0.01))(first)
    last = layers.Add(name="last")([first, small] if not other_graphs else [first, first])
    if other_graphs:  # of a coarser level, say: what reads there is not in this one's file
        layers.Conv2D(3, 1, name="elsewhere")(first)
    model = picture_model(inputs, layers.Rescaling(0.5, name="picture")(last))
    images = [
        {"image": np.float32(image / 255)} for image in np.random.default_rng(2).integers(0, 256, (2, 1, 32, 32, 3))
    ]
    ranges, _ = calibrate(model, images)
    ranges = {**ranges, "first": (0.0, 255 / 12)}
    (recipe,) = changed([INT8], ["keep_float.layers=['first', 'last', 'picture']"])
    floats = {"first", "last", "picture"}
    simulated = quantize.simulate(model, ranges, floats=floats)(images[0])[OUTPUT][0].numpy()
    drawn = run(tmp_path / "a.tflite", convert(model, recipe, ranges), images[0], xnnpack=False)
    assert psnr(drawn, simulated) > 45
    assert psnr(quantize.simulate(model, ranges, floats=floats - {"first"})(images[0])[OUTPUT][0].numpy(), drawn) < 40


def test_corrected_biases_bring_the_mean_back(batches, tmp_path):
    tf_keras.utils.set_random_seed(3)
    inputs = {"image": tf_keras.Input((64, 64, 3), batch_size=1, name="image")}
    x = layers.Conv2D(8, 1, name="wide")(inputs["image"])
    x = layers.DepthwiseConv2D(1, name="each")(x)
    model = picture_model(inputs, layers.Conv2D(3, 1, bias_initializer="ones", name="head")(x))
    head = model.get_layer("head")
    head.kernel.assign(head.kernel * 0.1)
    head.bias.assign(head.bias * 0.5)
    pictures = [{"image": batch["image"]} for batch in batches]
    ranges, means = calibrate(model, pictures)
    wanted = np.mean([model(inputs)[OUTPUT] for inputs in pictures], axis=(0, 1, 2, 3))

    def off(given):
        content = convert(model, recipe_named("int16x8"), ranges, given)
        drawn = [run(tmp_path / "a.tflite", content, inputs) for inputs in pictures]
        return np.abs(np.mean(drawn, axis=(0, 1, 2)) - wanted).max()

    assert off(means) < off(None) / 5
    assert "wide" not in quantize.corrected_biases(model, means, floats={"wide"})


def test_batch_normalization_is_folded_into_the_kernel_it_follows(tmp_path):
    tf_keras.utils.set_random_seed(1)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="convolution")(inputs["image"])
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="normalized")(x))
    model = picture_model(inputs, layers.Activation("sigmoid", name="picture")(layers.Conv2D(3, 1, name="head")(x)))
    norm = model.get_layer("normalized")
    rng = np.random.default_rng(0)
    for variable, low, high in zip(norm.variables, (0.1, -0.5, -0.3, 0.5), (30, 0.5, 0.3, 2), strict=True):
        variable.assign(rng.uniform(low, high, variable.shape))
    images = [{"image": rng.random((1, 32, 32, 3), np.float32)} for _ in range(3)]
    ranges, _ = calibrate(model, images)
    operators = [node.operator for node in float_graph(model, INT8).nodes]
    assert operators.count("CONV_2D") == 2
    assert not {"MUL", "ADD"} & set(operators)
    rounded = {node.layer for node in float_graph(model, INT8).nodes}
    simulated = quantize.simulate(model, ranges, rounded=rounded)(images[0])[OUTPUT][0].numpy()
    drawn = run(tmp_path / "folded.tflite", convert(model, INT8, ranges), images[0], xnnpack=False)
    assert psnr(drawn, simulated) > 45


def test_a_pooling_beside_a_join_behind_a_normalization_runs(tmp_path):
    """As in PyNET's encoder: float normalization, an activation, and of that a pooling and a skip connection."""
    tf_keras.utils.set_random_seed(0)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}

    def convolution(x, maps, name):
        return layers.Conv2D(maps, 3, padding="same", activation="relu", name=name)(x)

    x = InstanceNormalization(name="normalized")(convolution(inputs["image"], 8, "first"))
    encoded = layers.LeakyReLU(0.2, name="encoded")(x)
    x = convolution(layers.MaxPooling2D(name="pool")(encoded), 8, "coarse")
    x = layers.Conv2DTranspose(8, 3, strides=2, padding="same", name="up")(x)
    x = layers.Conv2D(3, 3, padding="same", name="head")(join([encoded, layers.LeakyReLU(0.2)(x)], "joined"))
    model = picture_model(inputs, layers.Activation("sigmoid", name="picture")(x))
    images = [{"image": image} for image in np.random.default_rng(2).random((4, 1, 32, 32, 3), np.float32)]
    ranges, _ = calibrate(model, images)
    content = convert(model, INT8, ranges)
    simulated = quantize.simulate(model, ranges, floats={"normalized"})(images[0])[OUTPUT][0].numpy()
    for xnnpack in (True, False):
        assert psnr(run(tmp_path / "pooled.tflite", content, images[0], xnnpack=xnnpack), simulated) > 38


@pytest.mark.parametrize("signed", ["input", "output"])
def test_a_rescaling_leaves_the_mean_as_it_was(tmp_path, signed):
    """As V-Nets begin and PyNET ends: sums half-way between two steps would all be rounded up."""
    tf_keras.utils.set_random_seed(4)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}
    if signed == "input":
        x = layers.MaxPooling2D(1, name="not_folded")(layers.Rescaling(2.0, -1.0, name="signed")(inputs["image"]))
        start = tf.constant_initializer(np.eye(3)[None, None] / 2)
        x = layers.Conv2D(3, 1, kernel_initializer=start, bias_initializer=tf.constant_initializer(0.5), name="head")(x)
    else:
        x = layers.Activation("tanh", name="tanh")(layers.Conv2D(3, 1, name="head")(inputs["image"]))
        x = layers.Rescaling(0.58, 0.5, name="picture")(x)
    model = picture_model(inputs, x)
    images = [{"image": np.float32(one / 255)} for one in np.random.default_rng(2).integers(0, 256, (4, 1, 32, 32, 3))]
    ranges, _ = calibrate(model, images)
    content = convert(model, INT8, ranges)
    for xnnpack in (True, False):
        off = run(tmp_path / "a.tflite", content, images[0], xnnpack=xnnpack) - np.clip(
            model(images[0])[OUTPUT][0], 0, 1
        )
        assert abs(off.mean()) < 0.15 / 255


def test_what_a_join_reads_keeps_its_own_steps(tmp_path):
    """Small values beside large ones, which another layer needs exactly."""
    tf_keras.utils.set_random_seed(4)
    inputs = {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}
    small = layers.Conv2D(4, 3, padding="same", name="small")(inputs["image"])
    large = layers.Conv2D(4, 1, name="large")(inputs["image"])
    both = layers.Conv2D(3, 1, name="both")(join([small, large], "joined"))
    x = layers.Add(name="sum")([layers.Conv2D(3, 1, name="alone")(small), both])
    model = picture_model(inputs, layers.Activation("sigmoid", name="picture")(x))
    model.get_layer("large").kernel.assign(model.get_layer("large").kernel * 100)
    model.get_layer("both").kernel.assign(model.get_layer("both").kernel * 0.01)
    images = [{"image": image} for image in np.random.default_rng(2).random((4, 1, 32, 32, 3), np.float32)]
    ranges, _ = calibrate(model, images)
    assert ranges["joined"][1] > 20 * ranges["small"][1]
    wanted = np.clip(model(images[0])[OUTPUT][0], 0, 1)
    for xnnpack in (True, False):
        drawn = run(tmp_path / "joined.tflite", convert(model, INT8, ranges), images[0], xnnpack=xnnpack)
        assert psnr(drawn, wanted) > 42


def test_a_layer_that_cannot_be_quantized_is_named():
    inputs = {"image": tf_keras.Input((8, 8, 3), batch_size=1, name="image")}
    model = picture_model(inputs, layers.ReLU()(layers.Lambda(lambda x: x * 2, name="doubled")(inputs["image"])))
    with pytest.raises(
        UserError, match=r"doubled: no integer form is known for layers of kind Lambda; keep_float\.layers"
    ):
        quantize.simulate(model, {layer.name: (0.0, 1.0) for layer in model.layers})


def test_fine_tuning_changes_what_is_exported_the_same_way(model, calibrated, batches):
    kernel = model.get_layer("level1_keep").kernel
    before = kernel.numpy()
    simulated = quantize.simulate(model, calibrated[0])
    drawn = simulated(batches[0])[OUTPUT].numpy()
    kernel.assign(before * 1.5)
    try:
        assert np.abs(simulated(batches[0])[OUTPUT].numpy() - drawn).max() > 0.01
    finally:
        kernel.assign(before)
