"""The same training twice gives the same numbers: what is drawn at random comes from the recipe's seed and goes on
where a checkpoint stood, and sums are added up in one order.

Initialisers draw once, before the first step. Dropout draws at every step: out of the box tf_keras keeps the state of
that in the operator, where no checkpoint sees it, and a resumed training would see other masks.
"""

import contextlib
from collections.abc import Iterator

import tensorflow as tf
import tf_keras


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Networks built inside get their initial values from `seed`, and dropout whose state `generators` finds."""
    switch = tf_keras.backend.experimental
    before = switch.is_tf_random_generator_enabled()
    tf_keras.utils.set_random_seed(seed)
    switch.enable_tf_random_generator()
    try:
        yield
    finally:
        if not before:
            switch.disable_tf_random_generator()


@contextlib.contextmanager
def one_order() -> Iterator[None]:
    """Steps run inside compute the same bits in every process, on a CPU with the same number of threads.

    TensorFlow's graph optimiser walks a step's graph in an order that goes by memory addresses, and rewrites it so that
    sums are added up in another order each time; Adam with a beta_1 of 0 makes of a gradient's sign, however small the
    gradient, a step. Nothing measured gets slower or takes more memory without that optimiser. With a GPU it stays: it
    chooses the layout there, and many of a GPU's own kernels don't repeat.
    """
    options = tf.config.optimizer
    before = options.get_experimental_options().get("disable_meta_optimizer", False)
    options.set_experimental_options({"disable_meta_optimizer": before or not tf.config.list_physical_devices("GPU")})
    try:
        yield
    finally:
        options.set_experimental_options({"disable_meta_optimizer": before})


def generators(model: tf_keras.Model) -> list[tf.random.Generator]:
    """The random generators of the model's layers, in the order of the layers, for a checkpoint.

    tf_keras leaves them out of its own checkpoints on purpose, so its private attribute is the only way to them.
    """
    holders = (getattr(layer, "_random_generator", None) for layer in model.layers)
    found = (getattr(holder, "_generator", None) for holder in holders)
    return [generator for generator in found if generator is not None]
