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
class InstanceNormalization(tf_keras.layers.Layer):
    """Normalizes each picture's each channel over H and W, then scales and shifts (Ulyanov et al., arXiv 1607.08022).

    [B,H,W,C] -> [B,H,W,C], in float32. The variance is written as the mean of a product because SQUARED_DIFFERENCE has
    no int16x8 kernel in LiteRT. Variables: `shift` [C], then `scale` [C], the published order.
    """

    def __init__(self, epsilon: float = 1e-3, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        channels = (input_shape[-1],)
        self.shift = self.add_weight("shift", channels, initializer="zeros")
        self.scale = self.add_weight("scale", channels, initializer="ones")
        super().build(input_shape)

    def call(self, inputs):
        deviation = inputs - tf.reduce_mean(inputs, axis=(1, 2), keepdims=True)
        variance = tf.reduce_mean(deviation * deviation, axis=(1, 2), keepdims=True)
        return deviation * (tf.math.rsqrt(variance + self.epsilon) * self.scale) + self.shift

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}
