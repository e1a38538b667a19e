"""What is written in a .tflite: its operators and tensors, read from the file without running it."""

import dataclasses
import functools
import math
from collections.abc import Mapping
from pathlib import Path

from pynet_bokeh import tflite_files

# Bytes of one value, by the schema's name of the type; those below a byte are stored packed.
_BYTES = {
    "FLOAT64": 8, "INT64": 8, "UINT64": 8, "COMPLEX64": 8, "COMPLEX128": 16,
    "FLOAT32": 4, "INT32": 4, "UINT32": 4,
    "FLOAT16": 2, "BFLOAT16": 2, "INT16": 2, "UINT16": 2,
    "INT8": 1, "UINT8": 1, "BOOL": 1, "INT4": 0.5, "UINT4": 0.5, "INT2": 0.25,
}  # fmt: skip
# Fields of the options tables that say which values an operator touches.
_OPTIONS = {
    "CONV_2D": ("Conv2DOptions", ("Padding", "StrideH", "StrideW", "DilationHFactor", "DilationWFactor")),
    "DEPTHWISE_CONV_2D": (
        "DepthwiseConv2DOptions",
        ("Padding", "StrideH", "StrideW", "DilationHFactor", "DilationWFactor"),
    ),
    "TRANSPOSE_CONV": ("TransposeConvOptions", ("Padding", "StrideH", "StrideW", "FusedActivationFunction")),
    "AVERAGE_POOL_2D": ("Pool2DOptions", ("FilterHeight", "FilterWidth", "StrideH", "StrideW")),
    "MAX_POOL_2D": ("Pool2DOptions", ("FilterHeight", "FilterWidth", "StrideH", "StrideW")),
    "BATCH_MATMUL": ("BatchMatMulOptions", ("AdjX", "AdjY")),
}
_CONVOLVES = ("conv", "depthwise", "matmul")
_OPEN = -1


@dataclasses.dataclass(frozen=True)
class Tensor:
    """One tensor.

    Attributes:
      index: its number in the file.
      shape: NHWC; empty for a scalar.
      dtype: numpy's name of the type, such as `float32`; `string` and the like as the schema calls them.
      buffer: where its values are in the file, which other tensors may share; None for what is made when it runs.
      fixed: every side but the first, the number of pictures, is known before the model runs.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    buffer: int | None
    fixed: bool

    @property
    def constant(self) -> bool:
        """Whether its values are in the file: a weight, a bias, a shape."""
        return self.buffer is not None

    @property
    def bytes(self) -> int:
        """Its size in memory; 0 for text."""
        return math.ceil(math.prod(self.shape) * _BYTES.get(self.dtype.upper(), 0))


@dataclasses.dataclass(frozen=True)
class Operator:
    """One operator, in the order in which the file has them, which is the order of execution.

    Attributes:
      kind: the schema's name, such as CONV_2D, or a custom operator's own.
      inputs, outputs: tensors' numbers; an optional input that is absent is left out.
      options: for convolutions `Padding` (0 is SAME), `StrideH`, `StrideW`, `DilationHFactor`, `DilationWFactor`;
        for transposed ones `FusedActivationFunction` (0 is none).
      version: of the operator, higher where it needs more than the oldest LiteRT had.
    """

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, int]
    version: int = 1


@dataclasses.dataclass(frozen=True)
class Graph:
    """The file's main graph."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: int  # more than one where there are loops or conditions, whose insides are not looked at
    results: Mapping[int, str] = dataclasses.field(default_factory=dict)  # the outputs' names in the signature

    def name(self, operator: Operator) -> str:
        """The layer that an operator stands for, by its first output's name.

        That of a fused operator carries all names, `net/a/Relu;net/b/Conv2D;net/b/BiasAdd`: a convolution is called by
        the part that speaks of one, others by the first. Where the output of the model has lost its name, the weights
        still have theirs, and what has none is called as the output is. Of `net/layer/…/operation` the layer is the
        second word.
        """
        if not operator.outputs:
            return operator.kind.lower()
        named = (operator.outputs[0], *operator.inputs[1:])
        parts = [part for index in named for part in self.tensors[index].name.split(";") if part]
        own = [part for part in parts if part.rpartition("/")[2].lower().startswith(_CONVOLVES)]
        result = [self.results[operator.outputs[0]]] if operator.outputs[0] in self.results else []
        chosen = [*(own if "CONV" in operator.kind else []), *result, *parts, operator.kind.lower()][0]
        words = [word for word in chosen.split("/") if word]
        return words[1] if len(words) > 2 else words[0]

    def read_by(self, operator: Operator) -> tuple[Tensor, ...]:
        """What an operator reads."""
        return tuple(self.tensors[index] for index in operator.inputs)

    def made_by(self, operator: Operator) -> tuple[Tensor, ...]:
        """What an operator gives."""
        return tuple(self.tensors[index] for index in operator.outputs)

    def largest_tensors(self, count: int = 5) -> list[dict]:
        """The activations that take most memory, ready for JSON: layer, shape, type, bytes."""
        made = [(self.name(operator), tensor) for operator in self.operators for tensor in self.made_by(operator)]
        return [
            {"layer": layer, "shape": list(one.shape), "dtype": one.dtype, "bytes": one.bytes}
            for layer, one in sorted(made, key=lambda pair: -pair[1].bytes)[:count]
        ]


