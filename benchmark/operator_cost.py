"""What one operator of a .tflite costs, from the file alone: products, bytes moved, XNNPACK's lists of pointers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pynet_bokeh.tflite_graph import Graph, Operator, Tensor

FLOAT, INT8 = "float", "int8"
_SAME = 0  # the schema's Padding
_EIGHT_BITS = ("int8", "uint8", "int4")
_PICKS = ("SLICE", "STRIDED_SLICE", "GATHER", "GATHER_ND")  # read what they need of their first input
_POINTER = 8  # bytes, on every 64-bit machine
# Winograd's F(4×4, 3×3) makes 16 output values from 36 products instead of 144. It is the largest tile in use: LiteRT's
# OpenCL kernels have it (ml_drift's and TFLite's `winograd` 4x4To36); XNNPACK has none.
WINOGRAD_SAVES = 4.0


@dataclass(frozen=True)
class OperatorCost:
    """One operator's share.

    Attributes:
      layer: the layer's name, see `Graph.name`.
      macs: multiply-accumulates as everybody counts them, the padding's included; 0 for operators that only move or
        blend values.
      least_macs: multiplications that no runtime can do without: the padding's zeros left out, and Winograd's
        algorithm used wherever it applies.
      arithmetic: `int8` where the weights are stored in 8 bits, else `float`.
      bytes_moved: inputs, weights and outputs, each once; of an operator that picks values, only those it picks.
      output_bytes: of all its outputs.
      output: shape of the first output.
      kernel: height and width of its window; (1, 1) for what has none.
      indirection_bytes: XNNPACK's list of pointers to input pixels, an estimate; 0 where it needs none.
    """

    index: int
    kind: str
    layer: str
    macs: int
    least_macs: float
    arithmetic: str
    bytes_moved: int
    output_bytes: int
    output: tuple[int, ...]
    kernel: tuple[int, int]
    indirection_bytes: int


def operator_costs(graph: Graph) -> list[OperatorCost]:
    """The cost of each operator, in order of execution."""
    return [_cost(graph, operator) for operator in graph.operators]


def _cost(graph: Graph, operator: Operator) -> OperatorCost:
    inputs = [graph.tensors[index] for index in operator.inputs]
    outputs = [graph.tensors[index] for index in operator.outputs]
    window = _Window.of(operator, inputs, outputs)
    macs, least = window.macs() if window else _matrix_macs(operator, inputs, outputs)
    return OperatorCost(
        index=operator.index,
        kind=operator.kind,
        layer=graph.name(operator),
        macs=macs,
        least_macs=least,
        arithmetic=_arithmetic(operator, inputs),
        bytes_moved=_bytes_moved(operator, inputs, outputs),
        output_bytes=sum(tensor.bytes for tensor in outputs),
        output=outputs[0].shape if outputs else (),
        kernel=window.kernel if window else (1, 1),
        indirection_bytes=window.indirection() if window else _pointers(operator, outputs),
    )


@dataclass(frozen=True)
class _Window:
    """A convolution: a kernel that slides over a picture."""

    kind: str
    kernel: tuple[int, int]
    picture: tuple[int, int]  # that it slides over: the input; of a transposed convolution the output
    places: tuple[int, int]  # where it stands: the output's pixels; of a transposed convolution the input's
    stride: tuple[int, int]
    dilation: tuple[int, int]
    same: bool
    products: int  # multiply-accumulates at one place by one weight of the window

    @classmethod
    def of(cls, operator: Operator, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> "_Window | None":
        kind, options = operator.kind, operator.options
        if kind not in ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV") or not options:
            return None
        weights, output = inputs[1], outputs[0]
        source = inputs[2] if kind == "TRANSPOSE_CONV" else inputs[0]
        if any(len(tensor.shape) != 4 for tensor in (weights, source, output)):
            return None
        small, large = (source, output) if kind == "TRANSPOSE_CONV" else (output, source)
        channels = {
            "CONV_2D": weights.shape[3] * output.shape[3],  # fewer than the input's where it is a grouped one
            "DEPTHWISE_CONV_2D": output.shape[3],
            "TRANSPOSE_CONV": source.shape[3] * output.shape[3],
        }[kind]
        return cls(
            kind=kind,
            kernel=weights.shape[1:3],
            picture=large.shape[1:3],
            places=small.shape[1:3],
            stride=(options["StrideH"], options["StrideW"]),
            dilation=(options.get("DilationHFactor", 1), options.get("DilationWFactor", 1)),
            same=options["Padding"] == _SAME,
            products=channels * output.shape[0],
        )

    def macs(self) -> tuple[int, float]:
        """All of them, and those that can't be saved."""
        inside = math.prod(self._taps(axis) for axis in (0, 1)) * self.products
        wino = self.kind != "DEPTHWISE_CONV_2D" and self.kernel == (3, 3) and self.stride == self.dilation == (1, 1)
        return math.prod(self.kernel) * math.prod(self.places) * self.products, inside / (WINOGRAD_SAVES if wino else 1)

    def indirection(self) -> int:
        """Bytes of XNNPACK's list that says which input pixel every window value of every output pixel is.

        A 1×1 convolution is a matrix product and has none. A depthwise one shares columns between neighbours, so it
        needs one kernel column for each step to the right.
        """
        height, width = self.kernel
        if self.kind == "TRANSPOSE_CONV":
            pixels = math.prod(self.picture)
            return _POINTER * pixels * math.ceil(height / self.stride[0]) * math.ceil(width / self.stride[1])
        if self.kind == "CONV_2D":
            alone = self.kernel == (1, 1) and self.stride == (1, 1)
            return 0 if alone else _POINTER * math.prod(self.places) * height * width
        return _sliding(self.kernel, self.places, self.stride[1] if self.dilation[1] == 1 else width)

    def _taps(self, axis: int) -> int:
        """How often one of the window's rows (columns) meets one of the picture's, all places together."""
        picture, places, kernel = self.picture[axis], self.places[axis], self.kernel[axis]
        stride, dilation = self.stride[axis], self.dilation[axis]
        reach = (kernel - 1) * dilation + 1
        before = max(0, (places - 1) * stride + reach - picture) // 2 if self.same else 0
        taps = 0
        for tap in range(kernel):
            offset = tap * dilation - before  # the picture's row at place p is p * stride + offset
            first = max(0, math.ceil(-offset / stride))
            last = min(places - 1, (picture - 1 - offset) // stride)
            taps += max(0, last - first + 1)
        return taps


def _sliding(kernel: tuple[int, int], places: tuple[int, int], stride: int) -> int:
    """Bytes of the list where windows side by side share columns."""
    height, width = kernel
    return _POINTER * places[0] * (height * width + (places[1] - 1) * min(stride, width) * height)


def _pointers(operator: Operator, outputs: Sequence[Tensor]) -> int:
    """The lists of operators that are no convolutions but look at several pixels: pooling, and enlarging with four."""
    if not outputs or len(outputs[0].shape) != 4:
        return 0
    places, options = outputs[0].shape[1:3], operator.options
    if operator.kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D") and options:
        return _sliding((options["FilterHeight"], options["FilterWidth"]), places, options["StrideW"])
    if operator.kind == "RESIZE_BILINEAR":
        return (4 * _POINTER + 2 * 4) * math.prod(places)  # four pixels, and two weights
    return 0


def _matrix_macs(operator: Operator, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> tuple[int, float]:
    """Those of matrix products and of three-dimensional convolutions; 0 for everything else."""
    produced = math.prod(outputs[0].shape) if outputs else 0
    macs = 0
    if operator.kind == "FULLY_CONNECTED":
        macs = produced * inputs[1].shape[-1]
    elif operator.kind == "BATCH_MATMUL":
        macs = produced * inputs[0].shape[-2 if operator.options.get("AdjX") else -1]
    elif operator.kind == "CONV_3D":
        macs = produced * math.prod(inputs[1].shape[:4])
    return macs, float(macs)


def _bytes_moved(operator: Operator, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> int:
    made = sum(tensor.bytes for tensor in outputs)
    read = list(dict.fromkeys(inputs))
    if operator.kind in _PICKS and outputs:
        return min(read[0].bytes, made) + sum(tensor.bytes for tensor in read[1:]) + made
    return sum(tensor.bytes for tensor in read) + made


def _arithmetic(operator: Operator, inputs: Sequence[Tensor]) -> str:
    weights = inputs[1] if len(inputs) > 1 else inputs[0] if inputs else None
    return INT8 if weights is not None and weights.dtype in _EIGHT_BITS else FLOAT
