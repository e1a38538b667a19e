"""Operators and shapes that phone GPUs are known to reject, and sums that leave the range of fp16."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from export.graph import Inner, Operator, operators
from pynet_bokeh.runtime import open_interpreter

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


def rejected(found: Sequence[Operator]) -> list[Finding]:
    """The operators and shapes of a graph that phone GPUs are known to reject, in the order of execution."""
    findings = []
    for one in found:
        shapes = [tensor.shape for tensor in (*one.inputs, *one.outputs)]
        highest = max(shapes, key=len)
        if one.name in REJECTED:
            findings.append(Finding(one.layer, one.name, one.outputs[0].shape, REJECTED[one.name]))
        elif one.name.startswith(("Flex", "CUSTOM")):
            findings.append(Finding(one.layer, one.name, one.outputs[0].shape, "not a built-in operator"))
        elif len(highest) > MAX_RANK:
            reason = f"a tensor of {len(highest)} dimensions, at most {MAX_RANK} are taken"
            findings.append(Finding(one.layer, one.name, highest, reason))
    return findings


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
    interpreter = open_interpreter(model, xnnpack=False, keep_all=True)
    found = operators(interpreter)
    quantization = {one["index"]: one["quantization_parameters"] for one in interpreter.get_tensor_details()}
    runner = interpreter.get_signature_runner()

    def magnitudes(tensor: Inner) -> np.ndarray:
        parameters, stored = quantization[tensor.index], interpreter.get_tensor(tensor.index)
        scales = parameters["scales"]
        if len(scales) != 1 or stored.dtype.kind == "f":
            return np.abs(stored.astype(np.float32))
        return np.abs((stored.astype(np.float32) - parameters["zero_points"][0]) * scales[0])

    largest: dict[int, tuple[float, Operator]] = {}
    sums: dict[int, tuple[float, Operator]] = {}
    for values in pictures:
        runner(**values)
        for number, one in enumerate(found):
            peak = max(float(magnitudes(tensor).max(initial=0.0)) for tensor in one.outputs)
            largest[number] = max(largest.get(number, (0.0, one)), (peak, one), key=lambda pair: pair[0])
            if one.name in REDUCTIONS:
                total = _largest_sum(magnitudes(one.inputs[0]), interpreter.get_tensor(one.inputs[1].index))
                sums[number] = max(sums.get(number, (0.0, one)), (total, one), key=lambda pair: pair[0])

    peak, where = max(largest.values(), key=lambda pair: pair[0])
    total, summed = max(sums.values(), key=lambda pair: pair[0]) if sums else (0.0, None)
    return HalfRange(
        largest=peak,
        largest_layer=where.layer,
        largest_sum=total,
        largest_sum_layer=summed.layer if summed else None,
        overflows=_beyond(largest.values(), "a value of {:.3g} is infinity in fp16, whose largest is 65504"),
        risks=_beyond(sums.values(), "adds up to {:.3g}, more than the 65504 of fp16, in which phone GPUs may add"),
    )


def _beyond(peaks, reason: str) -> list[Finding]:
    return [
        Finding(one.layer, one.name, one.inputs[0].shape, reason.format(value))
        for value, one in peaks
        if not value <= HALF_MAX  # a NaN is beyond, too
    ]


def _largest_sum(magnitudes: np.ndarray, axes: np.ndarray) -> float:
    axes = tuple(int(axis) % magnitudes.ndim for axis in np.ravel(axes))
    if math.prod(magnitudes.shape[axis] for axis in axes) == 1:
        return 0.0
    return float(magnitudes.sum(axis=axes, dtype=np.float64).max())
