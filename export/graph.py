"""What is inside a .tflite: its operators and tensors, with the layer that each came from."""

import dataclasses
import math
from pathlib import Path

import numpy as np

from pynet_bokeh.runtime import open_interpreter


@dataclasses.dataclass(frozen=True)
class Inner:
    """A tensor that an operator reads or writes.

    Attributes:
      index: its number in the file.
      name: the converter's.
      shape, dtype: as stored.
      constant: whether it holds weights or other fixed numbers.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    constant: bool

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclasses.dataclass(frozen=True)
class Operator:
    """An operator, in the order of execution: `name` as LiteRT calls it, `layer` as the network calls it."""

    name: str
    layer: str
    inputs: tuple[Inner, ...]
    outputs: tuple[Inner, ...]


def path_of(tensor_name: str) -> str:
    """`model/level3_encoder/Relu;model/level3_encoder/BiasAdd` -> `level3_encoder/Relu`: the layer that a tensor came
    out of, and its operation there. What has no such name (inputs and outputs) keeps its own."""
    first = tensor_name.partition(";")[0]
    return first.partition("/")[2] or first


def layer_of(tensor_name: str) -> str:
    """`model/level3_encoder/Relu;model/…` -> `level3_encoder`: the layer that a tensor came out of."""
    return path_of(tensor_name).partition("/")[0]


def operators(interpreter) -> list[Operator]:
    """The operators of an interpreter that was opened with `xnnpack=False, keep_all=True`.

    The one that makes an output is called by the output's name: the converter drops its layer's.
    """
    nodes = interpreter._get_ops_details()  # the only list of nodes there is in Python
    made = {int(index) for node in nodes for index in node["outputs"]}
    given = {one["index"] for one in interpreter.get_input_details()}
    tensors = {
        one["index"]: Inner(
            index=one["index"],
            name=one["name"],
            shape=tuple(int(side) for side in one["shape"]),
            dtype=np.dtype(one["dtype"]),
            constant=one["index"] not in made | given,
        )
        for one in interpreter.get_tensor_details()
    }

    def known(indices) -> tuple[Inner, ...]:
        return tuple(tensors[int(index)] for index in indices if int(index) in tensors)  # -1: an input left out

    results = {}
    if interpreter.get_signature_list():
        details = interpreter.get_signature_runner().get_output_details()
        results = {one["index"]: name for name, one in details.items()}
    found = []
    for node in nodes:
        outputs = known(node["outputs"])
        layer = results.get(outputs[0].index) or layer_of(outputs[0].name)
        found.append(Operator(node["op_name"], layer, known(node["inputs"]), outputs))
    return found


def read(path: Path) -> list[Operator]:
    """The operators of a .tflite; raises UserError when it can't be opened."""
    return operators(open_interpreter(path, threads=1, xnnpack=False, keep_all=True))


def largest_tensors(found: list[Operator], count: int = 5) -> list[dict]:
    """The activations that take most memory, ready for JSON: layer, shape, type, bytes."""
    activations = [(operator.layer, tensor) for operator in found for tensor in operator.outputs]
    return [
        {"layer": layer, "shape": list(one.shape), "dtype": one.dtype.name, "bytes": one.bytes}
        for layer, one in sorted(activations, key=lambda pair: -pair[1].bytes)[:count]
    ]
