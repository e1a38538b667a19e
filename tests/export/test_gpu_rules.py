import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from export import gpu_rules
from pynet_bokeh import tflite_graph
from pynet_bokeh.tflite_graph import Graph, Operator, Tensor


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """.tflite files with image [1,8,8,3]: `steep` MEAN over H and W of 100·image², then 4000 times that, then at
    most 1; `split`,
    `mirror`, `five` (a tensor of five dimensions)."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([sys.executable, "-c", _BUILD, str(folder)], check=True, capture_output=True)
    return folder


def picture(value):
    return [{"image": np.full((1, 64, 64, 3), value, np.float32)}]


def test_sums_and_values_beyond_fp16_are_told_apart(models):
    quiet = gpu_rules.half_range(models / "steep.tflite", picture(0.1))
    assert quiet.largest == pytest.approx(4000 * 100 * 0.1**2, rel=1e-4)
    assert quiet.largest_layer == "scaled"  # not the output, which is at most 1
    assert quiet.largest_sum == pytest.approx(64 * 64 * 100 * 0.1**2, rel=1e-4)
    assert quiet.largest_sum_layer == "mean"
    assert (quiet.overflows, quiet.risks) == ([], [])

    # 100 · 0.4² · 4096 > 65504 is a sum that no value shows; 4000 · 16 = 64000 fits
    sums = gpu_rules.half_range(models / "steep.tflite", picture(0.4))
    assert sums.overflows == []
    assert [risk.layer for risk in sums.risks] == ["mean"]
    assert sums.risks[0].reason.startswith("adds up to 6.55e+04")

    values = gpu_rules.half_range(models / "steep.tflite", picture(0.5))
    assert [finding.layer for finding in values.overflows] == ["scaled"]
    assert "a value of 1e+05 is infinity in fp16" in str(values.overflows[0])


def test_the_worst_picture_counts(models):
    both = gpu_rules.half_range(models / "steep.tflite", [*picture(0.5), *picture(0.1)])
    assert both.largest == pytest.approx(1e5, rel=1e-4)


def test_quantized_activations_count_by_their_real_values(tiny_models):
    inputs = {"image": np.full((1, 64, 64, 3), 255, np.uint8), "focus": np.full((1, 64, 64, 1), 255, np.uint8)}
    assert gpu_rules.half_range(tiny_models / "int8.tflite", [inputs]).largest == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("name", "operator", "reason"),
    [
        ("split", "SPLIT", "slice instead"),
        ("mirror", "MIRROR_PAD", "pad with zeros"),
        ("five", "RESHAPE", "a tensor of 5 dimensions, at most 4 are taken"),
    ],
)
def test_what_phone_gpus_reject_is_named_with_its_layer(models, name, operator, reason):
    finding = gpu_rules.rejected(tflite_graph.read(models / f"{name}.tflite"))[0]
    assert finding.operator == operator
    assert finding.layer == "odd"
    assert reason in str(finding)


def test_what_they_take_is_not_named(tiny_models):
    for name in ("focus", "int8", "double", "strength"):
        assert gpu_rules.rejected(tflite_graph.read(tiny_models / f"{name}.tflite")) == []


def test_operators_that_are_not_built_in_are_named():
    tensor = Tensor(0, "model/odd/Erf", (1, 8, 8, 3), "float32", buffer=None, fixed=True)
    operator = Operator(0, "FlexErf", (0,), (0,), {})
    (finding,) = gpu_rules.rejected(Graph((tensor,), (operator,), (0,), (0,), subgraphs=1))
    assert str(finding) == "odd: FlexErf [1, 8, 8, 3]: not a built-in operator"


@pytest.mark.parametrize(("activation", "findings"), [(0, 0), (1, 1)])
def test_a_transposed_convolution_with_an_activation_in_it_is_named(activation, findings):
    tensor = Tensor(0, "model/up/Relu;model/up/conv2d_transpose", (1, 8, 8, 3), "float32", buffer=None, fixed=True)
    operator = Operator(0, "TRANSPOSE_CONV", (0,), (0,), {"FusedActivationFunction": activation})
    found = gpu_rules.rejected(Graph((tensor,), (operator,), (0,), (0,), subgraphs=1))
    assert [finding.layer for finding in found] == ["up"] * findings


def named(tensor, kind, **options):
    operator = Operator(0, kind, (0,), (0,), {}, **options)
    return [str(one) for one in gpu_rules.rejected(Graph((tensor,), (operator,), (0,), (0,), subgraphs=1))]


def test_an_operator_newer_than_the_gpu_knows_is_named():
    tensor = Tensor(0, "model/sum/add", (1, 8, 8, 3), "float32", buffer=None, fixed=True)
    assert named(tensor, "SUB", version=2) == []
    assert named(tensor, "SUB", version=3) == [
        "sum: SUB [1, 8, 8, 3]: version 3; LiteRT's GPU delegate takes 2 at most"
    ]


def test_sixteen_bits_are_named():
    tensor = Tensor(0, "model/sum/add", (1, 8, 8, 3), "int16", buffer=None, fixed=True)
    assert named(tensor, "ADD")[0].endswith("int16 values; LiteRT's GPU delegate takes floats and 8 bits")
    assert named(dataclasses.replace(tensor, buffer=1), "ADD") == []


_BUILD = """
import sys
import tensorflow as tf
import tf_keras

def write(name, layers):
    image = x = tf_keras.Input((64, 64, 3), batch_size=1, name="image")
    for layer in layers:
        x = layer(x)
    model = tf_keras.Model(image, x)

    @tf.function(input_signature=[tf.TensorSpec(image.shape, tf.float32, name="image")])
    def serve(image):
        return {"bokeh": model(image)}

    saved = sys.argv[1] + "/saved_" + name
    tf.saved_model.save(model, saved, signatures={"serving_default": serve})
    open(sys.argv[1] + "/" + name + ".tflite", "wb").write(tf.lite.TFLiteConverter.from_saved_model(saved).convert())

def function(call, name):
    return tf_keras.layers.Lambda(call, name=name)

twice = function(lambda x: x * 2.0, "twice")
write("steep", [
    function(lambda x: x * x * 100.0, "squared"),
    function(lambda x: tf.reduce_mean(x, axis=(1, 2), keepdims=True), "mean"),
    function(lambda x: x * 4000.0, "scaled"),
    function(lambda x: tf.minimum(x, 1.0), "clipped"),
])
write("split", [function(lambda x: tf.maximum(*tf.split(x, 2, axis=1)), "odd"), twice])
write("mirror", [function(lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT"), "odd"), twice])
write("five", [function(lambda x: tf.reduce_max(tf.reshape(x, [1, 32, 2, 64, 3]), axis=2), "odd"), twice])
"""
