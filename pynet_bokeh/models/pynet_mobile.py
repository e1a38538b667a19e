"""The phone-sized pyramid: PyNET's stage-by-stage training with a picture at every level, at a phone's price.

Each level takes the coarser level's picture and decides where to bring the photo back, where to blur with a disc, and
what to add:

    base_n    = up(picture_{n+1})                        bilinear, factor 2
    blurred_n = base_n + spread_n · (disc_n(photo_n) − base_n)        at the levels with a disc, 4 and 3
    picture_n = blurred_n + keep_n · (photo_n − blurred_n) + detail_n

`photo_n` is the photo averaged down to the level; `spread`, `keep` (0 … 1) and `detail` come from a light decoder of
depthwise 3×3 and 1×1 convolutions over a stride-2 encoder. There is no normalization, every operator is one that int8
quantization and phone GPUs take, and the full resolution is only read by the first convolution, the averaging and the
last blend: its memory traffic is what a phone pays for.
"""

import dataclasses

import numpy as np
import tf_keras

from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import Network, join, make_inputs

INPUT_SCALE = 1
SIZE_MULTIPLE = 64
ENCODED_LEVELS = (2, 3, 4, 5, 6, 7)
DISC_LEVELS = (4, 3)
DISC_KERNEL = 7


@dataclasses.dataclass(frozen=True)
class Config:
    """Width and input of the pyramid.

    Attributes:
      channels: feature maps of levels 2, 3 … 7.
      extra: the fourth channel: `focus` (1 in focus, 0 not, 0.5 unknown), `depth`, or None for RGB only.
    """

    channels: tuple[int, ...] = (16, 24, 32, 48, 64, 96)
    extra: str | None = "focus"

    def __post_init__(self):
        object.__setattr__(self, "channels", tuple(self.channels))
        if len(self.channels) != len(ENCODED_LEVELS) or not all(isinstance(c, int) and c > 0 for c in self.channels):
            raise UserError(f"pynet_mobile channels: six numbers above 0, for levels 2 to 7; received {self.channels}")

    def maps(self, level: int) -> int:
        """Feature maps of a level from 2 to 7."""
        return self.channels[level - ENCODED_LEVELS[0]]


class _Builder:
    """Makes layers with speaking names and remembers those with variables in order of creation."""

    def __init__(self):
        self.layers = []

    def _made(self, layer, tensor):
        self.layers.append(layer)
        return layer(tensor)

    def convolution(self, x, maps, kernel, name, *, strides=1, activation="relu", initializer="he_normal"):
        if isinstance(initializer, str) and initializer != "zeros":
            initializer = tf_keras.initializers.get({"class_name": initializer, "config": {"seed": len(self.layers)}})
        layer = tf_keras.layers.Conv2D(
            maps,
            kernel,
            strides=strides,
            padding="same",
            activation=activation,
            kernel_initializer=initializer,
            name=name,
        )
        return self._made(layer, x)

    def block(self, x, maps, name):
        """A depthwise 3×3 and a 1×1 convolution around a residual connection where the widths agree."""
        depthwise = tf_keras.layers.DepthwiseConv2D(
            3,
            padding="same",
            depthwise_initializer=tf_keras.initializers.HeNormal(seed=len(self.layers)),
            name=f"{name}_depthwise",
        )
        out = self.convolution(self._made(depthwise, x), maps, 1, f"{name}_pointwise")
        return tf_keras.layers.Add(name=f"{name}_add")([out, x]) if x.shape[-1] == maps else out

    def gate(self, x, kernel, name, *, initializer="zeros"):
        """Three numbers from 0 to 1 a pixel. The sigmoid is a layer of its own: QAT then sees the range before it."""
        logits = self.convolution(x, 3, kernel, name, activation=None, initializer=initializer)
        return tf_keras.layers.Activation("sigmoid", name=f"{name}_gate")(logits)

    def disc(self, picture, name):
        """A learnable depthwise blur of the picture that starts as a disc of radius 3."""
        distance = np.hypot(*np.mgrid[-3:4, -3:4])
        disc = np.clip(3.5 - distance, 0, 1)
        kernel = np.repeat((disc / disc.sum())[..., None, None], 3, axis=2)
        layer = tf_keras.layers.DepthwiseConv2D(
            DISC_KERNEL,
            padding="same",
            use_bias=False,
            depthwise_initializer=tf_keras.initializers.Constant(kernel),
            name=name,
        )
        return self._made(layer, picture)


def _blend(base, picture, gate, name):
    """base + gate · (picture − base)"""
    difference = tf_keras.layers.Subtract(name=f"{name}_difference")([picture, base])
    gated = tf_keras.layers.Multiply(name=f"{name}_gated")([gate, difference])
    return tf_keras.layers.Add(name=f"{name}_blend")([base, gated])


def _up(x, name):
    return tf_keras.layers.UpSampling2D(interpolation="bilinear", name=name)(x)


def build(config: Config, *, picture_size=(None, None), batch: int | None = None) -> Network:
    """Builds the seven levels for pictures of `picture_size`, height and width divisible by 64."""
    make = _Builder()
    inputs = make_inputs(picture_size, input_scale=INPUT_SCALE, extra=config.extra, batch=batch)
    photos = {1: inputs["image"]}
    encoded = {1: join(list(inputs.values()), "input")}
    for level in ENCODED_LEVELS:
        photos[level] = tf_keras.layers.AveragePooling2D(name=f"level{level}_photo")(photos[level - 1])
        encoded[level] = make.convolution(encoded[level - 1], config.maps(level), 3, f"level{level}_encoder", strides=2)

    pictures = {}
    x = encoded[7]
    for level in reversed(ENCODED_LEVELS):
        name = f"level{level}"
        maps = config.maps(level)
        if level < 7:
            lifted = _up(make.convolution(x, maps, 1, f"{name}_lift"), f"{name}_lift_up")
            x = tf_keras.layers.Add(name=f"{name}_skip")([lifted, encoded[level]])
        x = make.block(make.block(x, maps, f"{name}_block1"), maps, f"{name}_block2")

        detail = make.convolution(x, 3, 1, f"{name}_detail", activation=None, initializer="zeros")
        if level == 7:
            pictures[7] = tf_keras.layers.Add(name="level7_picture")([photos[7], detail])
            continue
        base = _up(pictures[level + 1], f"{name}_base")
        if level in DISC_LEVELS:
            spread = make.gate(x, 1, f"{name}_spread")
            base = _blend(base, make.disc(photos[level], f"{name}_disc"), spread, f"{name}_spread")
        keep = make.gate(x, 1, f"{name}_keep")
        kept = _blend(base, photos[level], keep, f"{name}_keep")
        pictures[level] = tf_keras.layers.Add(name=f"{name}_picture")([kept, detail])

    keep = make.gate(x, 3, "level1_keep", initializer="he_normal")
    pictures[1] = _blend(_up(pictures[2], "level1_base"), photos[1], _up(keep, "level1_keep_up"), "level1_keep")
    return Network("pynet_mobile", config, inputs, pictures, tuple(make.layers), INPUT_SCALE)
