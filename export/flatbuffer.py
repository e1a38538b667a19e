"""A .tflite as data that can be changed: its operators' layers, and the ranges that quantization goes by.

By TensorFlow's schema and tools, which can write; pynet_bokeh.tflite_graph reads without TensorFlow."""

import dataclasses
import fnmatch
from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from export import graph_edits as edits
from export import islands

OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
WITH_BIAS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
# With an integer kernel of one scale for all they read and give. That what is hidden from it has a scale, the converter
# forgets for them: an operator that it knows goes between.
SAME_SCALE = (
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "DEPTH_TO_SPACE",
    "MAX_POOL_2D",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SPACE_TO_DEPTH",
)
INTEGERS = (schema.TensorType.INT8, schema.TensorType.UINT8, schema.TensorType.INT16)
WITHOUT_ACTIVATION = 3  # version of TRANSPOSE_CONV; 2 has no bias either
ACTIVATIONS = {
    schema.ActivationFunctionType.RELU: schema.BuiltinOperator.RELU,
    schema.ActivationFunctionType.RELU_N1_TO_1: schema.BuiltinOperator.RELU_N1_TO_1,
    schema.ActivationFunctionType.RELU6: schema.BuiltinOperator.RELU6,
}


@dataclasses.dataclass(frozen=True)
class Node:
    """One operator of the graph.

    Attributes:
      operator: its kind, as `CONV_2D`.
      layer: the Keras layer it was made of, the last one where several were fused.
      tensor: the name of what it gives.
      float: whether that is in floating point.
      integer: whether numbers of 8 or 16 bits are among what it gives or reads, weights included.
    """

    operator: str
    layer: str
    tensor: str
    float: bool
    integer: bool


