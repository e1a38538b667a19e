"""Calibration: the range of every layer's output on real pictures, as an integer graph needs it.

The ranges are read off the Keras network, not off a .tflite by the converter's own calibration: that one lets operators
work in place and takes the range of what overwrote a tensor for the tensor's (seen with TensorFlow 2.21: a sigmoid's
range of −2.3 … 0.9, the product's that followed it).
"""

from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf
import tf_keras

from pynet_bokeh.errors import UserError
from pynet_bokeh.models.layers import DepthToSpace, SpaceToDepth
from pynet_bokeh.models.network import OUTPUT

layers = tf_keras.layers

Ranges = dict[str, tuple[float, float]]
"""(Lowest, highest) value by layer, or by `layer/operation` for a tensor within one."""

PICTURE = (0.0, 1.0)
"""Of every input and of the output, whatever pictures were seen: byte 255 is 1.0 and nothing is rescaled."""

# LiteRT's integer kernels of these take no other output scale than their input's.
PASSING = (
    layers.AveragePooling2D,
    layers.MaxPooling2D,
    layers.UpSampling2D,
    layers.Reshape,
    layers.Dropout,
    SpaceToDepth,
    DepthToSpace,
)
# Of these it prescribes the output's: steps of 1/256 and of 1/128.
FIXED = {"sigmoid": (0.0, 255 / 256), "tanh": (-1.0, 127 / 128)}
LEAST_WIDTH = 1e-3  # a range must have some


Means = dict[str, list[float]]
"""Of each channel that a layer gives, by layer."""


def calibrate(model: tf_keras.Model, pictures: Iterable[Mapping]) -> tuple[Ranges, Means]:
    """The ranges of all layers of `model` that hold what every picture shows, and the means of their channels.

    What lies outside a range is clipped, which costs more than coarser steps: with the mean of several pictures' ranges
    instead, the worst of 11 pictures lost 5 dB (pynet_mobile, batches of 8), and all together 12 dB where a batch was
    one picture (glass_net).

    Args:
      model: the float network at the size it will have: a blur's width in pixels goes with it.
      pictures: inputs by name; at least one, each as large as the model's.

    Raises UserError for no picture, and for one of another size or with other inputs.
    """
    observer = tf_keras.Model(model.inputs, {layer.name: layer.output for layer in model.layers})

    @tf.function
    def look(inputs):
        values = observer(inputs, training=False).items()
        return {
            name: (tf.reduce_min(value), tf.reduce_max(value), tf.reduce_mean(value, axis=range(len(value.shape) - 1)))
            for name, value in values
        }

    seen = {layer.name: (0.0, LEAST_WIDTH) for layer in model.layers}  # LiteRT wants 0 inside every range
    sums: dict[str, np.ndarray] = {}
    count = 0
    for picture in pictures:
        _check(model, picture, count)
        for name, (low, high, mean) in look(dict(picture)).items():
            if not np.isfinite([low, high]).all():
                raise UserError(f"calibration: {name} gives numbers that are not finite on picture {count}")
            seen[name] = min(seen[name][0], float(low)), max(seen[name][1], float(high))
            sums[name] = sums.get(name, 0.0) + mean.numpy().astype(np.float64)
        count += 1
    if not count:
        raise UserError("calibration: at least one picture is needed; received none")
    return _settled(model, seen), {name: (total / count).tolist() for name, total in sums.items()}


def _check(model: tf_keras.Model, picture: Mapping, number: int) -> None:
    wanted = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
    received = {name: tuple(value.shape[1:]) for name, value in picture.items()}
    if received.keys() != wanted.keys():
        raise UserError(
            f"calibration: picture {number} should have the inputs {', '.join(wanted)}; received {', '.join(received)}"
        )
    for name, shape in wanted.items():
        if any(side not in (None, have) for side, have in zip(shape, received[name], strict=True)):
            raise UserError(f"calibration: {name} of picture {number} should be {shape}; received {received[name]}")
        low, high = float(np.min(picture[name])), float(np.max(picture[name]))
        if not (low >= 0 and high <= 1):
            raise UserError(f"calibration: {name} of picture {number} should lie in 0 … 1; received {low:g} … {high:g}")


def _settled(model: tf_keras.Model, seen: Ranges) -> Ranges:
    """What was seen, changed to what LiteRT's integer kernels ask of their inputs' and outputs' scales."""
    ranges: Ranges = {}
    for layer in model.layers:  # every layer after those it reads
        read = [ranges[one.name] for one in feeds(layer)]
        if isinstance(layer, layers.InputLayer):
            ranges[layer.name] = PICTURE
        elif isinstance(layer, PASSING) or activation(layer) == "linear" or _averages(layer):
            ranges[layer.name] = read[0]
        elif isinstance(layer, layers.Concatenate):
            lows, highs = zip(*read, strict=True)
            ranges[layer.name] = min(lows), max(highs)
        elif isinstance(layer, layers.Rescaling):
            ranges[layer.name] = tuple(value * float(layer.scale) + float(layer.offset) for value in read[0])
        else:
            ranges[layer.name] = FIXED.get(activation(layer), seen[layer.name])
    layer = model.get_layer(OUTPUT)
    while not isinstance(layer, layers.InputLayer):  # the picture, and what only passes it on
        ranges[layer.name] = PICTURE
        if not (isinstance(layer, PASSING) or activation(layer) == "linear"):
            break
        (layer,) = feeds(layer)
    for layer in model.layers:
        if isinstance(layer, layers.Rescaling):  # a product and a sum
            ranges[f"{layer.name}/mul"] = tuple(value - float(layer.offset) for value in ranges[layer.name])
    return ranges


def _averages(layer) -> bool:
    """Whether it is a convolution with fixed weights that averages: what it gives lies within what it reads, whether
    the pictures showed all of that or not."""
    if not isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D) or layer.trainable or layer.use_bias:
        return False
    depthwise = isinstance(layer, layers.DepthwiseConv2D)
    kernel = (layer.depthwise_kernel if depthwise else layer.kernel).numpy()
    sums = kernel.sum(axis=(0, 1) if depthwise else (0, 1, 2))
    return bool((kernel >= 0).all() and np.allclose(sums, 1))


def feeds(layer) -> list:
    """The layers that a layer reads."""
    tensors = [] if isinstance(layer, layers.InputLayer) else tf.nest.flatten(layer.input)
    return [tensor._keras_history.layer for tensor in tensors]


def activation(layer) -> str | None:
    """The function of an Activation layer."""
    return tf_keras.activations.serialize(layer.activation) if isinstance(layer, layers.Activation) else None
