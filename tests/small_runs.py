"""Runs small enough for tests, finished without training."""

import numpy as np
import tf_keras

from pynet_bokeh import weights
from pynet_bokeh.models import registry
from pynet_bokeh.training import journal
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.run import open_or_create

SMALL = ["data.crop=[64, 64]", "data.scene_size=[64, 64]", "data.validation_crop=[64, 64]"]


def lively(network, *, seed=0, spread=0.05):
    """Moves the variables off their initial values, so that every gate and head does something.

    A deep network without shortcuts draws next to nothing then. With `spread` None each kernel keeps the variance of
    what it reads.
    """
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        for variable in layer.trainable_variables:
            noise = rng.normal(0, spread or 0.05, variable.shape)
            if spread is None and len(variable.shape) == 4:
                *sides, maps_in, maps_out = variable.shape
                transposed = isinstance(layer, tf_keras.layers.Conv2DTranspose)  # its kernel is [k, k, out, in]
                read = np.prod(sides) * (maps_out / np.prod(layer.strides) if transposed else maps_in)
                noise *= np.sqrt(1 / read) / 0.05
            variable.assign_add(noise.astype(np.float32))
    return network


def finished_run(folder, *settings, spread=0.05, data=None):
    """A run whose seven levels are finished, with lively weights instead of trained ones; `data` are DataSettings'."""
    run = open_or_create(folder, recipes.load("smoke", [*SMALL, *settings]), {"seed": 1, **(data or {})})
    run.save()
    # Not the first seed: its encoders reach farther on photos than on the scenes that integers are calibrated on.
    network = lively(registry.build(run.recipe.network, run.recipe.network_config), seed=3, spread=spread)
    for level in network.pictures:
        weights.save(network.variables(level), run.weights(level))
    return run


def cut_after(batches, count, end):
    """`batches`, a function that yields them, with `end` raised in the place of number `count`."""

    def cut(*arguments, **options):
        for number, batch in enumerate(batches(*arguments, **options)):
            if number == count:
                raise end("cut")
            yield batch

    return cut


def numbers_of(run, level):
    """What a level's journal says, without what the clock said: equal in equal trainings."""
    clocks = ("seconds", "waited")
    return [
        {name: value for name, value in record.items() if name not in clocks}
        for record in journal.read(run.level_folder(level))
    ]


def weights_of(run, level):
    """A finished level's arrays by name."""
    with np.load(run.weights(level)) as file:
        return dict(file)


def assert_same_weights(one, other, level):
    """Bit by bit."""
    ours, theirs = weights_of(one, level), weights_of(other, level)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        np.testing.assert_array_equal(theirs[name], values, err_msg=name)
