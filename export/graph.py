"""What is inside a .tflite: its operators and tensors, with the layer that each came from."""

import dataclasses
import math
from pathlib import Path

import numpy as np

from pynet_bokeh.runtime import open_interpreter

_QUANTIZED_LAYER = "quant_"  # tfmot's, before the name of a wrapped layer


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


def layer_of(tensor_name: str) -> str:
    """`model/quant_level3_encoder/Relu;model/…` -> `level3_encoder`: the layer a tensor came out of."""
    parts = tensor_name.partition(";")[0].split("/")
    return (parts[1] if len(parts) > 1 else parts[0]).removeprefix(_QUANTIZED_LAYER)


def operators(interpreter) -> list[Operator]:
    """The operators of an interpreter that was opened with `xnnpack=False, keep_all=True`."""
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

    found = []
    for node in nodes:
        outputs = known(node["outputs"])
        found.append(Operator(node["op_name"], layer_of(outputs[0].name), known(node["inputs"]), outputs))
    return found


def read(path: Path) -> list[Operator]:
    """The operators of a .tflite; raises UserError when it can't be opened."""
    return operators(open_interpreter(path, threads=1, xnnpack=False, keep_all=True))


def largest_tensors(found: list[Operator], count: int = 5) -> list[dict]:
    """The activations that take most memory, ready for JSON: layer, shape, type, bytes."""
    activations = [tensor for operator in found for tensor in operator.outputs]
    return [
        {"layer": layer_of(one.name), "shape": list(one.shape), "dtype": one.dtype.name, "bytes": one.bytes}
        for one in sorted(activations, key=lambda one: -one.bytes)[:count]
    ]