class Graph:
    """A .tflite of one subgraph that was converted from a Keras model.

    Attributes:
      content: the file's bytes.
      nodes: its operators in the order of execution. What makes the output, which has a name of its own in a .tflite,
        belongs to the layer `last`.
    """

    def __init__(self, content: bytes, last: str = ""):
        self.content = content
        self._model = edits.read(content)
        (self._graph,) = self._model.subgraphs
        output = self._graph.tensors[self._graph.outputs[0]].name.decode()
        self._output, self._last = output, last or output  # the converter numbers what it makes of the output
        codes = [edits.code_of(code) for code in self._model.operatorCodes]
        self.nodes = tuple(
            self._node(OPERATORS[codes[operator.opcodeIndex]], operator, self._graph.tensors[output])
            for operator in self._graph.operators
            for output in operator.outputs
        )

    def _node(self, kind: str, operator, given) -> Node:
        name = given.name.decode()
        used = [given, *(self._graph.tensors[index] for index in operator.inputs if index >= 0)]
        integer = any(tensor.type in INTEGERS for tensor in used)
        return Node(kind, self._path(name).partition("/")[0], name, given.type in edits.FLOATS, integer)

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
        """The float graph as a post-training calibration would leave it, for the converter; then see `shown`.

        Args:
          ranges: (lowest, highest) value by layer, for the last tensor of the layer, or by `layer/operation`, for one
            within it. A tensor without a range stays float.
          edges: of every input and of the output.
          biases: others for these layers.
          kernel: gives for an operator's kind and its kernel, as Keras has it, the kernel to take.
          floats: the outputs of operators that stay as they are; some are hidden from the converter.
        """
        by_tensor = {}
        for node in self.nodes:
            if found := ranges.get(self._path(node.tensor)):
                by_tensor[node.tensor] = found
        last = {node.layer: node.tensor for node in self.nodes}
        by_tensor |= {tensor: ranges[layer] for layer, tensor in last.items() if layer in ranges}
        outer = (*self._graph.inputs, *self._graph.outputs)
        by_tensor |= {self._graph.tensors[index].name.decode(): edges for index in outer}

        changed = edits.read(self.content)
        hidden = islands.hide(changed, floats)
        (graph,) = changed.subgraphs
        for operator in list(graph.operators):
            kind = OPERATORS[edits.code_of(changed.operatorCodes[operator.opcodeIndex])]
            given = graph.tensors[operator.outputs[0]].name.decode()
            if given in floats:
                continue
            if kind in WITH_BIAS and biases:
                self._replace_bias(changed, operator, biases)
            if kind in CONVOLUTIONS and kernel:
                edits.replace_kernel(changed, operator, kind, kernel)
            for place, index in enumerate(operator.inputs if kind in SAME_SCALE else ()):
                own, whole = (by_tensor.get(name) for name in (graph.tensors[index].name.decode(), given))
                if own and whole and (index in hidden or (own != whole and kind == "CONCATENATION")):
                    operator.inputs[place] = edits.rescaled(changed, operator, index)
                    by_tensor[graph.tensors[operator.inputs[place]].name.decode()] = whole
        for tensor in graph.tensors:
            if found := by_tensor.get(tensor.name.decode()):
                tensor.quantization = schema.QuantizationParametersT()
                tensor.quantization.min, tensor.quantization.max = ([value] for value in found)
        return edits.written(changed)

    def _replace_bias(self, model, operator, biases: Mapping[str, np.ndarray]) -> None:
        """Gives a convolution or a dense layer the bias of the layer that its output is named after."""
        tensors = model.subgraphs[0].tensors
        parts = [self._path(part) for part in tensors[operator.outputs[0]].name.decode().split(";")]
        # What it gives, or the sum that an activation follows; the names behind may be of constants that others share.
        own = [part.partition("/")[0] for place, part in enumerate(parts[:2]) if not place or part.endswith("/BiasAdd")]
        if layer := next((name for name in own if name in biases), None):
            like = tensors[operator.inputs[2 if operator.inputs[2] >= 0 else 1]]  # of one of zeros there is none
            operator.inputs[2] = edits.constant(model, like, biases[layer])

    def shown(self, quantized: bytes) -> bytes:
        """What the converter made of `with_ranges`, with the operators that were hidden from it."""
        if islands.PREFIX not in quantized:
            return quantized
        model = edits.read(quantized)
        islands.show(model, self._model)
        return edits.written(model)

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
        return edits.written(self._model)

    def activations_apart(self) -> bytes:
        """The graph, drawing the same, without activations in transposed convolutions: LiteRT's GPU delegate does not
        read those there, and takes version 3 of the operator at most, which has none (TransposeConv's parser in
        tflite/delegates/gpu/common/model_builder.cc).

        The activation becomes an operator of its own, which XNNPACK makes a part of the convolution again. A ReLU just
        goes where the lowest 8-bit step is 0: nothing below it can be stored.
        """
        changed = edits.read(self.content)
        (graph,) = changed.subgraphs
        fused = [one for one in graph.operators if edits.activation_within(one) in ACTIVATIONS]
        if not fused:
            return self.content
        for operator in fused:
            activation, given = edits.activation_within(operator), graph.tensors[operator.outputs[0]]
            lowest = given.type == schema.TensorType.INT8 and given.quantization.zeroPoint[0] == np.iinfo(np.int8).min
            if not (lowest and activation == schema.ActivationFunctionType.RELU):
                edits.activate(changed, operator, ACTIVATIONS[activation])
            operator.builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.NONE
            code = changed.operatorCodes[operator.opcodeIndex]
            code.version = min(code.version, WITHOUT_ACTIVATION)
        return edits.written(changed)

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
    out of, and its operation there. What has no such name (inputs and outputs) keeps its own.

    The names begin with the last operation, but for a dense layer's: `model/dense/MatMul;model/dense_relu/Relu`.
    """
    parts = tensor_name.split(";")
    activations = (part for part in parts[1:] if part.rpartition("/")[2].startswith("Relu"))
    first = next(activations, parts[0]) if parts[0].endswith(("/MatMul", "/Tensordot")) else parts[0]
    return first.partition("/")[2] or first
