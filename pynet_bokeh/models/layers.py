"""The layers that tf_keras does not have."""

import tensorflow as tf
import tf_keras


@tf_keras.utils.register_keras_serializable("pynet_bokeh")
class SpaceToDepth(tf_keras.layers.Layer):
    """Moves each block×block square of pixels into the channels: [B,H,W,C] -> [B,H/block,W/block,C·block²]."""

    def __init__(self, block: int = 2, **kwargs):
        super().__init__(**kwargs)
        self.block = block

    def call(self, inputs):
        return tf.nn.space_to_depth(inputs, self.block)

    def get_config(self):
        return {**super().get_config(), "block": self.block}


@tf_keras.utils.register_keras_serializable("pynet_bokeh")
class DepthToSpace(SpaceToDepth):
    """The way back: [B,h,w,C·block²] -> [B,h·block,w·block,C]."""

    def call(self, inputs):
        return tf.nn.depth_to_space(inputs, self.block)


STATISTICS = ("mean", "sum")


@tf_keras.utils.register_keras_serializable("pynet_bokeh")
class InstanceNormalization(tf_keras.layers.Layer):
    """Normalizes each picture's each channel over H and W, then scales and shifts (Ulyanov et al., arXiv 1607.08022).

    [B,H,W,C] -> [B,H,W,C], in float32: the deviation from the mean divided by the root of `epsilon` plus the variance
    or, with the statistic "sum", plus the sum of squared deviations: the output's standard deviation is then
    1/sqrt(H·W), not 1. The square is written as a product because SQUARED_DIFFERENCE has no int16x8 kernel in LiteRT.
    Variables, where `affine`: `shift` [C], then `scale` [C], the published order.
    """

    def __init__(self, epsilon: float = 1e-3, *, affine: bool = True, statistic: str = "mean", **kwargs):
        super().__init__(**kwargs)
        if statistic not in STATISTICS:
            raise ValueError(f"statistic: {', '.join(STATISTICS)} are allowed; received {statistic!r}")
        self.epsilon = epsilon
        self.affine = affine
        self.statistic = statistic

    def build(self, input_shape):
        channels = (input_shape[-1],)
        if self.affine:
            self.shift = self.add_weight("shift", channels, initializer="zeros")
            self.scale = self.add_weight("scale", channels, initializer="ones")
        super().build(input_shape)

    def call(self, inputs):
        deviation = inputs - tf.reduce_mean(inputs, axis=(1, 2), keepdims=True)
        reduce = tf.reduce_mean if self.statistic == "mean" else tf.reduce_sum
        factor = tf.math.rsqrt(reduce(deviation * deviation, axis=(1, 2), keepdims=True) + self.epsilon)
        return deviation * (factor * self.scale) + self.shift if self.affine else deviation * factor

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "affine": self.affine,
            "statistic": self.statistic,
        }


@tf_keras.utils.register_keras_serializable("pynet_bokeh")
class ChannelMeanMax(tf_keras.layers.Layer):
    """The mean and the maximum over the channels, what spatial attention looks at: [B,H,W,C] -> [B,H,W,2]."""

    def call(self, inputs):
        mean = tf.reduce_mean(inputs, axis=-1, keepdims=True)
        return tf.concat([mean, tf.reduce_max(inputs, axis=-1, keepdims=True)], axis=-1)
