"""Transposed convolutions without an activation in them, as GPUs take them: the same pictures on the CPU and there."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from export import check_gpu, convert, debian, gpu_rules, quantize
from export.flatbuffer import Graph, path_of
from export.ranges import calibrate
from export.recipes import changed, recipe_named
from pynet_bokeh import tflite_graph
from pynet_bokeh.metrics import psnr
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.runtime import TflitePredictor, open_interpreter

layers = tf_keras.layers
FP32, INT8 = recipe_named("fp32"), recipe_named("ptq_int8")
needs_vulkan = pytest.mark.skipif(
    not debian.is_there(debian.VULKAN), reason="no software Vulkan: run `python -m export fetch-emulators`"
)


def up_model(activation=None):
    """Two transposed convolutions, half of whose values are negative, each with a ReLU or another."""
    tf_keras.utils.set_random_seed(3)
    x = image = tf_keras.Input((32, 32, 3), batch_size=1, name="image")
    x = layers.Conv2D(8, 3, strides=4, padding="same", name="encoder")(x)
    for number in (1, 2):
        x = layers.Conv2DTranspose(8, 4, strides=2, padding="same", name=f"up{number}")(x)
        x = layers.ReLU(max_value=activation, name=f"up{number}_relu")(x)
    x = layers.Activation("sigmoid", name="picture")(layers.Conv2D(3, 1, name="head")(x))
    model = tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})
    for number in (1, 2):
        model.get_layer(f"up{number}").bias.assign(np.linspace(-0.2, 0.2, 8))
    return model


@pytest.fixture(scope="module")
def model():
    return up_model()


@pytest.fixture(scope="module")
def images():
    return [{"image": image} for image in np.random.default_rng(2).random((4, 1, 32, 32, 3), np.float32)]


@pytest.fixture(scope="module")
def ranges(model, images):
    return calibrate(model, images)[0]


def written(path, content):
    path.write_bytes(content)
    return path


def kinds(path):
    return [operator.kind for operator in tflite_graph.read(path).operators]


def ups(path):
    return [operator for operator in tflite_graph.read(path).operators if operator.kind == "TRANSPOSE_CONV"]


def drawn(path, inputs, **options):
    return TflitePredictor(path, **options)(inputs["image"][0])


def test_the_converter_makes_the_activation_a_part_of_the_convolution(model, tmp_path):
    """What all of this is about; where it no longer does, `activations_apart` can go."""
    fused = written(tmp_path / "fused.tflite", convert.float_graph(model, FP32).content)
    assert [(one.version, one.options["FusedActivationFunction"]) for one in ups(fused)] == [(4, 1)] * 2
    assert [finding.layer for finding in gpu_rules.rejected(tflite_graph.read(fused))] == ["up1", "up2"]


@pytest.mark.parametrize(("limit", "operator"), [(None, "RELU"), (6, "RELU6")])
def test_in_float_it_becomes_an_operator_of_its_own(images, tmp_path, limit, operator):
    model = up_model(limit)
    fused = written(tmp_path / "fused.tflite", convert.float_graph(model, FP32).content)
    apart = written(tmp_path / "apart.tflite", convert.convert(model, FP32))
    assert [(one.version, one.options["FusedActivationFunction"]) for one in ups(apart)] == [(3, 0)] * 2
    assert kinds(apart).count(operator) == 2
    assert gpu_rules.rejected(tflite_graph.read(apart)) == []
    names = [tflite_graph.read(apart).name(one) for one in tflite_graph.read(apart).operators]
    assert names == ["encoder", "up1", "up1_relu", "up2", "up2_relu", "head", OUTPUT]
    for xnnpack in (True, False):
        ours, theirs = (drawn(path, images[0], xnnpack=xnnpack) for path in (apart, fused))
        np.testing.assert_array_equal(ours, theirs)


def test_in_eight_bits_it_is_what_the_steps_begin_with(model, ranges, images, tmp_path):
    path = written(tmp_path / "int8.tflite", convert.convert(model, INT8, ranges))
    assert [(one.version, one.options["FusedActivationFunction"]) for one in ups(path)] == [(3, 0)] * 2
    assert "RELU" not in kinds(path)
    simulated = quantize.simulate(model, ranges, rounded=operators(model))(images[0])[OUTPUT][0].numpy()
    for xnnpack in (True, False):
        assert psnr(drawn(path, images[0], xnnpack=xnnpack), simulated) > 50


def test_where_the_steps_begin_lower_it_stays_an_operator(model, ranges, images, tmp_path):
    wider = {**ranges, **{name: (-0.5, ranges[name][1]) for name in ("up1_relu", "up2_relu")}}
    path = written(tmp_path / "wider.tflite", convert.convert(model, INT8, wider))
    assert kinds(path).count("RELU") == 2
    simulated = quantize.simulate(model, wider, rounded=operators(model))(images[0])[OUTPUT][0].numpy()
    for xnnpack in (True, False):
        assert psnr(drawn(path, images[0], xnnpack=xnnpack), simulated) > 50


def operators(model):
    return {node.layer for node in convert.float_graph(model, INT8).nodes}


def test_kept_float_in_an_integer_graph_too(model, ranges, tmp_path):
    (recipe,) = changed([INT8], ["keep_float.operators=['TRANSPOSE_CONV']"])
    path = written(tmp_path / "mixed.tflite", convert.convert(model, recipe, ranges))
    assert [one.version for one in ups(path)] == [3, 3]
    assert kinds(path).count("RELU") == 2
    assert gpu_rules.rejected(tflite_graph.read(path)) == []


def test_a_file_without_such_a_convolution_stays_as_it_is():
    image = tf_keras.Input((8, 8, 3), batch_size=1, name="image")
    x = layers.Conv2D(3, 3, padding="same", activation="relu", name="picture")(image)
    plain = tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})
    content = convert.float_graph(plain, FP32).content
    assert Graph(content).activations_apart() == content == convert.convert(plain, FP32)


@needs_vulkan
@pytest.mark.parametrize(("recipe", "f32", "f16"), [("fp32", 120, 50), ("fp16", 120, 50), ("ptq_int8", 45, 45)])
def test_the_gpu_takes_it_and_draws_the_same(model, ranges, tmp_path, recipe, f32, f16):
    path = written(tmp_path / "up.tflite", convert.convert(model, recipe_named(recipe), ranges))
    found = check_gpu.check(path, report=lambda line: None)
    assert (found.compiled, found.failures, found.skipped) == (True, [], [])
    assert found.agreement["gpu_f32"] > f32
    assert found.agreement["gpu"] > f16


def test_half_of_what_they_give_is_negative(model, images):
    """Else nothing here would tell whether an activation is there."""
    for name in ("up1", "up2"):
        values = tf_keras.Model(model.inputs, model.get_layer(name).output)(images[0])
        assert 0.3 < float(tf.reduce_mean(tf.cast(values < 0, tf.float32))) < 0.7


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net/up_relu/Relu;net/up/BiasAdd;net/up/conv2d_transpose", "up_relu/Relu"),
        ("net/dense/MatMul;net/dense_relu/Relu", "dense_relu/Relu"),
        ("net/dense/Tensordot;net/dense_relu/Relu6;net/dense/BiasAdd", "dense_relu/Relu6"),
        ("net/dense/Tensordot;net/dense/BiasAdd", "dense/Tensordot"),
        ("net/sum/add;net/other/Relu", "sum/add"),
        ("PartitionedCall:0", "PartitionedCall:0"),
    ],
)
def test_a_tensor_belongs_to_the_layer_that_is_computed_last(name, path):
    assert path_of(name) == path


def dense_model(dense, activation):
    """A number for each channel from what the picture is in the mean, by which it is multiplied."""
    image = tf_keras.Input((8, 8, 3), batch_size=1, name="image")
    seen = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(image)
    weight = dense(seen)
    if activation:
        weight = activation(weight)
    x = layers.Multiply(name="weighted")([layers.Conv2D(3, 1, name="convolution")(image), weight])
    return tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})


def even(*values):
    return [{"image": np.full((1, 8, 8, 3), value, np.float32)} for value in values]


FALLING = {  # of an even picture: 4 − 6 · its value, from 4 to −2
    "kernel_initializer": tf_keras.initializers.Constant(-2.0),
    "bias_initializer": tf_keras.initializers.Constant(4.0),
}


@pytest.mark.parametrize(
    ("dense", "activation"),
    [
        (layers.Dense(3, name="dense", **FALLING), layers.ReLU(name="relu")),
        (layers.Dense(3, name="dense", activation="relu", **FALLING), None),
        (layers.Conv2D(3, 1, name="dense", **FALLING), layers.Activation("relu", name="relu")),
        (layers.Conv2D(3, 1, name="dense", activation="relu", **FALLING), None),
    ],
    ids=["dense, relu", "dense with relu", "conv, relu", "conv with relu"],
)
def test_the_range_is_that_behind_a_fused_activation(tmp_path, dense, activation):
    model = dense_model(dense, activation)
    path = written(tmp_path / "dense.tflite", convert.convert(model, INT8, calibrate(model, even(0.0, 1.0))[0]))
    graph = tflite_graph.read(path)
    (multiplication,) = [one for one in graph.operators if one.kind == "MUL"]
    weight = graph.read_by(multiplication)[1]
    (step,), (zero,) = quantization(path, weight.index)
    assert zero == -128
    assert step == pytest.approx(4 / 255, rel=1e-4)


def quantization(path, index):
    details = open_interpreter(path, xnnpack=False).get_tensor_details()
    (found,) = [one["quantization_parameters"] for one in details if one["index"] == index]
    return found["scales"], found["zero_points"]


def test_a_dense_layer_whose_bias_is_0_takes_a_corrected_one(tmp_path):
    """The converter leaves such a bias out."""
    start = tf.constant_initializer(np.linspace(0.1, 1, 9).reshape(3, 3))
    model = dense_model(layers.Dense(3, name="dense", kernel_initializer=start), None)
    pictures = even(0.2, 1.0)
    ranges, means = calibrate(model, pictures)
    graph = convert.float_graph(model, INT8)
    wanted = np.array([0.5, -0.25, 0.125], np.float32)
    changed_graph = Graph(graph.with_ranges(ranges, biases={"dense": wanted}))
    model.get_layer("dense").bias.assign(wanted)
    path = written(tmp_path / "dense.tflite", changed_graph.content)
    np.testing.assert_allclose(
        TflitePredictor(path)(pictures[0]["image"][0]), np.clip(model(pictures[0])[OUTPUT][0], 0, 1), atol=1e-5
    )
    written(path, convert.integer(graph, model, INT8, ranges, means))
    assert TflitePredictor(path)(pictures[0]["image"][0]).shape == (8, 8, 3)
