"""Quantization-aware training: the network as its integer graph will compute it, in a form that gradients pass.

The same layers and variables are used as by the float network, each with its kernel and its output rounded to the steps
that they will have. The ranges are calibrated before and stay: fine-tuning fits the weights to them. Ranges that follow
smaller crops of the training would clip what a wide-open lens needs at the exported size (0.3 dB, pynet_mobile).

Batch normalization behind a convolution needs nothing: the converter folds it into the kernel, each of whose channels
has a scale of its own, and rounding a channel before or after it is multiplied is the same.
"""

import dataclasses
from collections.abc import Collection, Mapping

import numpy as np
import tensorflow as tf
import tf_keras

from export.keras_graph import feeds
from export.ranges import PICTURE, Means, Ranges
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.layers import ChannelMeanMax, DepthToSpace, InstanceNormalization, SpaceToDepth
from pynet_bokeh.models.network import OUTPUT

layers = tf_keras.layers


@dataclasses.dataclass(frozen=True)
class Kernel:
    """How a kind of layer's kernel is rounded: symmetric, with a scale for each channel that comes out.

    Attributes:
      name: the layer's attribute.
      axes: those over which a channel that comes out spreads.
      window: whether every pixel that comes out reads all of axes 0 and 1. A transposed convolution's read some.
    """

    name: str
    axes: tuple[int, ...]
    window: bool = False


KERNELS = {
    layers.Conv2D: Kernel("kernel", (0, 1, 2), window=True),
    layers.DepthwiseConv2D: Kernel("depthwise_kernel", (0, 1), window=True),
    layers.Conv2DTranspose: Kernel("kernel", (0, 1, 3)),
    layers.Dense: Kernel("kernel", (0,)),
}
CORRECTED = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)
WITHOUT_KERNEL = (
    layers.Activation,
    layers.LeakyReLU,
    layers.ReLU,
    layers.Add,
    layers.Subtract,
    layers.Multiply,
    layers.Rescaling,
    layers.AveragePooling2D,
    layers.MaxPooling2D,
    layers.GlobalAveragePooling2D,
    layers.UpSampling2D,
    layers.Concatenate,
    layers.Reshape,
    layers.Dropout,
    layers.BatchNormalization,
    SpaceToDepth,
    DepthToSpace,
    InstanceNormalization,
    ChannelMeanMax,
)


def check(model: tf_keras.Model, floats: Collection[str] = ()) -> None:
    """Raises UserError for a layer, not named in `floats`, that an integer graph can't have."""
    for layer in model.layers:
        known = isinstance(layer, layers.InputLayer) or type(layer) in KERNELS or type(layer) in WITHOUT_KERNEL
        if not known and layer.name not in floats:
            raise UserError(
                f"{layer.name}: no integer form is known for layers of kind {type(layer).__name__}; "
                "keep_float.layers of a recipe keeps it float"
            )


def simulate(
    model: tf_keras.Model, ranges: Ranges, *, floats: Collection[str] = (), rounded: Collection[str] | None = None
) -> tf_keras.Model:
    """`model` as its 8-bit graph computes it, with the same inputs, output and variables: training it trains `model`.

    Args:
      ranges: of calibrate, by layer.
      floats: the layers that stay float; what they give is rounded for those that don't. The picture is in any case.
      rounded: the layers whose output is rounded, those that the .tflite has operators of; all without it.

    Raises UserError for a layer that can't be quantized.
    """
    check(model, floats)

    def wrap(layer):
        kernel = None if layer.name in floats else KERNELS.get(type(layer))
        made = layer.name not in floats and (rounded is None or layer.name in rounded)
        return Rounded(
            layer,
            kernel,
            inputs=[_read_over(one, ranges, floats, integer=layer.name not in floats) for one in feeds(layer)],
            output=ranges[layer.name] if made or layer.name == OUTPUT else None,
            name=layer.name,
        )

    return tf_keras.models.clone_model(model, clone_function=wrap)


def _read_over(layer, ranges: Ranges, floats: Collection[str], *, integer: bool) -> tuple[float, float] | None:
    """The range over which what `layer` gives is rounded where it is read, by an integer layer or another: an input of
    the network for all, what a float layer gives for integer ones alone."""
    if isinstance(layer, layers.InputLayer):
        return PICTURE
    return ranges[layer.name] if integer and layer.name in floats else None


