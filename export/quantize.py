"""Quantization-aware training: the float network with fake-quantized weights and activations, and its ranges."""

from collections.abc import Iterable

import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras

from pynet_bokeh import weights
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.layers import ChannelMeanMax, DepthToSpace, InstanceNormalization, Join, SpaceToDepth
from pynet_bokeh.models.network import OUTPUT

_keras = tfmot.quantization.keras
_PREFIX = "quant_"  # tfmot's, before the name of a wrapped layer
_RANGE_NAMES = ("output", "post_activation", "pre_activation")


class FixedRangeQuantizer(_keras.quantizers.Quantizer):
    """Quantizes to 8 bits over a fixed range: 0 … 1 gives a scale of 1/255, the 8-bit picture itself."""

    def __init__(self, minimum: float = 0.0, maximum: float = 1.0):
        self.minimum = minimum
        self.maximum = maximum

    def build(self, tensor_shape, name, layer):
        return {}

    def __call__(self, inputs, training, weights, **kwargs):
        return tf.quantization.fake_quant_with_min_max_args(inputs, min=self.minimum, max=self.maximum)

    def get_config(self):
        return {"minimum": self.minimum, "maximum": self.maximum}


class ActivationConfig(_keras.QuantizeConfig):
    """For layers without weights: the output is quantized over its running range, a fixed one, or not at all."""

    def __init__(self, output: str = "moving"):
        self.output = output

    def get_weights_and_quantizers(self, layer):
        return []

    def get_activations_and_quantizers(self, layer):
        return []

    def set_quantize_weights(self, layer, quantize_weights):
        pass

    def set_quantize_activations(self, layer, quantize_activations):
        pass

    def get_output_quantizers(self, layer):
        if self.output == "picture":
            return [FixedRangeQuantizer()]
        if self.output == "moving":
            return [
                _keras.quantizers.MovingAverageQuantizer(
                    num_bits=8, per_axis=False, symmetric=False, narrow_range=False
                )
            ]
        return []

    def get_config(self):
        return {"output": self.output}


SCOPE = {"ActivationConfig": ActivationConfig, "FixedRangeQuantizer": FixedRangeQuantizer}

# Blends need an output range, which tfmot's registry doesn't give them. What only moves values passes its input's scale
# on: with a range of its own LiteRT's converter refuses it ("same scale constraint"). Normalization and attention
# statistics stay float: as int8 they are slower than in float and lose up to 19 dB.
_OUTPUT_BY_LAYER = {
    tf_keras.layers.Multiply: "moving",
    tf_keras.layers.Subtract: "moving",
    tf_keras.layers.Rescaling: "moving",
    tf_keras.layers.AveragePooling2D: "none",
    tf_keras.layers.MaxPooling2D: "none",
    tf_keras.layers.UpSampling2D: "none",
    Join: "moving",
    SpaceToDepth: "none",
    DepthToSpace: "none",
    InstanceNormalization: "none",
    ChannelMeanMax: "none",
}
_ACTIVATIONS = (tf_keras.layers.LeakyReLU, tf_keras.layers.Activation)


def quantize(model: tf_keras.Model) -> tf_keras.Model:
    """A trainable int8 simulation of `model` with the same inputs and output, its ranges not yet set (see calibrate).

    The picture that goes out is quantized over exactly 0 … 1. Raises UserError for a layer that can't be quantized.
    """
    last = _feed(model.get_layer(OUTPUT))
    pooled = _normalizations_to_pool(model)

    def annotate(layer):
        if layer.name in (OUTPUT, "input"):  # the picture, and the inputs side by side
            output = "picture"
        elif layer.name in pooled:
            output = "moving"
        else:
            output = "none" if layer is last else _OUTPUT_BY_LAYER.get(type(layer))
        if output is None:
            return _keras.quantize_annotate_layer(layer)
        return _keras.quantize_annotate_layer(layer, quantize_config=ActivationConfig(output))

    with tf_keras.utils.custom_object_scope(SCOPE):
        annotated = tf_keras.models.clone_model(
            model,
            clone_function=lambda layer: layer if isinstance(layer, tf_keras.layers.InputLayer) else annotate(layer),
        )
        try:
            return _keras.quantize_apply(annotated)
        except (RuntimeError, ValueError) as error:
            raise UserError(f"qat_int8: this network can't be quantized ({error})") from error


