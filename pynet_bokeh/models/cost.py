"""What a network costs: parameters and multiply-accumulates, from the graph alone."""

import dataclasses
import math

import tf_keras

from pynet_bokeh.models import registry


@dataclasses.dataclass(frozen=True)
class LevelCost:
    """Cost of everything that leads to one level's picture.

    Attributes:
      level: 7 (coarsest) to 1.
      parameters: trainable scalars.
      macs: multiply-accumulates of convolutions for one picture (biases, blends and resizes not counted).
    """

    level: int
    parameters: int
    macs: int


def layer_macs(layer) -> int:
    """Multiply-accumulates of one layer of a graph with fixed sizes; 0 for layers that only move or blend."""
    if isinstance(layer, tf_keras.layers.DepthwiseConv2D):
        return math.prod(layer.kernel_size) * math.prod(layer.output.shape[1:])
    if isinstance(layer, tf_keras.layers.Conv2DTranspose):
        return math.prod(layer.kernel_size) * layer.filters * math.prod(layer.input.shape[1:])
    if isinstance(layer, tf_keras.layers.Conv2D):
        return math.prod(layer.kernel_size) * layer.input.shape[-1] * math.prod(layer.output.shape[1:])
    if isinstance(layer, tf_keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    return 0


def model_macs(model: tf_keras.Model) -> int:
    """Multiply-accumulates of a whole graph with fixed sizes, for a batch of one."""
    return sum(layer_macs(layer) for layer in model.layers)


def level_costs(name: str, options: dict | None = None, *, picture_size: tuple[int, int]) -> list[LevelCost]:
    """The cost of each level of network `name`, coarsest first, for level-1 pictures of `picture_size`."""
    network = registry.build(name, options, picture_size=picture_size, batch=1)
    models = {level: network.model(level) for level in sorted(network.pictures, reverse=True)}
    return [LevelCost(level, model.count_params(), model_macs(model)) for level, model in models.items()]
