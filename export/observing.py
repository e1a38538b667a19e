"""What the layers of a network hold on real pictures: extremes and means of each channel."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tf_keras

from pynet_bokeh.errors import UserError


@dataclasses.dataclass(frozen=True)
class Seen:
    """Of one layer's output, by channel [C]: lowest and highest value on all pictures, and the mean."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray

    def divided(self, scales: np.ndarray) -> "Seen":
        """The same where each channel is divided by its scale above 0."""
        return Seen(self.low / scales, self.high / scales, self.mean / scales)


def observe(model: tf_keras.Model, pictures: Sequence[Mapping]) -> dict[str, Seen]:
    """What every layer gives, by its name.

    Args:
      model: the float network at the size it will have: a blur's width in pixels goes with it.
      pictures: inputs by name; at least one, each as large as the model's.

    Raises UserError for no picture, for one of another size or with other inputs, and for numbers that are not finite.
    """
    if not pictures:
        raise UserError("calibration: at least one picture is needed; received none")
    inner = tf_keras.Model(model.inputs, {layer.name: layer.output for layer in model.layers})

    @tf.function
    def look(inputs):
        found = {}
        for name, values in inner(inputs, training=False).items():
            axes = range(len(values.shape) - 1)
            found[name] = tf.reduce_min(values, axes), tf.reduce_max(values, axes), tf.reduce_mean(values, axes)
        return found

    seen: dict[str, Seen] = {}
    for number, picture in enumerate(pictures):
        _check(model, picture, number)
        for name, values in look(dict(picture)).items():
            low, high, mean = (value.numpy().astype(np.float64) for value in values)
            if not np.isfinite([low, high]).all():
                raise UserError(f"calibration: {name} gives numbers that are not finite on picture {number}")
            mean /= len(pictures)
            before = seen.get(name, Seen(low, high, np.zeros_like(mean)))
            seen[name] = Seen(np.minimum(before.low, low), np.maximum(before.high, high), before.mean + mean)
    return seen


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
