"""A .tflite as data that can be changed: its operators' layers, and the ranges that quantization goes by.

By TensorFlow's schema and tools, which can write; pynet_bokeh.tflite_graph reads without TensorFlow."""

import dataclasses
import fnmatch
from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
WITH_BIAS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
KERAS_ORDER = (1, 2, 3, 0)  # of the axes of their kernels
FLOATS = (schema.TensorType.FLOAT32, schema.TensorType.FLOAT16)


@dataclasses.dataclass(frozen=True)
class Node:
    """One operator of the graph.

    Attributes:
      operator: its kind, as `CONV_2D`.
      layer: the Keras layer it was made of, the last one where several were fused.
      tensor: the name of what it gives.
      float: whether that is in floating point.
    """

    operator: str
    layer: str
    tensor: str
    float: bool


class Graph:
    """A .tflite of one subgraph that was converted from a Keras model.

    Attributes:
      content: the file's bytes.
      nodes: its operators in the order of execution. What makes the output, which has a name of its own in a .tflite,
        belongs to the layer `last`.
    """

    def __init__(self, content: bytes, last: str = ""):
        self.content = content
        self._model = _read(content)
        (self._graph,) = self._model.subgraphs
        output = self._graph.tensors[self._graph.outputs[0]].name.decode()
        self._output, self._last = output, last or output  # the converter numbers what it makes of the output
        codes = [_code(code) for code in self._model.operatorCodes]
        self.nodes = tuple(
            self._node(OPERATORS[codes[operator.opcodeIndex]], self._graph.tensors[output])
            for operator in self._graph.operators
            for output in operator.outputs
        )

    def _node(self, operator: str, tensor) -> Node:
        name = tensor.name.decode()
        return Node(operator, self._path(name).partition("/")[0], name, tensor.type in FLOATS)

    def _path(self, tensor: str) -> str:
        """`path_of`, but what makes the output belongs to the layer `last`."""
        return self._last if tensor.startswith(self._output) else path_of(tensor)

    def with_ranges(
        self,
        ranges: Mapping[str, tuple[float, float]],
        edges: tuple[float, float] = (0.0, 1.0),
        biases: Mapping[str, np.ndarray] | None = None,
        kernel: Callable[[str, np.ndarray], np.ndarray] | None = None,
        floats: Collection[str] = (),
    ) -> bytes:
        """The float graph as a post-training calibration would leave it.

        Args:
          ranges: (lowest, highest) value by layer, for the last tensor of the layer, or by `layer/operation`, for one
            within it. A tensor without a range stays float.
          edges: of every input and of the output.
          biases: others for these layers.
          kernel: gives for an operator's kind and its kernel, as Keras has it, the kernel to take; not asked for
            operators whose output `floats` names.
        """
        by_tensor = {}
        for node in self.nodes:
            if found := ranges.get(self._path(node.tensor)):
                by_tensor[node.tensor] = found
        last = {node.layer: node.tensor for node in self.nodes}
        by_tensor |= {tensor: ranges[layer] for layer, tensor in last.items() if layer in ranges}
        outer = (*self._graph.inputs, *self._graph.outputs)
        by_tensor |= {self._graph.tensors[index].name.decode(): edges for index in outer}

        changed = _read(self.content)
        (graph,) = changed.subgraphs
        for operator in list(graph.operators):
            kind = OPERATORS[_code(changed.operatorCodes[operator.opcodeIndex])]
            if kind in WITH_BIAS and biases:
                self._replace_bias(changed, operator, biases)
            if kind in CONVOLUTIONS and kernel and graph.tensors[operator.outputs[0]].name.decode() not in floats:
                _replace_kernel(changed, operator, kind, kernel)
            if kind == "CONCATENATION":
                joined = by_tensor.get(graph.tensors[operator.outputs[0]].name.decode())
                for place, index in enumerate(operator.inputs):
                    own = by_tensor.get(graph.tensors[index].name.decode())
                    if joined and own and own != joined:
                        operator.inputs[place] = _rescaled(changed, operator, index)
                        by_tensor[graph.tensors[operator.inputs[place]].name.decode()] = joined
        for tensor in graph.tensors:
            if found := by_tensor.get(tensor.name.decode()):
                tensor.quantization = schema.QuantizationParametersT()
                tensor.quantization.min, tensor.quantization.max = ([value] for value in found)
        return bytes(flatbuffer_utils.convert_object_to_bytearray(changed))

    def _replace_bias(self, model, operator, biases: Mapping[str, np.ndarray]) -> None:
        """Gives a convolution the bias of the layer that its output is named after."""
        tensors = model.subgraphs[0].tensors
        parts = [self._path(part) for part in tensors[operator.outputs[0]].name.decode().split(";")]
        # What it gives, or the sum that an activation follows; the names behind may be of constants that others share.
        own = [part.partition("/")[0] for place, part in enumerate(parts[:2]) if not place or part.endswith("/BiasAdd")]
        if layer := next((name for name in own if name in biases), None):
            operator.inputs[2] = _constant(model, tensors[operator.inputs[2]], biases[layer])

    def sixteen_bits(self) -> bytes:
        """A graph of 16-bit activations as LiteRT's kernels take it, from what the converter makes.

        They want 0 stored as 0. The converter rounds the zero point of a symmetric range, which is no whole number, to
        0 or −1, and spreads a sigmoid from −32,768 on, which here becomes half as many steps from 0 on. And it leaves
        biases 32 bits wide; depthwise kernels want 64, all others then add up in 64 bits, where 32 can overflow.
        """
        tensors, halved = self._graph.tensors, set()
        for index, tensor in enumerate(tensors):
            if tensor.type == schema.TensorType.INT16:
                if tensor.quantization.zeroPoint[0] == np.iinfo(np.int16).min:
                    tensor.quantization.scale = [2 * scale for scale in tensor.quantization.scale]
                    halved.add(index)
                tensor.quantization.zeroPoint = [0 for _ in tensor.quantization.zeroPoint]
        for operator in self._graph.operators:
            for index in operator.inputs:
                if self._is_bias(tensors[index]):
                    self._widen(tensors[index], 0.5 if operator.inputs[0] in halved else 1.0)
        return bytes(flatbuffer_utils.convert_object_to_bytearray(self._model))

    def _is_bias(self, tensor) -> bool:
        stored = self._model.buffers[tensor.buffer].data is not None
        return stored and tensor.type == schema.TensorType.INT32 and tensor.quantization.scale is not None

    def _widen(self, bias, factor: float) -> None:
        """Makes a bias 64 bits wide; its step, which is that of the input times that of the kernel, has changed by
        1 / `factor`."""
        values = np.frombuffer(bytes(self._model.buffers[bias.buffer].data), np.int32)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.rint(values * factor).astype(np.int64).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        bias.type, bias.buffer = schema.TensorType.INT64, len(self._model.buffers) - 1
        bias.quantization.scale = [scale / factor for scale in bias.quantization.scale]

    def tensors_of(self, layers: Iterable[str]) -> list[str]:
        """What all operators of the layers give whose names match one of the patterns (`level1_*`)."""
        patterns = list(layers)
        return [node.tensor for node in self.nodes if any(fnmatch.fnmatchcase(node.layer, one) for one in patterns)]


