"""Costs of single operators, against counting them one by one and against LiteRT's own view of the file."""

import itertools
import math

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from benchmark.operator_cost import operator_costs
from benchmark.probe_models import matmul_macs, matmul_model
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import open_interpreter
from pynet_bokeh.tflite_graph import Graph, Operator, Tensor

SAME, VALID = 0, 1


def convolution(kind, *, size, kernel, channels=(3, 4), stride=1, dilation=1, padding=SAME) -> bytes:
    """A .tflite with one convolution of float zeros; `size` is the input's (height, width)."""
    reach = [(k - 1) * dilation + 1 for k in kernel]
    if kind == "TRANSPOSE_CONV":
        out = [n * stride if padding == SAME else (n - 1) * stride + k for n, k in zip(size, kernel, strict=True)]
        weights = (channels[1], *kernel, channels[0])
    else:
        out = [-(-n // stride) if padding == SAME else (n - r) // stride + 1 for n, r in zip(size, reach, strict=True)]
        weights = (channels[1], *kernel, channels[0])
    if kind == "DEPTHWISE_CONV_2D":
        channels = (channels[0], channels[0])
        weights = (1, *kernel, channels[0])
    arrays = {1: np.zeros(weights, np.float32), 2: np.zeros(channels[1], np.float32)}
    shapes = [(1, *size, channels[0]), weights, (channels[1],), (1, *out, channels[1])]
    inputs, types = [0, 1, 2], [schema.TensorType.FLOAT32] * 4
    if kind == "TRANSPOSE_CONV":
        arrays[4] = np.array(shapes[3], np.int32)
        shapes.append((4,))
        types.append(schema.TensorType.INT32)
        inputs = [4, 1, 0]
    model, graph, operator = schema.ModelT(), schema.SubGraphT(), schema.OperatorT()
    model.version, model.buffers, graph.tensors = 3, [schema.BufferT()], []
    for number, (shape, type_) in enumerate(zip(shapes, types, strict=True)):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = f"net/layer{number}/part", list(shape), type_, 0
        if number in arrays:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(arrays[number].tobytes(), np.uint8)
            tensor.buffer = len(model.buffers)
            model.buffers.append(buffer)
        graph.tensors.append(tensor)
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, kind)
    code.version = 1
    name = {"CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions"}.get(kind, "TransposeConvOptions")
    options = getattr(schema, f"{name}T")()
    options.padding, options.strideH, options.strideW = padding, stride, stride
    if kind != "TRANSPOSE_CONV":
        options.dilationHFactor = options.dilationWFactor = dilation
    if kind == "DEPTHWISE_CONV_2D":
        options.depthMultiplier = 1
    operator.builtinOptionsType, operator.builtinOptions = getattr(schema.BuiltinOptions, name), options
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, inputs, [3]
    graph.operators, graph.inputs, graph.outputs = [operator], [0], [3]
    model.operatorCodes, model.subgraphs = [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def cost_of(tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    open_interpreter(path, threads=1)  # LiteRT takes it as well: its shapes fit each other
    return operator_costs(tflite_graph.read(path))[0]


def taps(size, out, kernel, stride, dilation, padding):
    """Counts, place by place and weight by weight, those that fall on the picture."""
    reach = [(k - 1) * dilation + 1 for k in kernel]
    before = [
        max(0, (o - 1) * stride + r - n) // 2 if padding == SAME else 0
        for n, o, r in zip(size, out, reach, strict=True)
    ]
    count = 0
    for place in itertools.product(*map(range, out)):
        for tap in itertools.product(*map(range, kernel)):
            where = [p * stride + t * dilation - b for p, t, b in zip(place, tap, before, strict=True)]
            count += all(0 <= one < n for one, n in zip(where, size, strict=True))
    return count


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation"),
    [
        ((8, 8), (3, 3), 1, 1),
        ((9, 7), (5, 3), 2, 1),
        ((12, 11), (3, 3), 1, 2),
        ((6, 6), (1, 1), 1, 1),
        ((9, 9), (4, 4), 3, 1),
    ],
)
def test_products_of_a_convolution_are_those_counted_one_by_one(tmp_path, size, kernel, stride, dilation, padding):
    cost = cost_of(
        tmp_path,
        convolution("CONV_2D", size=size, kernel=kernel, stride=stride, dilation=dilation, padding=padding),
    )
    height, width = cost.output[1:3]
    assert cost.macs == height * width * math.prod(kernel) * 3 * 4
    counted = 12 * taps(size, (height, width), kernel, stride, dilation, padding)
    winograd = kernel == (3, 3) and stride == dilation == 1
    assert cost.least_macs == pytest.approx(counted / (4 if winograd else 1))


@pytest.mark.parametrize(("kernel", "stride"), [((3, 3), 1), ((5, 5), 2), ((7, 3), 1)])
def test_products_of_a_depthwise_convolution(tmp_path, kernel, stride):
    cost = cost_of(tmp_path, convolution("DEPTHWISE_CONV_2D", size=(10, 8), kernel=kernel, stride=stride))
    assert cost.macs == math.prod(cost.output) * math.prod(kernel)
    assert cost.least_macs == 3 * taps((10, 8), cost.output[1:3], kernel, stride, 1, SAME)


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize(("kernel", "stride"), [((4, 4), 2), ((3, 3), 2), ((2, 2), 2)])
def test_a_transposed_convolution_is_the_other_way_round(tmp_path, kernel, stride, padding):
    """It spreads each input pixel over the output as a convolution from the output to the input would gather it."""
    cost = cost_of(tmp_path, convolution("TRANSPOSE_CONV", size=(5, 6), kernel=kernel, stride=stride, padding=padding))
    assert cost.macs == 5 * 6 * math.prod(kernel) * 12
    assert cost.least_macs == 12 * taps(cost.output[1:3], (5, 6), kernel, stride, 1, padding)


def test_xnnpack_s_list_has_a_pointer_for_every_kernel_value_of_every_pixel(tmp_path):
    assert cost_of(tmp_path, convolution("CONV_2D", size=(64, 32), kernel=(7, 7))).indirection_bytes == 49 * 64 * 32 * 8
    assert cost_of(tmp_path, convolution("CONV_2D", size=(64, 32), kernel=(1, 1))).indirection_bytes == 0
    depthwise = cost_of(tmp_path, convolution("DEPTHWISE_CONV_2D", size=(64, 32), kernel=(7, 7)))
    assert 7 * 64 * 32 * 8 <= depthwise.indirection_bytes < 9 * 64 * 32 * 8  # columns are shared


@pytest.mark.parametrize("int8", [False, True])
def test_a_matrix_product(tmp_path, int8):
    cost = cost_of(tmp_path, matmul_model(side=8, channels=16, int8=int8))
    assert cost.macs == cost.least_macs == matmul_macs(side=8, channels=16) == 8 * 8 * 16 * 16
    assert cost.arithmetic == ("int8" if int8 else "float")
    values = 2 * 8 * 8 * 16 + 16 * 16  # picture in, picture out, weights
    assert cost.bytes_moved == values * (1 if int8 else 4) + 16 * 4  # and the bias


@pytest.mark.parametrize("kind", ["SLICE", "STRIDED_SLICE", "GATHER"])
def test_what_picks_values_reads_only_those(kind):
    tensors = (
        Tensor(0, "net/picture/out", (1, 64, 64, 3), "float32", None, True),
        Tensor(1, "net/places", (4,), "int32", 1, True),
        Tensor(2, "net/part/out", (1, 16, 8, 3), "float32", None, True),
    )
    (cost,) = operator_costs(Graph(tensors, (Operator(0, kind, (0, 1), (2,), {}),), (0,), (2,), 1))
    assert cost.bytes_moved == 2 * 16 * 8 * 3 * 4 + 4 * 4


def test_the_reader_sees_what_litert_sees(real_models):
    for path in (real_models / "whole.tflite", real_models / "split.tflite"):
        graph = tflite_graph.read(path)
        interpreter = open_interpreter(path, threads=1, xnnpack=False)
        nodes = interpreter._get_ops_details()
        assert [one.kind for one in graph.operators] == [node["op_name"] for node in nodes]
        assert [list(one.outputs) for one in graph.operators] == [list(node["outputs"]) for node in nodes]
        for details in interpreter.get_tensor_details():
            own = graph.tensors[details["index"]]
            assert (own.name, list(own.shape)) == (details["name"], list(details["shape"]))
            assert own.dtype == np.dtype(details["dtype"]).name
        assert list(graph.inputs) == [one["index"] for one in interpreter.get_input_details()]


def test_a_damaged_file_is_named_whatever_is_wrong_with_it(tmp_path, real_models):
    whole = (real_models / "whole.tflite").read_bytes()
    generator = np.random.default_rng(0)
    path = tmp_path / "damaged.tflite"
    refused = 0
    for _ in range(200):
        content = bytearray(whole)
        for place in generator.integers(8, len(content), 20):
            content[place] = generator.integers(256)
        path.write_bytes(bytes(content[: generator.integers(40, len(content))]))
        try:
            tflite_graph.read(path)
        except UserError as error:
            refused += 1
            assert str(error).startswith(f"{path}: ")
    assert refused > 50


def test_a_layer_is_called_by_its_convolution(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(convolution("CONV_2D", size=(8, 8), kernel=(3, 3)))
    graph = tflite_graph.read(path)
    assert graph.name(graph.operators[0]) == "layer3"