def read(path: Path) -> Graph:
    """Reads a .tflite. Raises UserError that names the file when it is none, or is damaged."""
    path = Path(path)
    tflite_files.check(path)
    try:
        return _graph(path.read_bytes())
    except Exception as error:  # a damaged file leads the accessors anywhere: struct.error, IndexError, UnicodeError …
        raise tflite_files.damaged(path) from error


def _graph(content: bytes) -> Graph:
    from ai_edge_litert import schema_py_generated as schema  # 0.5 s: not before a file is looked into

    model = schema.Model.GetRootAs(content, 0)
    codes = [model.OperatorCodes(number) for number in range(model.OperatorCodesLength())]
    kinds = [(_kind(code), code.Version()) for code in codes]
    filled = [
        model.Buffers(number).DataLength() > 0 or model.Buffers(number).Offset() > 1
        for number in range(model.BuffersLength())
    ]
    graph = model.Subgraphs(0)
    tensors = tuple(_tensor(number, graph.Tensors(number), filled) for number in range(graph.TensorsLength()))
    operators = tuple(_operator(number, graph.Operators(number), kinds) for number in range(graph.OperatorsLength()))
    used = {tensor for operator in operators for tensor in (*operator.inputs, *operator.outputs)}
    if used and (max(used) >= len(tensors) or min(used) < 0):
        raise IndexError("an operator's tensor is not in the file")
    return Graph(
        tensors=tensors,
        operators=operators,
        inputs=tuple(int(graph.Inputs(number)) for number in range(graph.InputsLength())),
        outputs=tuple(int(graph.Outputs(number)) for number in range(graph.OutputsLength())),
        subgraphs=model.SubgraphsLength(),
        results=_results(model),
    )


def _results(model) -> dict[int, str]:
    if not model.SignatureDefsLength():
        return {}
    signature = model.SignatureDefs(0)
    named = [signature.Outputs(number) for number in range(signature.OutputsLength())]
    return {int(one.TensorIndex()): (one.Name() or b"").decode() for one in named}


def _kind(code) -> str:
    # Operators up to 127 were once stored in a byte of their own; files of both ages have the larger number.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = _names("BuiltinOperator").get(number, f"OPERATOR_{number}")
    return code.CustomCode().decode() if name == "CUSTOM" else name


def _tensor(number: int, tensor, filled) -> Tensor:
    shape = tuple(int(tensor.Shape(axis)) for axis in range(tensor.ShapeLength()))
    signature = [int(tensor.ShapeSignature(axis)) for axis in range(tensor.ShapeSignatureLength())]
    name = _names("TensorType").get(tensor.Type(), f"TYPE_{tensor.Type()}")
    return Tensor(
        index=number,
        name=(tensor.Name() or b"").decode(),
        shape=shape,
        dtype=name.lower(),
        buffer=tensor.Buffer() if filled[tensor.Buffer()] else None,
        fixed=_OPEN not in (signature or shape)[1:],
    )


def _operator(number: int, operator, kinds) -> Operator:
    kind, version = kinds[operator.OpcodeIndex()]
    return Operator(
        index=number,
        kind=kind,
        inputs=tuple(one for axis in range(operator.InputsLength()) if (one := int(operator.Inputs(axis))) >= 0),
        outputs=tuple(int(operator.Outputs(axis)) for axis in range(operator.OutputsLength())),
        options=_options(kind, operator),
        version=version,
    )


def _options(kind: str, operator) -> dict[str, int]:
    table = operator.BuiltinOptions()
    if kind not in _OPTIONS or table is None:
        return {}
    from ai_edge_litert import schema_py_generated as schema

    name, fields = _OPTIONS[kind]
    options = getattr(schema, name)()
    options.Init(table.Bytes, table.Pos)
    return {field: int(getattr(options, field)()) for field in fields}


@functools.cache
def _names(enumeration: str) -> dict[int, str]:
    """A schema enumeration's names by number."""
    from ai_edge_litert import schema_py_generated as schema

    return {value: name for name, value in vars(getattr(schema, enumeration)).items() if isinstance(value, int)}
