"""Calibration: the range of every layer's output on real pictures, as an integer graph needs it.

The ranges are read off the Keras network, not off a .tflite by the converter's own calibration: that one lets operators
work in place and takes the range of what overwrote a tensor for the tensor's (seen with TensorFlow 2.21: a sigmoid's
range of −2.3 … 0.9, the product's that followed it).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tf_keras

from export import equalize
from export.keras_graph import activation, feeds
from export.observing import Seen, histograms, observe
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
PARTS = np.linspace(0.2, 1, 33)  # of a range, that least_error tries

Means = dict[str, list[float]]
"""Of each channel that a layer gives, by layer."""


def calibrate(
    model: tf_keras.Model,
    pictures: Sequence[Mapping],
    seen: Mapping[str, Seen] | None = None,
    *,
    activations: str = "int8",
) -> tuple[Ranges, Means]:
    """The ranges of all layers of `model` and the means of their channels.

    Of what carries the picture and of gates they hold all that every picture shows: a highlight cut off is seen. With
    the mean of several pictures' ranges instead, the worst of 11 pictures lost 5 dB (pynet_mobile, batches of 8), and
    all together 12 dB where a batch was one picture (glass_net). Of feature maps those of 8 bits are those of the least
    error; 16 bits have steps to spare.

    Args:
      model: the float network at the size it will have.
      pictures: inputs by name; at least one, each as large as the model's.
      seen: what observe saw on these pictures, where that is known already.
      activations: int8 or int16.

    Raises UserError for no picture, and for one of another size or with other inputs.
    """
    seen = seen or observe(model, pictures)
    extremes = {  # LiteRT wants 0 inside every range
        name: (min(0.0, float(one.low.min())), max(LEAST_WIDTH, float(one.high.max()))) for name, one in seen.items()
    }
    narrowed = {}
    if activations == "int8":
        features = {name: extremes[name] for group in equalize.free(model) for name in group}
        for name, shares in histograms(model, pictures, features).items():
            narrowed[name] = least_error(*features[name], shares)
    return _settled(model, {**extremes, **narrowed}), {name: one.mean.tolist() for name, one in seen.items()}


def least_error(low: float, high: float, shares: np.ndarray) -> tuple[float, float]:
    """The part of a range around 0 with the least squared error of values that are clipped to it and rounded to 256
    steps over it (Nagel et al., "A White Paper on Neural Network Quantization", arXiv 2106.08295, §3.1).

    Args:
      low, high: lowest and highest value, low ≤ 0 < high.
      shares: of the values in equal parts of low … high.
    """
    values = low + (np.arange(len(shares)) + 0.5) / len(shares) * (high - low)
    best = np.inf, low, high
    for bottom in low * (PARTS if low < 0 else PARTS[-1:]):
        for top in high * PARTS:
            inside = (values >= bottom) & (values <= top)
            rounding = ((top - bottom) / 255) ** 2 / 12 * shares[inside].sum()
            clipping = ((values - np.clip(values, bottom, top)) ** 2 * shares)[~inside].sum()
            best = min(best, (rounding + clipping, float(bottom), float(top)))
    return best[1:]


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
