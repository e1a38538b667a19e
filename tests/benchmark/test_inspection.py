"""The static view of a whole model."""

import itertools

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from benchmark.__main__ import main
from benchmark.inspection import inspect, peak_moment
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import open_interpreter
from pynet_bokeh.tflite_graph import Graph, Operator, Tensor


def graph_of(operators, sizes, *, inputs=(0,), outputs=()) -> Graph:
    """A graph of tensors with so many bytes; `operators` are (inputs, outputs)."""
    tensors = tuple(Tensor(n, f"net/t{n}/out", (size,), "uint8", None, True) for n, size in enumerate(sizes))
    made = tuple(Operator(n, "ADD", tuple(i), tuple(o), {}) for n, (i, o) in enumerate(operators))
    return Graph(tensors, made, tuple(inputs), tuple(outputs), 1)


def brute_force_peak(graph: Graph) -> int:
    """At each operator: the inputs, what was made so far and is still read by it or later, and what it makes."""
    peaks = []
    for number, operator in enumerate(graph.operators):
        made = {*graph.inputs, *itertools.chain(*(one.outputs for one in graph.operators[: number + 1]))}
        wanted = {*graph.outputs, *itertools.chain(*(one.inputs for one in graph.operators[number:]))}
        held = (made & wanted) | {*graph.inputs, *operator.outputs}
        peaks.append(sum(graph.tensors[index].bytes for index in held))
    return max(peaks)


@pytest.mark.parametrize(
    ("operators", "sizes"),
    [
        ([((0,), (1,)), ((1,), (2,)), ((2,), (3,))], [1, 10, 10, 1]),
        ([((0,), (1,)), ((1,), (2,)), ((1, 2), (3,)), ((0, 3), (4,))], [5, 10, 20, 3, 1]),
        ([((0,), (1,)), ((0,), (2,)), ((1, 2), (3,)), ((3,), (4,)), ((4, 1), (5,))], [4, 8, 16, 2, 30, 1]),
    ],
)
def test_the_peak_moment_is_when_the_most_is_held(operators, sizes):
    graph = graph_of(operators, sizes, outputs=(len(sizes) - 1,))
    peak = peak_moment(graph)
    assert peak.bytes == brute_force_peak(graph) == sum(tensor.bytes for tensor in peak.tensors)
    assert peak.tensors[0].bytes == max(tensor.bytes for tensor in peak.tensors)


def test_a_skip_connection_is_held_over_what_lies_between():
    skip = graph_of([((0,), (1,)), ((1,), (2,)), ((2,), (3,)), ((1, 3), (4,))], [1, 100, 50, 50, 1], outputs=(4,))
    peak = peak_moment(skip)
    assert (peak.operator, peak.bytes, peak.layer) == (2, 201, "t3")


def test_a_chain_of_additions(real_models):
    found = inspect(real_models / "whole.tflite")
    picture = 32 * 32 * 3 * 4
    assert [cost.kind for cost in found.operators] == ["ADD"] * 3
    assert (found.macs, found.weights_bytes, found.edges_bytes) == (0, 0, 2 * picture)
    assert found.peak.bytes == 3 * picture  # the input is held, too
    assert found.largest_bytes == picture / 2  # an ADD may write over what it reads, and in half precision
    assert found.bytes_moved == 3 * 2 * picture  # an ADD of a picture with itself reads it once


@pytest.mark.parametrize("buffers", [(1, 1), (1, 2)], ids=["shared", "each its own"])
def test_constants_that_share_their_values_are_one(tmp_path, chain, buffers):
    """Two additions, each of a constant as large as the picture."""
    picture = 8 * 8 * 3 * 4
    model = schema.ModelT.InitFromPackedBuf(chain([schema.BuiltinOperator.ADD] * 2, shape=(1, 8, 8, 3)), 0)
    (graph,) = model.subgraphs
    for number, buffer in enumerate(buffers):
        model.buffers += [schema.BufferT() for _ in range(buffer + 1 - len(model.buffers))]
        model.buffers[buffer].data = np.full(picture, buffer, np.uint8)
        constant = schema.TensorT()
        constant.name, constant.shape, constant.buffer = f"constant{number}", [1, 8, 8, 3], buffer
        graph.operators[number].inputs = [number, len(graph.tensors)]
        graph.tensors.append(constant)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    path = tmp_path / "constants.tflite"
    path.write_bytes(builder.Output())
    found = inspect(path)
    assert found.weights_bytes == picture * len(set(buffers))
    assert found.least_weights_bytes == found.weights_bytes / 2


def test_the_peak_is_what_the_interpreter_allocates(tmp_path, chain):
    """LiteRT's own arena, by where it lays each tensor: what begins at one place shares its memory."""
    path = tmp_path / "chain.tflite"
    path.write_bytes(chain([schema.BuiltinOperator.ADD] * 6))
    interpreter = open_interpreter(path, threads=1, xnnpack=False)
    tensors = [interpreter.tensor(number)() for number in range(7)]
    places = {tensor.__array_interface__["data"][0]: tensor.nbytes for tensor in tensors}
    assert inspect(path).peak.bytes == sum(places.values())


def test_an_open_size_is_refused(real_models):
    with pytest.raises(UserError, match="a fixed picture size is wanted; this one takes any"):
        inspect(real_models / "open.tflite")


def test_the_command_names_bad_files_and_goes_on(real_models, tmp_path, capsys):
    (tmp_path / "photo.tflite").write_bytes(b"\xff\xd8 a photo")
    out = tmp_path / "inspection.json"
    command = ["inspect", tmp_path / "photo.tflite", real_models / "split.tflite", "--json", out]
    assert main([str(word) for word in command]) == 2
    captured = capsys.readouterr()
    assert "photo.tflite: not a .tflite file" in captured.err
    assert "XNNPACK takes 2 of 3 operators in 2 pieces; left: 1 FLOOR_MOD" in captured.out
    assert '"kind": "FLOOR_MOD"' in out.read_text()
