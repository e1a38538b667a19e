"""The same network with channels that reach less unequally far.

An integer graph has one scale for all channels of a layer: where one reaches 200 and the others 10, those are left with
a dozen steps (pynet_mobile's level 7). Behind a ReLU, or nothing, a channel can be divided by a number in the kernel
that makes it and multiplied by it in all that read it; the picture stays what it was (Meller et al., "Same, Same But
Different", ICML 2019, arXiv 1902.01917; Nagel et al., arXiv 1906.04721, §4.1).

Half-way, by roots: what makes the channels even makes the kernels that read them uneven (Xiao et al., "SmoothQuant",
arXiv 2211.10438, §4). All the way, double_vnet came 8 dB farther from the float network instead of 0.3, pynet_mobile no
nearer to it.
"""

from collections.abc import Mapping

import numpy as np
import tf_keras

from export.keras_graph import feeds, function
from export.observing import Seen

layers = tf_keras.layers

Scales = dict[str, list[float]]
"""What each channel of a layer's output is divided by, by layer."""

LARGEST = 5.0
"""A channel is divided by so much at most and multiplied by as much: next to nothing stays next to nothing."""

# What is divided where it goes in comes out divided, each channel by itself.
PASSING = (
    layers.Add,
    layers.Subtract,
    layers.AveragePooling2D,
    layers.MaxPooling2D,
    layers.UpSampling2D,
    layers.Dropout,
    layers.LeakyReLU,
)
HOMOGENEOUS = (None, "linear", "relu")
# The axes of a kernel's channels that go in and come out. A depthwise kernel has one for both.
CHANNELS = {layers.Conv2D: (2, 3), layers.DepthwiseConv2D: (2, 2), layers.Conv2DTranspose: (3, 2)}


def free(model: tf_keras.Model) -> list[list[str]]:
    """The layers whose channels can be scaled, in groups that must be scaled alike.

    Pictures, gates and what is joined or normalized are not among them.
    """
    group: dict[str, set[str]] = {layer.name: {layer.name} for layer in model.layers}
    fixed = {tensor._keras_history.layer.name for tensor in model.outputs}
    for layer in model.layers:
        names = [one.name for one in feeds(layer)]
        if _passes(layer):
            together = set().union(group[layer.name], *(group[name] for name in names))
            group.update(dict.fromkeys(together, together))
        elif not _scalable(layer):
            fixed.update(names, [layer.name])
    unique = {id(members): members for members in group.values()}
    return [sorted(members) for members in unique.values() if not members & fixed]


def _passes(layer) -> bool:
    kind = isinstance(layer, PASSING) or (isinstance(layer, layers.Activation) and function(layer) in HOMOGENEOUS)
    kind = kind or (isinstance(layer, layers.ReLU) and layer.max_value is None and layer.threshold == 0)
    return kind and len({one.output.shape[-1] for one in feeds(layer)}) == 1


def _scalable(layer) -> bool:
    """Whether it is a convolution whose kernel may change, and what it gives is in proportion to it."""
    several = getattr(layer, "depth_multiplier", 1) > 1 or getattr(layer, "groups", 1) > 1
    return type(layer) in CHANNELS and layer.trainable and function(layer) in HOMOGENEOUS and not several


def scales(model: tf_keras.Model, seen: Mapping[str, Seen]) -> Scales:
    """The root of how much farther than in the geometric mean a channel reaches, for the channels of each group."""
    found: Scales = {}
    for group in free(model):
        reach = np.max([np.maximum(-seen[name].low, seen[name].high) for name in group], axis=0)
        if not reach.max() > 0:
            continue
        roots = np.sqrt(np.maximum(reach, reach.max() / LARGEST**4))
        of_channels = np.clip(roots / np.exp(np.log(roots).mean()), 1 / LARGEST, LARGEST)
        found.update(dict.fromkeys(group, of_channels.tolist()))
    return found


def apply(model: tf_keras.Model, by: Scales) -> None:
    """Divides the channels of `model` by these scales of its own; its picture stays what it was."""
    for layer in model.layers:
        if type(layer) not in CHANNELS:
            continue
        variable = layer.depthwise_kernel if isinstance(layer, layers.DepthwiseConv2D) else layer.kernel
        kernel = variable.numpy().astype(np.float64)
        goes_in, comes_out = CHANNELS[type(layer)]
        (read,) = feeds(layer)
        if read.name in by:
            kernel *= _along(goes_in, by[read.name])
        if layer.name in by:
            kernel /= _along(comes_out, by[layer.name])
            if layer.use_bias:
                layer.bias.assign(layer.bias.numpy() / by[layer.name])
        variable.assign(kernel)


def _along(axis: int, values: list[float]) -> np.ndarray:
    """The values along one of a kernel's four axes."""
    return np.reshape(values, [-1 if place == axis else 1 for place in range(4)])
