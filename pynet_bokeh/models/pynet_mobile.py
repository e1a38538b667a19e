"""The phone-sized pyramid: PyNET's stage-by-stage training with a picture at every level, at a phone's price.

Every level takes the coarser level's picture and decides where to bring the photo back, where to blur with a disc, and
what to add. A second, coarse-to-fine picture is kept beside it: the photo without the subject, filled in from further
away, so that what is blurred holds no colour of the subject (push-pull, Gortler et al., "The Lumigraph", 1996, §3.4):

    picture_7 = photo_7 + detail_7, behind_7 = photo_7
    behind_n  = photo_n + subject_n · (up(behind_{n+1}) − photo_n)            levels 6 to 3
    base_n    = up(picture_{n+1})                                             bilinear, factor 2
    blurred_n = base_n, then for each of the level's discs in turn
                blurred_n + spread_n · (disc_n(behind_n) − blurred_n)         levels 6 to 3
    picture_n = blurred_n + keep_n · (photo_n − blurred_n) + detail_n         without detail at level 1

`photo_n` is the photo averaged down to the level; the gates `subject`, `spread`, `keep` (0 … 1) and `detail` come from
a light decoder of depthwise and 1×1 convolutions over a stride-2 encoder. `subject` is also what the network takes for
being in focus: training shows it the true one, whether the focus input told it or not.

Memory traffic at full resolution is what a phone pays for. Here the photo is read once into blocks of 2×2 pixels (12
channels at half the size), and the full-resolution picture is a blend of such blocks, so nothing is ever resized or
convolved at full resolution. There is no normalization; every operator is one that int8 and phone GPUs take.
"""

import dataclasses

import numpy as np
import tf_keras

from pynet_bokeh.errors import UserError
from pynet_bokeh.models import sizes
from pynet_bokeh.models.layers import DepthToSpace, SpaceToDepth
from pynet_bokeh.models.network import STRENGTH, Network, join, make_inputs

INPUT_SCALE = 1
SIZE_MULTIPLE = sizes.PYRAMID
ENCODED_LEVELS = (3, 4, 5, 6, 7)
SUBJECT_LEVELS = (6, 5, 4, 3)
DISCS = {6: (1.3,), 5: (2.5,), 4: (1.8, 3.3), 3: (2.2,)}
"""Radii, in the level's pixels, that its discs begin with."""
DISC_KERNEL = 7


@dataclasses.dataclass(frozen=True)
class Size:
    """Feature maps of levels 2, 3 … 7, and the decoder's blocks at levels 3 to 7."""

    channels: tuple[int, ...]
    blocks: int


