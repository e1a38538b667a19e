"""What Glass-Net and Double V-Net share: their blocks and the whole first stage (BGGAN, Qian et al., arXiv 2011.02242).

The choices are those that reproduce the published networks: only residual blocks are normalized, only transposed
convolutions have a bias. Pictures come in and go out in [0,1]; inside, all of it works in [-1,1].
"""

import dataclasses

import tf_keras

from pynet_bokeh.errors import UserError
from pynet_bokeh.models import sizes
from pynet_bokeh.models.layers import InstanceNormalization
from pynet_bokeh.models.network import Network, join

INPUT_SCALE = 1
SIZE_MULTIPLE = sizes.V_NET
NORMALIZATIONS = ("instance", "published")
DROPOUT = 0.1
FIRST_STAGE_MAPS = 16
FIRST_STAGE = "first_stage"


@dataclasses.dataclass(frozen=True)
class Config:
    """Options of both networks; their widths are the published ones by default.

    Attributes:
      normalization: `instance` divides by the standard deviation; `published` by the root of the *sum* of squared
        deviations over H×W, as the published networks do: their weights need it.
      width: multiplies the number of feature maps everywhere.
      extra: the published networks read RGB only; `depth` or `focus` adds a fourth channel to the first convolution.
    """

    normalization: str = "instance"
    width: float = 1.0
    extra: str | None = None

    def __post_init__(self):
        if self.normalization not in NORMALIZATIONS:
            raise UserError(f"normalization: {', '.join(NORMALIZATIONS)} are allowed; received {self.normalization!r}")
        if not 0 < self.width <= 4:
            raise UserError(f"width: more than 0 and at most 4 is allowed; received {self.width}")

    def maps(self, published: int) -> int:
        """Feature maps where the published network has `published`."""
        return max(1, round(published * self.width))


class Builder:
    """Makes the layers of both stages with speaking names and remembers those with variables."""

    def __init__(self, config: Config):
        self.config = config
        self._layers = []

    def _made(self, layer, tensor):
        self._layers.append(layer)
        return layer(tensor)

    def initializer(self):
        """Glorot's, as in the published networks, another seed for each layer."""
        return tf_keras.initializers.GlorotUniform(seed=len(self._layers))

    def convolution(self, x, maps, name, *, kernel=3, strides=1, activation="relu"):
        """A convolution without bias to exactly `maps`, then the activation as a layer of its own."""
        layer = tf_keras.layers.Conv2D(
            maps,
            kernel,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer=self.initializer(),
            name=name,
        )
        x = self._made(layer, x)
        return tf_keras.layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x

    def upsample(self, x, maps, name, *, strides=2):
        """Transposed convolution 4×4 with bias, ReLU."""
        layer = tf_keras.layers.Conv2DTranspose(
            maps, 4, strides=strides, padding="same", kernel_initializer=self.initializer(), name=name
        )
        return tf_keras.layers.Activation("relu", name=f"{name}_relu")(self._made(layer, x))

    def dense(self, x, maps, name, *, activation):
        """A dense layer without bias, then the activation as a layer of its own."""
        layer = tf_keras.layers.Dense(maps, use_bias=False, kernel_initializer=self.initializer(), name=name)
        return tf_keras.layers.Activation(activation, name=f"{name}_{activation}")(self._made(layer, x))

    def _normalize(self, x, name):
        statistic = "sum" if self.config.normalization == "published" else "mean"
        return InstanceNormalization(1e-5, affine=False, statistic=statistic, name=f"{name}_norm")(x)

    def residual(self, x, maps, name, *, shortcut=False):
        """conv, norm, ReLU, dropout, conv, norm, add, ReLU; with `shortcut` the input passes a 1×1 convolution."""
        y = self._normalize(self.convolution(x, maps, f"{name}_conv1", activation=None), f"{name}_conv1")
        y = tf_keras.layers.Activation("relu", name=f"{name}_conv1_relu")(y)
        if shortcut:
            x = self.convolution(x, maps, f"{name}_shortcut", kernel=1, activation=None)
        y = tf_keras.layers.Dropout(DROPOUT, seed=len(self._layers), name=f"{name}_dropout")(y)
        y = self._normalize(self.convolution(y, maps, f"{name}_conv2", activation=None), f"{name}_conv2")
        return tf_keras.layers.Activation("relu", name=f"{name}_relu")(tf_keras.layers.Add(name=f"{name}_add")([y, x]))

    def residuals(self, x, maps, stage):
        """The nine residual blocks at the bottom of a V."""
        for number in range(1, 10):
            x = self.residual(x, maps, f"{stage}_residual{number}")
        return x

    def encoder(self, x, published, stage):
        """A convolution to `published` maps and three of stride 2 to twice as many each. Returns all feature maps."""
        features = []
        for number, factor in enumerate((1, 2, 4, 8), start=1):
            maps, strides = self.config.maps(factor * published), 1 if factor == 1 else 2
            x = self.convolution(x, maps, f"{stage}_encoder{number}", strides=strides)
            features.append(x)
        return features

    def first_stage(self, inputs: dict):
        """The photo and the first stage's picture of it, both [B,H,W,3] in [-1,1]."""
        signed = [
            tf_keras.layers.Rescaling(2.0, -1.0, name=f"{name}_signed")(tensor) for name, tensor in inputs.items()
        ]
        deepest = self.encoder(join(signed, "input"), FIRST_STAGE_MAPS, "stage1")[-1]
        x = self.residuals(deepest, deepest.shape[-1], "stage1")
        x = join([x, deepest], "stage1_join")
        for number, factor in enumerate((4, 2, 1), start=1):
            x = self.upsample(x, self.config.maps(factor * FIRST_STAGE_MAPS), f"stage1_up{number}")
        return signed[0], self.convolution(x, 3, "stage1_head", activation="tanh")

    def with_remainder(self, first, photo):
        """What the second stage reads: the first picture and what the photo has beyond it, [B,H,W,6]."""
        remainder = tf_keras.layers.Subtract(name="stage2_remainder")([photo, first])
        return join([first, remainder], "stage2_input")

    def network(self, name: str, inputs: dict, first, final) -> Network:
        """The finished network from both stages' pictures in [-1,1].

        Its layers are in the published order: all convolutions as they were made, then all transposed ones, then dense.
        """
        kinds = (tf_keras.layers.Conv2D, tf_keras.layers.Conv2DTranspose, tf_keras.layers.Dense)
        return Network(
            name,
            self.config,
            inputs,
            {1: _unsigned(final, "stage2_picture")},
            tuple(layer for kind in kinds for layer in self._layers if type(layer) is kind),
            INPUT_SCALE,
            {FIRST_STAGE: _unsigned(first, "stage1_picture")},
        )


def _unsigned(picture, name):
    return tf_keras.layers.Rescaling(0.5, 0.5, name=name)(picture)