def corrected_biases(model: tf_keras.Model, means: Means, *, floats: Collection[str] = ()) -> dict[str, np.ndarray]:
    """The biases by layer without what rounding the kernel adds to the mean of the output on the calibration pictures.

    Bias correction, with measured means (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
    Correction", arXiv 1906.04721, §4.2). Zeros around a picture are not counted, nor are transposed convolutions.
    """
    found = {}
    for layer in model.layers:
        if layer.name in floats or type(layer) not in CORRECTED or not layer.use_bias:
            continue
        kernel = getattr(layer, KERNELS[type(layer)].name)
        lost = (kernel - rounded_kernel(kernel, KERNELS[type(layer)])).numpy()
        read = np.asarray(means[feeds(layer)[0].name])
        if isinstance(layer, layers.DepthwiseConv2D):
            change = (lost.sum(axis=(0, 1)) * read[:, None]).reshape(-1)
        else:
            change = np.tensordot(read, lost.reshape(-1, *lost.shape[-2:]).sum(axis=0), axes=1)
        found[layer.name] = (layer.bias.numpy() + change).astype(np.float32)
    return found


def assign_biases(model: tf_keras.Model, biases: Mapping[str, np.ndarray]) -> None:
    """Gives the layers those biases."""
    for name, values in biases.items():
        model.get_layer(name).bias.assign(values)


class Rounded(layers.Layer):
    """Calls `layer` with its kernel rounded; rounds what it reads to 256 steps over each range of `inputs`, and what it
    gives over `output`, where there is one."""

    def __init__(self, layer, kernel: Kernel | None, *, inputs: list, output, **options):
        super().__init__(**options)
        self.layer, self._kernel, self._inputs, self._output = layer, kernel, inputs, output

    def call(self, inputs, training=None):
        flat = [
            over(value, *pair) if pair else value
            for value, pair in zip(tf.nest.flatten(inputs), self._inputs, strict=True)
        ]
        inputs = tf.nest.pack_sequence_as(inputs, flat)
        options = {"training": training} if isinstance(self.layer, layers.Dropout) else {}
        attributes, kernel = vars(self.layer), None
        if self._kernel:
            kernel = attributes[self._kernel.name]
            attributes[self._kernel.name] = rounded_kernel(kernel, self._kernel)  # past Keras's tracking, for this call
        try:
            value = self.layer.call(inputs, **options)
        finally:
            if self._kernel:
                attributes[self._kernel.name] = kernel
        return value if self._output is None else over(value, *self._output)


def over(values, low: float, high: float):
    """Rounds to 256 steps over a range that is moved a little so that 0 is a step; what lies outside gets its ends."""
    return tf.quantization.fake_quant_with_min_max_args(values, min=low, max=high)


def rounded_kernel(kernel, how: Kernel):
    """Rounds each channel of a kernel to −127 … 127 steps up to its largest weight; the gradient passes unchanged.

    The sum over a window, which is what an even surface sees, is rounded as a whole: where the weights' own rounding
    leaves it more than half a step off, those nearest to half-way go the other way (Guo et al., "SQuant", ICLR 2022,
    arXiv 2202.07471, there with the sums over all that a channel reads as well). Pictures pass through such kernels: an
    even error of half a step of 255 in all of a sky is worse than one from pixel to pixel, which averages out.
    """
    step = tf.maximum(tf.reduce_max(tf.abs(kernel), axis=how.axes, keepdims=True) / 127, 1e-12)
    steps = kernel / step
    rounded = tf.round(steps)
    if how.window and kernel.shape[0] * kernel.shape[1] > 1:
        off = tf.reshape(steps - rounded, (-1, *kernel.shape[2:]))
        missing = tf.round(tf.reduce_sum(off, axis=0))
        nearest = tf.argsort(tf.argsort(off * tf.sign(missing), axis=0, direction="DESCENDING"), axis=0)
        moved = tf.where(tf.cast(nearest, missing.dtype) < tf.abs(missing), tf.sign(missing), 0)
        rounded += tf.reshape(moved, kernel.shape)
    return kernel + tf.stop_gradient(rounded * step - kernel)
