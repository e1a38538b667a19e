"""PyNET-Bokeh (Ignatov, Patel, Timofte: Rendering Natural Camera Bokeh Effect with Deep Learning, CVPRW 2020)."""

import dataclasses

import tf_keras

from pynet_bokeh.errors import UserError
from pynet_bokeh.models import sizes
from pynet_bokeh.models.layers import InstanceNormalization, SpaceToDepth
from pynet_bokeh.models.network import Network, join, make_inputs

INPUT_SCALE = 2  # the network reads the photo at half its size and draws level 1 at full size
SIZE_MULTIPLE = sizes.PYRAMID  # of the picture: half for the input, two for space-to-depth, sixteen for four poolings
NORMALIZED_LEVELS = (7, 6, 5, 4)


@dataclasses.dataclass(frozen=True)
class Config:
    """The paper's network by default.

    Attributes:
      width: multiplies the number of feature maps of every level (512 … 32, and 8 at level 2).
      max_kernel: largest kernel of any branch, 3, 5, 7 or 9; a block has one branch per kernel from 3 on, so a smaller
        one makes blocks narrower. A residual connection whose ends no longer match is left out.
      extra: the fourth channel, `depth` as published, `focus`, or None for RGB only.
    """

    width: float = 1.0
    max_kernel: int = 9
    extra: str | None = "depth"

    def __post_init__(self):
        if not 0 < self.width <= 4:
            raise UserError(f"pynet width: more than 0 and at most 4 is allowed; received {self.width}")
        if self.max_kernel not in (3, 5, 7, 9):
            raise UserError(f"pynet max_kernel: 3, 5, 7 or 9 is allowed; received {self.max_kernel}")

    def maps(self, level: int) -> int:
        """Feature maps per branch of a level: 512 at level 7, halved at each finer one, 8 at level 2, 3 at level 1."""
        published = {1: 3, 2: 8}.get(level, 4 * 2**level)
        return 3 if level == 1 else max(1, round(published * self.width))


class _Builder:
    """Makes the paper's layers with speaking names and remembers them in order of creation."""

    def __init__(self, config: Config):
        self.config = config
        self.layers = []

    def _made(self, layer, tensor):
        self.layers.append(layer)
        return layer(tensor)

    def _convolution(self, x, maps, kernel, name):
        layer = tf_keras.layers.Conv2D(
            maps,
            kernel,
            padding="same",
            kernel_initializer=tf_keras.initializers.TruncatedNormal(stddev=0.01, seed=len(self.layers)),
            bias_initializer=tf_keras.initializers.Constant(0.01),
            name=name,
        )
        return self._made(layer, x)

    def block(self, x, level, number, kernel, *, residual=False):
        """One branch of two convolutions for each kernel 3, 5 … `kernel`, side by side (paper, fig. 3)."""
        branches = []
        for size in range(3, min(kernel, self.config.max_kernel) + 1, 2):
            branch = x
            for convolution in (1, 2):
                name = f"level{level}_block{number}_k{size}_conv{convolution}"
                branch = self._convolution(branch, self.config.maps(level), size, name)
                if level in NORMALIZED_LEVELS:
                    branch = self._made(InstanceNormalization(name=f"{name}_norm"), branch)
                branch = tf_keras.layers.LeakyReLU(0.2, name=f"{name}_lrelu")(branch)
            branches.append(branch)
        out = join(branches, f"level{level}_block{number}_concat")
        if residual and out.shape[-1] == x.shape[-1]:
            out = tf_keras.layers.Add(name=f"level{level}_block{number}_add")([out, x])
        return out

    def upsample(self, x, level, name):
        """Transposed convolution 3×3, stride 2, without bias, to the maps of `level`; LeakyReLU."""
        layer = tf_keras.layers.Conv2DTranspose(
            self.config.maps(level),
            3,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer=tf_keras.initializers.TruncatedNormal(stddev=0.01, seed=len(self.layers)),
            name=name,
        )
        return tf_keras.layers.LeakyReLU(0.2, name=f"{name}_lrelu")(self._made(layer, x))

    def head(self, x, level):
        """3×3 convolution to RGB, and the picture `tanh · 0.58 + 0.5`. Returns both."""
        linear = self._convolution(x, 3, 3, f"level{level}_head")
        squashed = tf_keras.layers.Activation("tanh", name=f"level{level}_head_tanh")(linear)
        return linear, tf_keras.layers.Rescaling(0.58, 0.5, name=f"level{level}_picture")(squashed)