def path_of(tensor_name: str) -> str:
    """`model/level3_encoder/Relu;model/level3_encoder/BiasAdd` -> `level3_encoder/Relu`: the layer that a tensor came
    out of, and its operation there. What has no such name (inputs and outputs) keeps its own."""
    first = tensor_name.partition(";")[0]
    return first.partition("/")[2] or first


def _read(content: bytes):
    return flatbuffer_utils.read_model_from_bytearray(bytearray(content))


def _code(operator_code) -> int:
    return max(operator_code.builtinCode, operator_code.deprecatedBuiltinCode)


def _replace_kernel(model, operator, kind: str, change: Callable[[str, np.ndarray], np.ndarray]) -> None:
    """Gives a convolution another kernel, where its own is written in the file."""
    tensor = model.subgraphs[0].tensors[operator.inputs[1]]
    stored = model.buffers[tensor.buffer].data
    if stored is None or tensor.type != schema.TensorType.FLOAT32:
        return
    values = np.frombuffer(bytes(stored), np.float32).reshape(tensor.shape)
    changed = change(kind, values.transpose(KERAS_ORDER)).transpose(np.argsort(KERAS_ORDER))
    if not np.array_equal(changed, values):
        operator.inputs[1] = _constant(model, tensor, changed)


def _constant(model, like, values: np.ndarray) -> int:
    """Adds a constant beside a tensor whose values other operators may share; returns its number."""
    (graph,) = model.subgraphs
    buffer, tensor = schema.BufferT(), schema.TensorT()
    buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
    model.buffers.append(buffer)
    tensor.name = like.name + b"/%d" % len(graph.tensors)
    tensor.type, tensor.shape, tensor.hasRank = like.type, like.shape, like.hasRank
    tensor.buffer = len(model.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _rescaled(model, reader, index: int) -> int:
    """Puts an operator that changes nothing, a LeakyReLU with a slope of 1, between a tensor and an operator that reads
    it; returns the number of the tensor between.

    A join's integer kernel wants one scale for all that it reads. The converter gives it to the tensors themselves,
    whoever else reads them: activations up to 0.2 beside others up to 17 were left with 3 steps (glass_net).
    """
    (graph,) = model.subgraphs
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.LEAKY_RELU
    code.version = 1
    model.operatorCodes.append(code)
    source = graph.tensors[index]
    between = schema.TensorT()
    between.name = graph.tensors[reader.outputs[0]].name.partition(b";")[0] + b"/rescaled_%d" % index
    between.type, between.shape, between.shapeSignature = source.type, source.shape, source.shapeSignature
    between.buffer, between.hasRank = 0, source.hasRank
    graph.tensors.append(between)
    same = schema.OperatorT()
    same.opcodeIndex, same.inputs = len(model.operatorCodes) - 1, np.array([index], np.int32)
    same.outputs = np.array([len(graph.tensors) - 1], np.int32)
    same.builtinOptionsType, same.builtinOptions = schema.BuiltinOptions.LeakyReluOptions, schema.LeakyReluOptionsT()
    same.builtinOptions.alpha = 1.0
    graph.operators.insert(graph.operators.index(reader), same)
    return len(graph.tensors) - 1