def _feed(layer):
    """The layer that a layer of one input reads."""
    return layer.input._keras_history.layer


def _normalizations_to_pool(model: tf_keras.Model) -> set[str]:
    """The names of the normalizations that lead to a pooling by way of an activation alone.

    They end in int8, so that the activation runs in int8 too. Were it the activation's output that becomes int8, one
    range would be kept for all its readers, that of a join beside the pooling; but LiteRT prepares no pooling whose
    input and output differ in scale.
    """
    names = set()
    for layer in model.layers:
        if isinstance(layer, tf_keras.layers.MaxPooling2D):
            activation = _feed(layer)
            if isinstance(activation, _ACTIVATIONS) and isinstance(_feed(activation), InstanceNormalization):
                names.add(_feed(activation).name)
    return names


def calibrate(quantized: tf_keras.Model, model: tf_keras.Model, batches: Iterable[dict]) -> None:
    """Sets the activation ranges of `quantized` to all that the float `model` shows on the batches.

    tfmot begins at ±6 with a moving average of 0.999; without this the first steps train against clipped or coarse
    activations (8 dB lost after 60 steps). What lies outside a range is clipped, which costs more than coarser steps:
    with the mean of the batches' ranges, tfmot's way, the worst of 11 pictures lost 5 dB (pynet_mobile, batches of 8),
    and all together 12 dB where a batch was one picture (glass_net).

    Args:
      quantized: made by `quantize(model)`; its weights' ranges are set too.
      model: the float network.
      batches: inputs by name; at least one batch.
    """
    variables = _range_variables(quantized)
    observed = {name: model.get_layer(name).output for name in variables}
    observer = tf_keras.Model(model.inputs, observed)
    extremes = tf.function(
        lambda inputs: {
            name: (tf.reduce_min(value), tf.reduce_max(value))
            for name, value in observer(inputs, training=False).items()
        }
    )
    ranges = {name: (0.0, 1e-3) for name in observed}  # LiteRT wants 0 inside every range, and some width
    inputs = None
    for inputs in batches:
        for name, (low, high) in extremes(inputs).items():
            ranges[name] = min(ranges[name][0], float(low)), max(ranges[name][1], float(high))
    if inputs is None:
        raise UserError("calibration: at least one batch of pictures is needed; received none")
    quantized(inputs, training=True)  # sets the ranges of the weights, and moves the others
    for name, pairs in variables.items():
        low, high = ranges[name]
        for minimum, maximum in pairs:
            minimum.assign(low)
            maximum.assign(high)
    pin_inputs(quantized)


def pin_inputs(quantized: tf_keras.Model) -> None:
    """Sets the inputs' range to exactly 0 … 1, so that byte 255 is 1.0 and nothing is rescaled on the phone."""
    for layer in quantized.layers:
        if _is_input_quantizer(layer) and layer.quantizer:
            layer.quantizer_vars["min_var"].assign(0.0)
            layer.quantizer_vars["max_var"].assign(1.0)


def named_variables(quantized: tf_keras.Model) -> dict:
    """Every variable by a name that is the same whenever the network is quantized again.

    tfmot numbers the layers behind the inputs through all models of a process; here they are called after the input.
    """
    named = {}
    for layer in quantized.layers:
        own = f"{layer.input.name}_range" if _is_input_quantizer(layer) else None
        for variable in layer.variables:
            name = weights.variable_name(variable)
            named[f"{own}/{name.rpartition('_')[2]}" if own else name] = variable
    return named


def _is_input_quantizer(layer) -> bool:
    return type(layer).__name__ == "QuantizeLayer"


def _range_variables(quantized: tf_keras.Model) -> dict[str, list]:
    """The (min, max) variables of activations by the float layer's name."""
    found: dict[str, list] = {}
    for layer in quantized.layers:
        if not layer.name.startswith(_PREFIX):
            continue
        by_name = {variable.name.rpartition("/")[2].partition(":")[0]: variable for variable in layer.weights}
        for name in _RANGE_NAMES:
            if f"{name}_min" in by_name:
                pair = (by_name[f"{name}_min"], by_name[f"{name}_max"])
                found.setdefault(layer.name.removeprefix(_PREFIX), []).append(pair)
    return found