def build(config: Config, *, picture_size=(None, None), batch: int | None = None) -> Network:
    """Builds the seven levels. `picture_size` is that of level 1; height and width divisible by 64."""
    make = _Builder(config)
    inputs = make_inputs(picture_size, input_scale=INPUT_SCALE, extra=config.extra, batch=batch)
    pictures = {}

    encoded = {3: make.block(SpaceToDepth(name="space_to_depth")(join(list(inputs.values()), "input")), 3, 1, 3)}
    for level in (4, 5, 6, 7):
        pooled = tf_keras.layers.MaxPooling2D(name=f"level{level}_pool")(encoded[level - 1])
        encoded[level] = make.block(pooled, level, 1, 3)

    def to_finer(x, level):
        """The two upsamplings that a level makes for the one above, and its picture."""
        a, b = (make.upsample(x, level - 1, f"level{level}_up_{which}") for which in "ab")
        _, pictures[level] = make.head(x, level)
        return a, b

    x = make.block(encoded[7], 7, 2, 3, residual=True)
    x = make.block(x, 7, 3, 3, residual=True)
    x = make.block(x, 7, 4, 3)
    a, b = to_finer(x, 7)

    x = make.block(join([encoded[6], a], "level6_join_a"), 6, 2, 3)
    x = make.block(x, 6, 3, 3, residual=True)
    x = make.block(x, 6, 4, 3, residual=True)
    x = make.block(x, 6, 5, 3)
    x = make.block(join([x, b], "level6_join_b"), 6, 6, 3)
    a, b = to_finer(x, 6)

    x = join([encoded[5], a], "level5_join_a")
    for number in (2, 3, 4):
        x = make.block(x, 5, number, 5, residual=True)
    x = make.block(x, 5, 5, 5)
    x = make.block(join([x, encoded[5], b], "level5_join_b"), 5, 6, 3)
    a, b = to_finer(x, 5)

    x = make.block(join([encoded[4], a], "level4_join_a"), 4, 2, 5)
    x = join([x, encoded[4]], "level4_join_skip1")
    for number in (3, 4, 5):
        x = make.block(x, 4, number, 7, residual=True)
    x = make.block(x, 4, 6, 7)
    x = make.block(join([x, encoded[4]], "level4_join_skip2"), 4, 7, 5)
    x = make.block(join([x, b], "level4_join_b"), 4, 8, 3)
    a, b = to_finer(x, 4)

    x = make.block(join([encoded[3], a], "level3_join_a"), 3, 2, 5)
    x = make.block(join([x, encoded[3]], "level3_join_skip1"), 3, 3, 7)
    x = make.block(x, 3, 4, 9)
    for number in (5, 6, 7):
        x = make.block(x, 3, number, 9, residual=True)
    x = make.block(x, 3, 8, 7)
    x = make.block(join([x, encoded[3]], "level3_join_skip2"), 3, 9, 5)
    x = make.block(join([x, b, encoded[3]], "level3_join_b"), 3, 10, 3)
    _, pictures[3] = make.head(x, 3)

    linear, pictures[2] = make.head(make.upsample(x, 2, "level2_up"), 2)
    _, pictures[1] = make.head(make.upsample(linear, 1, "level1_up"), 1)
    return Network("pynet", config, inputs, pictures, tuple(make.layers), INPUT_SCALE)
