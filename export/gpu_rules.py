"""Operators and shapes that phone GPUs are known to reject, and sums that leave the range of fp16."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pynet_bokeh import tflite_graph
from pynet_bokeh.runtime import open_interpreter
from pynet_bokeh.tflite_graph import Graph, Operator, Tensor

HALF_MAX = 65504.0
MAX_RANK = 4

# What phone GPUs were seen to reject.
REJECTED = {
    "BROADCAST_TO": "no such operator there; let the next operator broadcast",
    "CONV_3D": "no such operator there; a tensor of five dimensions",
    "GATHER_ND": "no such operator there",
    "MIRROR_PAD": "reflect padding; pad with zeros",
    "SPLIT": "no such operator there; slice instead",
}
# No newer version of these is taken by LiteRT 2.3's accelerator: it was asked with operators that said to be newer. Of
# the other operators of the networks here it took all versions that the CPU has.
MAX_VERSION = {
    "CONCATENATION": 6,
    "CONV_2D": 6,
    "DEPTHWISE_CONV_2D": 6,
    "DEQUANTIZE": 3,
    "LOGISTIC": 2,
    "MAX_POOL_2D": 2,
    "QUANTIZE": 2,
    "RELU": 2,
    "RESIZE_BILINEAR": 3,
    "RSQRT": 2,
    "SUB": 2,
    "TANH": 2,
    "TRANSPOSE_CONV": 3,
}
WRONG_TYPES = ("int16", "int64")  # of what is computed
REDUCTIONS = ("MEAN", "SUM", "REDUCE_PROD")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One place in the graph: its layer, operator, shape and what is wrong there."""

    layer: str
    operator: str
    shape: tuple[int, ...]
    reason: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.operator} {list(self.shape)}: {self.reason}"


def rejected(graph: Graph) -> list[Finding]:
    """The operators and shapes of a graph that phone GPUs are known to reject, in the order of execution."""
    found = ((one, _refusal(graph, one)) for one in graph.operators)
    return [Finding(graph.name(one), one.kind, *refusal) for one, refusal in found if refusal]


def _refusal(graph: Graph, one: Operator) -> tuple[tuple[int, ...], str] | None:
    """The shape of what is refused, and why."""
    tensors = (*graph.read_by(one), *graph.made_by(one))
    highest = max((tensor.shape for tensor in tensors), key=len)
    wrong = next((tensor.dtype for tensor in tensors if tensor.dtype in WRONG_TYPES and not tensor.constant), None)
    version, newest = one.version, MAX_VERSION.get(one.kind, one.version)
    shape = graph.made_by(one)[0].shape
    if one.kind in REJECTED:
        return shape, REJECTED[one.kind]
    if one.kind.startswith(("Flex", "CUSTOM")):
        return shape, "not a built-in operator"
    if len(highest) > MAX_RANK:
        return highest, f"a tensor of {len(highest)} dimensions, at most {MAX_RANK} are taken"
    if wrong:
        return shape, f"{wrong} values; LiteRT's GPU delegate takes floats and 8 bits"
    if one.kind == "TRANSPOSE_CONV" and one.options.get("FusedActivationFunction"):
        return shape, f"an activation is a part of it (version {version}), which LiteRT's GPU delegate does not take"
    if version > newest:
        return shape, f"version {version}; LiteRT's GPU delegate takes {newest} at most"
    return None


@dataclasses.dataclass(frozen=True)
class HalfRange:
    """How near a graph's numbers come to 65504, the largest of fp16, on real pictures.

    Attributes:
      largest: the largest magnitude of any activation, and `largest_layer` where.
      largest_sum: the largest sum of magnitudes that a reduction adds up (0 without reductions), and its layer. Phone
        GPUs may add in fp16, whatever the type of the graph.
      overflows: where a value passes 65504: infinity in fp16.
      risks: where such a sum does: infinity or not, as the GPU's driver adds.
    """

    largest: float
    largest_layer: str
    largest_sum: float
    largest_sum_layer: str | None
    overflows: list[Finding]
    risks: list[Finding]


def half_range(model: Path, pictures: Sequence[Mapping[str, np.ndarray]]) -> HalfRange:
    """Runs a .tflite with built-in kernels on inputs as they are stored, and looks at every activation.

    Quantized activations count by their real values: a GPU computes them in fp16. Raises UserError when the file can't
    be opened.
    """
    graph = tflite_graph.read(model)
    interpreter = open_interpreter(model, xnnpack=False, keep_all=True)
    quantization = {one["index"]: one["quantization_parameters"] for one in interpreter.get_tensor_details()}
    runner = interpreter.get_signature_runner()

    def magnitudes(tensor: Tensor) -> np.ndarray:
        parameters, stored = quantization[tensor.index], interpreter.get_tensor(tensor.index)
        scales = parameters["scales"]
        if len(scales) != 1 or stored.dtype.kind == "f":
            return np.abs(stored.astype(np.float32))
        return np.abs((stored.astype(np.float32) - parameters["zero_points"][0]) * scales[0])

    largest: dict[int, tuple[float, Operator]] = {}
    sums: dict[int, tuple[float, Operator]] = {}
    for values in pictures:
        runner(**values)
        for one in graph.operators:
            peak = max(float(magnitudes(tensor).max(initial=0.0)) for tensor in graph.made_by(one))
            largest[one.index] = max(largest.get(one.index, (0.0, one)), (peak, one), key=lambda pair: pair[0])
            if one.kind in REDUCTIONS:
                added, axes = graph.read_by(one)
                total = _largest_sum(magnitudes(added), interpreter.get_tensor(axes.index))
                sums[one.index] = max(sums.get(one.index, (0.0, one)), (total, one), key=lambda pair: pair[0])

    peak, where = max(largest.values(), key=lambda pair: pair[0])
    total, summed = max(sums.values(), key=lambda pair: pair[0]) if sums else (0.0, None)
    return HalfRange(
        largest=peak,
        largest_layer=graph.name(where),
        largest_sum=total,
        largest_sum_layer=graph.name(summed) if summed else None,
        overflows=_beyond(graph, largest.values(), "a value of {:.3g} is infinity in fp16, whose largest is 65504"),
        risks=_beyond(
            graph, sums.values(), "adds up to {:.3g}, more than the 65504 of fp16, in which phone GPUs may add"
        ),
    )


def _beyond(graph: Graph, peaks, reason: str) -> list[Finding]:
    return [
        Finding(graph.name(one), one.kind, graph.read_by(one)[0].shape, reason.format(value))
        for value, one in peaks
        if not value <= HALF_MAX  # a NaN is beyond, too
    ]


def _largest_sum(magnitudes: np.ndarray, axes: np.ndarray) -> float:
    axes = tuple(int(axis) % magnitudes.ndim for axis in np.ravel(axes))
    if math.prod(magnitudes.shape[axis] for axis in axes) == 1:
        return 0.0
    return float(magnitudes.sum(axis=axes, dtype=np.float64).max())
