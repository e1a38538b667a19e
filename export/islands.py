"""Operators that stay float in an integer graph, and that the converter would quantize all the same.

Its list of what to leave alone has no effect on some kinds by name, and in a graph for all sizes on what makes the
output of blocks; by kind the weights of transposed convolutions are rounded still (TensorFlow 2.21). So those are
hidden: an operator that it does not know reads and gives floats.
"""

from collections.abc import Collection

import tf_keras
from tensorflow.lite.python import schema_py_generated as schema

from export.keras_graph import activation, feeds
from pynet_bokeh.errors import UserError

PREFIX = b"float_operator_"
KINDS = (
    schema.BuiltinOperator.AVERAGE_POOL_2D,
    schema.BuiltinOperator.MAX_POOL_2D,
    schema.BuiltinOperator.TRANSPOSE_CONV,
)
NOTHING_TO_COMPUTE = (tf_keras.layers.InputLayer, tf_keras.layers.Dropout, tf_keras.layers.Reshape)


def hide(model, tensors: Collection[str]) -> set[int]:
    """Makes those of the operators that give these tensors unknown ones, which remember their place among all; returns
    the numbers of what they give."""
    (graph,) = model.subgraphs
    hidden = set()
    for place, operator in enumerate(graph.operators):
        code, (given, *_) = model.operatorCodes[operator.opcodeIndex], operator.outputs
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        if _hidden(kind, graph, given) and graph.tensors[given].name.decode() in tensors:
            code = schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
            code.customCode, code.version = PREFIX + b"%d" % place, 1
            model.operatorCodes.append(code)
            operator.opcodeIndex = len(model.operatorCodes) - 1
            operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.NONE, None
            hidden.add(int(given))
    return hidden


def _hidden(kind: int, graph, given: int) -> bool:
    """Whether the converter would quantize an operator of that kind in spite of its list."""
    shape = graph.tensors[given].shapeSignature
    open_output = given in graph.outputs and shape is not None and min(shape, default=1) < 0
    return kind in KINDS or (open_output and kind == schema.BuiltinOperator.DEPTH_TO_SPACE)


def show(model, original) -> None:
    """Makes what `hide` hid in a copy of `original` the operators that they are there."""
    codes, places = [], {}
    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if (code.customCode or b"").startswith(PREFIX):
            was = original.subgraphs[0].operators[int(code.customCode.removeprefix(PREFIX))]
            code = original.operatorCodes[was.opcodeIndex]
            operator.builtinOptionsType, operator.builtinOptions = was.builtinOptionsType, was.builtinOptions
            operator.customOptions = None
        kind = code.builtinCode, code.deprecatedBuiltinCode, code.customCode, code.version
        if kind not in places:
            places[kind] = len(codes)
            codes.append(code)
        operator.opcodeIndex = places[kind]
    model.operatorCodes = codes


def check_found(model: tf_keras.Model, kept: Collection[str], found: Collection[str]) -> None:
    """Raises UserError for a layer of `kept` that is computed by the operator of a later layer, which is not.

    Args:
      found: the layers that the float graph has operators of.
    """
    for layer in model.layers:
        nothing = isinstance(layer, NOTHING_TO_COMPUTE) or activation(layer) == "linear"
        if layer.name not in kept or layer.name in found or nothing:
            continue
        later = layer
        while later.name not in found and (readers := [one for one in model.layers if later in feeds(one)]):
            later = readers[0]
        if later.name not in kept:
            raise UserError(
                f"keep_float.layers: {layer.name} has no operator of its own, it is a part of {later.name}'s; name that"
            )