SIZES = {
    "S": Size((8, 16, 24, 32, 48, 64), 1),
    "M": Size((16, 24, 40, 72, 112, 144), 3),
    "L": Size((24, 40, 64, 96, 128, 160), 3),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Width and inputs of the pyramid.

    Attributes:
      size: S, M or L.
      channels: feature maps of levels 2, 3 … 7; None takes those of the size.
      blocks: the decoder's at levels 3 to 7; None takes those of the size.
      extra: the fourth channel: `focus` (1 in focus, 0 not, 0.5 unknown), `depth`, or None for RGB only.
      strength: whether there is an input for how wide the lens is open.
    """

    size: str = "M"
    channels: tuple[int, ...] | None = None
    blocks: int | None = None
    extra: str | None = "focus"
    strength: bool = True

    def __post_init__(self):
        if self.size not in SIZES:
            raise UserError(f"pynet_mobile size: {', '.join(SIZES)} are known; received {self.size!r}")
        if not isinstance(self.strength, bool):
            raise UserError(f"pynet_mobile strength: true or false is allowed; received {self.strength!r}")
        size = SIZES[self.size]
        channels = size.channels if self.channels is None else tuple(self.channels)
        if len(channels) != len(size.channels) or not all(isinstance(c, int) and c > 0 for c in channels):
            raise UserError(f"pynet_mobile channels: six numbers above 0, for levels 2 to 7; received {channels}")
        blocks = size.blocks if self.blocks is None else self.blocks
        if not isinstance(blocks, int) or blocks < 1:
            raise UserError(f"pynet_mobile blocks: a number above 0 is wanted; received {blocks!r}")
        object.__setattr__(self, "channels", channels)
        object.__setattr__(self, "blocks", blocks)

    def maps(self, level: int) -> int:
        """Feature maps of a level from 2 to 7."""
        return self.channels[level - 2]


class _Builder:
    """Makes layers with speaking names and remembers those with variables in order of creation."""

    def __init__(self):
        self.layers = []

    def _made(self, layer, tensor):
        self.layers.append(layer)
        return layer(tensor)

    def convolution(self, x, maps, kernel, name, *, strides=1, activation="relu", initializer="he_normal"):
        if initializer == "he_normal":
            initializer = tf_keras.initializers.HeNormal(seed=len(self.layers))
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

    def block(self, x, maps, kernel, name):
        """A depthwise and a 1×1 convolution, and the input added where the widths agree."""
        depthwise = tf_keras.layers.DepthwiseConv2D(
            kernel,
            padding="same",
            depthwise_initializer=tf_keras.initializers.HeNormal(seed=len(self.layers)),
            name=f"{name}_depthwise",
        )
        out = self.convolution(self._made(depthwise, x), maps, 1, f"{name}_pointwise")
        return tf_keras.layers.Add(name=f"{name}_add")([out, x]) if x.shape[-1] == maps else out

    def gate(self, x, maps, name):
        """Numbers from 0 to 1. The sigmoid is a layer of its own: QAT then sees the range before it."""
        logits = self.convolution(x, maps, 1, name, activation=None, initializer="zeros")
        return tf_keras.layers.Activation("sigmoid", name=f"{name}_gate")(logits)

    def averaged_blocks(self, blocks, name):
        """Blocks of 2×2 pixels [B,h,w,12] to their means [B,h,w,3]."""
        kernel = tf_keras.initializers.Constant(np.tile(np.eye(3), (4, 1))[None, None] / 4)
        return tf_keras.layers.Conv2D(3, 1, use_bias=False, kernel_initializer=kernel, trainable=False, name=name)(
            blocks
        )

    def halved(self, picture, name):
        """Means of 2×2 pixels. A pooling would be the same, but XNNPACK leaves pooling in int8 to slower kernels."""
        mean = tf_keras.initializers.Constant(0.25)
        return tf_keras.layers.DepthwiseConv2D(
            2, strides=2, use_bias=False, depthwise_initializer=mean, trainable=False, name=name
        )(picture)

    def disc(self, picture, radius, name):
        """A learnable depthwise blur of the picture that starts as a disc."""
        distance = np.hypot(*np.mgrid[-3:4, -3:4])
        disc = np.clip(radius + 0.5 - distance, 0, 1)
        kernel = np.repeat((disc / disc.sum())[..., None, None], 3, axis=2)
        layer = tf_keras.layers.DepthwiseConv2D(
            DISC_KERNEL,
            padding="same",
            use_bias=False,
            depthwise_initializer=tf_keras.initializers.Constant(kernel),
            name=name,
        )
        return self._made(layer, picture)

    def doubled(self, picture, name):
        """[B,h,w,3] to blocks of 2×2 pixels of twice the size, [B,h,w,12]: learnable, bilinear at first."""
        near, far = 0.75, 0.25
        kernel = np.zeros((3, 3, 3, 2, 2, 3))
        for row in range(2):
            for column in range(2):
                down, across = np.zeros(3), np.zeros(3)
                down[[1, 2 * row]], across[[1, 2 * column]] = (near, far), (near, far)
                for channel in range(3):
                    kernel[:, :, channel, row, column, channel] = np.outer(down, across)
        initializer = tf_keras.initializers.Constant(kernel.reshape(3, 3, 3, 12))
        return self.convolution(picture, 12, 3, name, activation=None, initializer=initializer)


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
    inputs = make_inputs(
        picture_size, input_scale=INPUT_SCALE, extra=config.extra, strength=config.strength, batch=batch
    )
    blocks = SpaceToDepth(name="level1_blocks")(inputs["image"])
    photos = {2: make.averaged_blocks(blocks, "level2_photo")}
    for level in ENCODED_LEVELS:
        photos[level] = make.halved(photos[level - 1], f"level{level}_photo")
    seen = [blocks]
    if config.extra:
        seen.append(SpaceToDepth(name=f"level1_{config.extra}_blocks")(inputs[config.extra]))
    encoded = {2: join(seen, "level2_input")}
    for level in ENCODED_LEVELS:
        encoded[level] = make.convolution(encoded[level - 1], config.maps(level), 3, f"level{level}_encoder", strides=2)
    opening = make.convolution(inputs[STRENGTH], 16, 1, "level7_opening") if config.strength else None

    pictures, subjects = {}, {}
    x = behind = None
    for level in reversed(ENCODED_LEVELS):
        name, maps = f"level{level}", config.maps(level)
        parts = [encoded[level]]
        if level < 7:
            parts.append(_up(make.convolution(x, maps, 1, f"{name}_lift"), f"{name}_lift_up"))
        if config.strength:
            parts.append(make.convolution(opening, maps, 1, f"{name}_strength", activation=None))
        x = parts[0]
        for part, kind in zip(parts[1:], ("skip", "opened"), strict=False):
            x = tf_keras.layers.Add(name=f"{name}_{kind}")([x, part])
        for number in range(config.blocks):
            x = make.block(x, maps, 5 if level >= 6 else 3, f"{name}_block{number + 1}")

        detail = make.convolution(x, 3, 1, f"{name}_detail", activation=None, initializer="zeros")
        if level == 7:
            pictures[7] = tf_keras.layers.Add(name="level7_picture")([photos[7], detail])
            behind = photos[7]
            continue
        subjects[level] = make.gate(x, 3, f"{name}_subject")
        behind = _blend(photos[level], _up(behind, f"{name}_behind_up"), subjects[level], f"{name}_behind")
        picture = _up(pictures[level + 1], f"{name}_base")
        for number, radius in enumerate(DISCS.get(level, ())):
            disc = f"{name}_disc{number + 1}"
            spread = make.gate(x, 3, f"{disc}_spread")
            picture = _blend(picture, make.disc(behind, radius, disc), spread, f"{disc}_spread")
        kept = _blend(picture, photos[level], make.gate(x, 3, f"{name}_keep"), f"{name}_keep")
        pictures[level] = tf_keras.layers.Add(name=f"{name}_picture")([kept, detail])

    maps = config.maps(2)
    lifted = _up(make.convolution(x, maps, 1, "level2_lift", activation=None), "level2_lift_up")
    x = make.convolution(encoded[2], maps, 1, "level2_encoder", activation=None)
    x = make.block(tf_keras.layers.Add(name="level2_skip")([x, lifted]), maps, 3, "level2_block1")
    detail = make.convolution(x, 3, 1, "level2_detail", activation=None, initializer="zeros")
    kept = _blend(_up(pictures[3], "level2_base"), photos[2], make.gate(x, 3, "level2_keep"), "level2_keep")
    pictures[2] = tf_keras.layers.Add(name="level2_picture")([kept, detail])

    kept = _blend(make.doubled(pictures[2], "level1_base"), blocks, make.gate(x, 12, "level1_keep"), "level1_keep")
    pictures[1] = DepthToSpace(name="level1_picture")(kept)
    found = {level: subjects[max(level, min(SUBJECT_LEVELS))] for level in range(1, max(SUBJECT_LEVELS) + 1)}
    return Network("pynet_mobile", config, inputs, pictures, tuple(make.layers), INPUT_SCALE, subjects=found)
