"""Calibration: the range of every layer's output on real pictures, as an integer graph needs it.

The ranges are read off the Keras network, not off a .tflite by the converter's own calibration: that one lets operators
work in place and takes the range of what overwrote a tensor for the tensor's (seen with TensorFlow 2.21: a sigmoid's
range of −2.3 … 0.9, the product's that followed it).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tf_keras

from export.keras_graph import activation, feeds
from export.observing import Seen, observe
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


def calibrate(model: tf_keras.Model, pictures: Sequence[Mapping]) -> tuple[Ranges, Means]:
    """The ranges of all layers of `model` on real pictures, and the means of their channels; see `observe`."""
    return settled(model, observe(model, pictures))


def settled(model: tf_keras.Model, seen: Mapping[str, Seen]) -> tuple[Ranges, Means]:
    """The ranges of all layers of `model` that hold what every picture shows, and the means of their channels.

    What lies outside a range is clipped, which costs more than coarser steps. With the mean of several pictures' ranges
    instead, the worst of 11 pictures lost 5 dB (pynet_mobile, batches of 8), and all together 12 dB where a batch was
    one picture (glass_net). With the ranges of the least squared error photos unlike those of calibration lost 0.3 and
    1.1 dB (glass_net, double_vnet), and highlights were cut off.
    """
    extremes = {  # LiteRT wants 0 inside every range
        name: (min(0.0, float(one.low.min())), max(LEAST_WIDTH, float(one.high.max()))) for name, one in seen.items()
    }
    return _passed_on(model, extremes), {name: one.mean.tolist() for name, one in seen.items()}


def _passed_on(model: tf_keras.Model, seen: Ranges) -> Ranges:
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
            ranges[f"{layer.name}/mul"], ranges[layer.name] = _rescaled(layer, read[0])
        else:
            ranges[layer.name] = FIXED.get(activation(layer), seen[layer.name])
    layer = model.get_layer(OUTPUT)
    while not isinstance(layer, layers.InputLayer):  # the picture, and what only passes it on
        ranges[layer.name] = PICTURE
        if not (isinstance(layer, PASSING) or activation(layer) == "linear"):
            break
        (layer,) = feeds(layer)
    for layer in model.layers:
        if isinstance(layer, layers.Rescaling) and ranges[layer.name] == PICTURE:
            ranges[f"{layer.name}/mul"] = _stepping_on_0(value - float(layer.offset) for value in PICTURE)
    return ranges


def _rescaled(layer, read: tuple[float, float]) -> list[tuple[float, float]]:
    """Of a Rescaling the ranges of the product and of the sum."""
    product = [value * float(layer.scale) for value in read]
    return [_stepping_on_0(product), _stepping_on_0(value + float(layer.offset) for value in product)]


def _stepping_on_0(values: Iterable[float]) -> tuple[float, float]:
    """The range from the lowest to the highest value, and 0, a little wider so that of its 256 steps one is 0.

    Else all steps are moved until one is 0: by half a step where the range is as far on both sides of it. What a
    Rescaling makes of even steps then all lies half-way between two, and a picture came out half a step too bright.
    """
    values = [0.0, *values]
    low, high = min(values), max(values)
    below = round(-low / (high - low) * 255)
    step = max(-low / below if below else 0.0, high / (255 - below) if below < 255 else 0.0)
    return -below * step, (255 - below) * step


def _averages(layer) -> bool:
    """Whether it is a convolution with fixed weights that averages: what it gives lies within what it reads, whether
    the pictures showed all of that or not."""
    if type(layer) not in (layers.Conv2D, layers.DepthwiseConv2D) or layer.trainable or layer.use_bias:
        return False
    depthwise = isinstance(layer, layers.DepthwiseConv2D)
    kernel = (layer.depthwise_kernel if depthwise else layer.kernel).numpy()
    sums = kernel.sum(axis=(0, 1) if depthwise else (0, 1, 2))
    return bool((kernel >= 0).all() and np.allclose(sums, 1))
