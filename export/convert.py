"""From a Keras model to the bytes of a .tflite: inputs `image` and `depth` or `focus`, output `bokeh`."""

import fnmatch
import tempfile
import warnings

import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow.compiler.mlir.lite import types_pb2
from tensorflow.lite.python.convert import mlir_quantize
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from export import islands
from export.flatbuffer import OPERATORS, Graph
from export.graph_edits import RESCALED
from export.keras_graph import activation, feeds
from export.quantize import KERNELS, corrected_biases, rounded_kernel
from export.ranges import PICTURE, Means, Ranges
from export.recipes import Floats, QuantizationRecipe
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import OUTPUT

CHANGES_TYPE = ("QUANTIZE", "DEQUANTIZE")
INTEGERS = {"int8": types_pb2.QUANTIZED_INT8, "int16": types_pb2.QUANTIZED_INT16}


class NoSuchLayer(UserError):
    """A recipe names a layer that the network does not have."""


def convert(
    model: tf_keras.Model, recipe: QuantizationRecipe, ranges: Ranges | None = None, means: Means | None = None
) -> bytes:
    """Converts a fixed-size model (batch 1) to a .tflite of built-in operators only.

    Args:
      model: the network in float, with fine-tuned weights where the recipe has them.
      recipe: how to quantize.
      ranges: of ranges.calibrate, for integer activations.
      means: the same's, to correct the biases by; not for fine-tuned weights, which have been.

    Raises UserError with the converter's own words when it refuses, and for a layer that would stay float unasked, or
    not stay float though asked.
    """
    if not recipe.integer:
        return Graph(_converted(model, recipe)).activations_apart()
    if ranges is None:
        raise UserError(f"{recipe.name}: calibration pictures are needed")
    return integer(float_graph(model, recipe), model, recipe, ranges, means)


def float_graph(model: tf_keras.Model, recipe: QuantizationRecipe) -> Graph:
    """What an integer recipe begins with. Raises UserError for a layer that can't be kept float by itself."""
    graph = Graph(_converted(model, recipe), picture_layer(model))
    islands.check_found(model, float_layers(model, recipe.keep_float), {node.layer for node in graph.nodes})
    return graph


def picture_layer(model: tf_keras.Model) -> str:
    """The name of the layer that makes the picture; `bokeh` behind it only names it."""
    (layer,) = feeds(model.get_layer(OUTPUT))
    return layer.name


def integer(
    graph: Graph, model: tf_keras.Model, recipe: QuantizationRecipe, ranges: Ranges, means: Means | None = None
) -> bytes:
    """The integer form of a network's float graph, as `convert` makes it; for many recipes of one network."""
    kept = float_layers(model, recipe.keep_float)
    biases = corrected_biases(model, means, floats=kept) if means else {}
    edges = PICTURE
    if recipe.activations == "int16":
        ranges, edges = {name: _symmetric(pair) for name, pair in ranges.items()}, _symmetric(PICTURE)
    edge_type = tf.uint8 if recipe.edges == "uint8" else tf.float32
    floats = {node.tensor for node in graph.nodes if node.operator in recipe.keep_float.operators}
    floats.update(graph.tensors_of(kept))
    calibrated = graph.with_ranges(ranges, edges, biases, _rounded, floats)
    try:
        content = mlir_quantize(
            calibrated,
            inference_type=INTEGERS[recipe.activations],
            input_data_type=edge_type,
            output_data_type=edge_type,
            denylisted_nodes=sorted(floats) or None,
        )
    except Exception as error:
        raise _refused(recipe, error) from error
    quantized = Graph(graph.shown(content), picture_layer(model))
    for node in quantized.nodes:
        if node.operator in CHANGES_TYPE or RESCALED in node.tensor:
            continue
        asked = node.layer in kept or node.operator in recipe.keep_float.operators
        if asked and node.integer:
            raise UserError(f"{recipe.name}: {node.layer} did not stay float ({node.operator}), as keep_float has it")
        if node.float and not asked:
            raise UserError(
                f"{recipe.name}: {node.layer} has no integer form ({node.operator}); "
                "keep_float.layers of a recipe keeps it float"
            )
    return quantized.sixteen_bits() if recipe.activations == "int16" else quantized.activations_apart()


