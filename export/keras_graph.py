"""Which layers a layer of a Keras network reads, and what it computes."""

import tensorflow as tf
import tf_keras


def feeds(layer) -> list:
    """The layers that a layer reads."""
    tensors = [] if isinstance(layer, tf_keras.layers.InputLayer) else tf.nest.flatten(layer.input)
    return [tensor._keras_history.layer for tensor in tensors]


def activation(layer) -> str | None:
    """The function of an Activation layer."""
    return function(layer) if isinstance(layer, tf_keras.layers.Activation) else None


def function(layer) -> str | None:
    """The name of the function that a layer applies to what it computes; None where it has no such attribute."""
    applied = getattr(layer, "activation", None)
    return tf_keras.activations.serialize(applied) if applied else None
