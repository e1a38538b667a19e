"""What is put into a .tflite, as an object of TensorFlow's schema, or taken in place of what is there: constants,
tensors, operators."""

from collections.abc import Callable

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

FLOATS = (schema.TensorType.FLOAT32, schema.TensorType.FLOAT16)
KERAS_ORDER = (1, 2, 3, 0)  # of the axes of a convolution's kernel
RESCALED = "/rescaled_"  # in the names of what joins read in steps of their own


def read(content: bytes):
    """A file's bytes as a ModelT that can be changed."""
    return flatbuffer_utils.read_model_from_bytearray(bytearray(content))


def written(model) -> bytes:
    """The bytes of a file."""
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def code_of(operator_code) -> int:
    """The number of an operator's kind: those up to 127 were once stored in a byte of their own."""
    return max(operator_code.builtinCode, operator_code.deprecatedBuiltinCode)


def replace_kernel(model, operator, kind: str, change: Callable[[str, np.ndarray], np.ndarray]) -> None:
    """Gives a convolution another kernel, where its own is written in the file."""
    tensor = model.subgraphs[0].tensors[operator.inputs[1]]
    stored = model.buffers[tensor.buffer].data
    if stored is None or tensor.type != schema.TensorType.FLOAT32:
        return
    values = np.frombuffer(bytes(stored), np.float32).reshape(tensor.shape)
    changed = change(kind, values.transpose(KERAS_ORDER)).transpose(np.argsort(KERAS_ORDER))
    if not np.array_equal(changed, values):
        operator.inputs[1] = constant(model, tensor, changed)


def constant(model, like, values: np.ndarray) -> int:
    """Adds a constant, named after another, whose values other operators may share; returns its number."""
    (graph,) = model.subgraphs
    buffer, tensor = schema.BufferT(), schema.TensorT()
    buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
    model.buffers.append(buffer)
    tensor.name = like.name + b"/%d" % len(graph.tensors)
    tensor.type, tensor.shape, tensor.hasRank = schema.TensorType.FLOAT32, list(values.shape), like.hasRank
    tensor.buffer = len(model.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def rescaled(model, reader, index: int) -> int:
    """Puts an operator that changes nothing, a LeakyReLU with a slope of 1, between a tensor and an operator that reads
    it; returns the number of the tensor between.

    A join's integer kernel wants one scale for all that it reads. The converter gives it to the tensors themselves,
    whoever else reads them: activations up to 0.2 beside others up to 17 were left with 3 steps (glass_net).
    """
    (graph,) = model.subgraphs
    source = graph.tensors[index]
    name = graph.tensors[reader.outputs[0]].name.partition(b";")[0] + f"{RESCALED}{index}".encode()
    between = _tensor_like(model, name, source)
    same = _pointwise(model, schema.BuiltinOperator.LEAKY_RELU, index, between)
    same.builtinOptionsType, same.builtinOptions = schema.BuiltinOptions.LeakyReluOptions, schema.LeakyReluOptionsT()
    same.builtinOptions.alpha = 1.0
    graph.operators.insert(graph.operators.index(reader), same)
    return between


def activation_within(operator) -> int | None:
    """That of a transposed convolution."""
    options = operator.builtinOptions
    return options.fusedActivationFunction if isinstance(options, schema.TransposeConvOptionsT) else None


def activate(model, operator, kind: int) -> None:
    """Puts an activation of that kind behind an operator, which then gives a tensor named after its own layer alone."""
    (graph,) = model.subgraphs
    (given,) = operator.outputs
    tensor = graph.tensors[given]
    name, _, own = tensor.name.partition(b";")
    between = _tensor_like(model, own or name + b"/linear", tensor)
    graph.tensors[between].quantization = tensor.quantization
    activation = _pointwise(model, kind, between, given, version=1 if tensor.type in FLOATS else 2)
    operator.outputs = np.array([between], np.int32)
    graph.operators.insert(graph.operators.index(operator) + 1, activation)


def _tensor_like(model, name: bytes, like) -> int:
    """Adds an activation of the shape and type of another; returns its number."""
    (graph,) = model.subgraphs
    tensor = schema.TensorT()
    tensor.name, tensor.buffer = name, 0
    tensor.type, tensor.shape, tensor.shapeSignature = like.type, like.shape, like.shapeSignature
    tensor.hasRank = like.hasRank
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _pointwise(model, kind: int, read: int, gives: int, *, version: int = 1):
    """A new operator that makes one tensor of one other, not yet in the graph."""
    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = kind
    code.version = version
    model.operatorCodes.append(code)
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = np.array([read], np.int32), np.array([gives], np.int32)
    return operator