def _rounded(operator: str, kernel: np.ndarray) -> np.ndarray:
    """A convolution's kernel as quantize.simulate rounds it; the converter then finds nothing to round."""
    kind = tf_keras.layers.Conv2D if operator == "CONV_2D" else tf_keras.layers.DepthwiseConv2D
    return rounded_kernel(tf.constant(kernel), KERNELS[kind]).numpy()


def _symmetric(pair: tuple[float, float]) -> tuple[float, float]:
    """−32,768 … 32,767 steps that hold the range: LiteRT's 16-bit kernels want 0 at 0."""
    highest = max(map(abs, pair))
    return -highest * 32768 / 32767, highest


def float_layers(model: tf_keras.Model, keep: Floats) -> frozenset[str]:
    """The names of the layers that a recipe keeps float, but for its `operators`; with each a ReLU that reads it, which
    the converter makes a part of it.

    Raises NoSuchLayer for a layer that the network does not have, UserError for an operator that LiteRT does not have.
    """
    names = [layer.name for layer in model.layers]
    found = {layer.name for layer in model.layers if type(layer).__name__ in keep.kinds}
    for pattern in keep.layers:
        matching = fnmatch.filter(names, pattern)
        if not matching:
            raise NoSuchLayer(f"keep_float.layers: {model.name} has no layer {pattern!r}")
        found.update(matching)
    for layer in model.layers:
        relu = isinstance(layer, tf_keras.layers.ReLU) or activation(layer) == "relu"
        if relu and feeds(layer)[0].name in found:
            found.add(layer.name)
    for operator in keep.operators:
        if operator not in OPERATORS.values():
            raise UserError(f"keep_float.operators: an operator of LiteRT's is wanted; received {operator!r}")
    return frozenset(found)


def _converted(model: tf_keras.Model, recipe: QuantizationRecipe) -> bytes:
    """The model with float activations; weights as the recipe wants them, float where activations will be integers."""
    inputs = {tensor.name: tf.TensorSpec(tensor.shape, tf.float32, name=tensor.name) for tensor in model.inputs}

    @tf.function(input_signature=[inputs])
    def trace(tensors):
        return {OUTPUT: model(tensors, training=False)[OUTPUT]}

    # With its weights as constants the function is saved alone; with the Keras model it would take five times as long.
    frozen = convert_variables_to_constants_v2(trace.get_concrete_function())
    order = [tensor.name.partition(":")[0].removeprefix("tensors_") for tensor in frozen.inputs]

    @tf.function(input_signature=[inputs])
    def serve(tensors):
        return {OUTPUT: frozen(*(tensors[name] for name in order))[0]}

    module = tf.Module()
    module.serve = serve
    # Nothing is trained from here on; saving a function's gradient fails where it reads a constant, as swish's does.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    with tempfile.TemporaryDirectory() as folder:
        try:
            tf.saved_model.save(module, folder, signatures={"serving_default": serve}, options=options)
        except (OSError, tf.errors.OpError) as error:
            raise UserError(f"{folder}: can't be written ({str(error).strip().partition(chr(10))[0]})") from error
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serving_default"])
        if recipe.weights != "float32" and not recipe.integer:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if recipe.weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the converter's own deprecated interpreter
                return converter.convert()
        except Exception as error:  # the converter raises its own kinds and bare ones
            raise _refused(recipe, error) from error


def _refused(recipe: QuantizationRecipe, error: Exception) -> UserError:
    said = str(error).strip().partition("\n")[0] or "its own words are above"  # written to standard error
    return UserError(f"{recipe.name}: the converter refused this network ({said})")
