"""Adversarial training: a Wasserstein GAN with gradient penalty (Gulrajani et al., arXiv 1704.00028, algorithm 1).

A discriminator D gives every patch of a picture a score, high for photos and low for renderings; the generator G draws
what gets high scores beside what its other losses ask for. With y a target, ŷ = G(x) and ỹ between the two,

    discriminator   mean D(ŷ) − mean D(y) + λ · (|∇ Σ D(ỹ)| − 1)²      averaged over the discriminators
    generator       other losses − weight · mean D(ŷ)                  averaged over the discriminators

Pictures are in [0,1] here. The published networks work in [-1,1], twice as wide, and the gradient's length is measured
there: it is half the one by values in [0,1]. The gradient is of the *sum* of a picture's patch scores, as is usual with
PatchGANs. A picture is then pulled by the discriminators (at weight 1) as strongly as by L1 (at weight 1) when it is
1900 pixels a side, and more strongly in proportion the smaller it is: 4.9 times at 384×384, 1.6 times at 1024×1408.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf
import tf_keras

from pynet_bokeh import losses
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.training import loop, randomness
from pynet_bokeh.training.recipe import AdversarialRecipe, LevelRecipe

SIGNED = 0.5
"""A step of 1 in [-1,1], in pictures in [0,1]."""

TINY = 1e-12  # under the root, whose slope at 0 is infinite


def gradient_penalty(discriminator: Callable, pictures, *, unit: float = 1.0):
    """The mean over pictures [B,H,W,3] of (|∇ Σ discriminator| − 1)², zero where the discriminator's slope is 1.

    `unit` is the step by which the slope is measured, in the pictures' values.
    """
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        scores = discriminator(pictures)
    slopes = tape.gradient(scores, pictures) * unit
    lengths = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=[1, 2, 3]) + TINY)
    return tf.reduce_mean(tf.square(lengths - 1.0))


def between(target, rendered, seed):
    """A random point on the line from each rendering to its target; `seed` is an integer tensor [2]."""
    share = tf.random.stateless_uniform([tf.shape(target)[0], 1, 1, 1], seed)
    return rendered + share * (target - rendered)


class Adversarial:
    """A generator and its discriminators, a batch at a time: `discriminator_steps` steps of the discriminators, each on
    its own part of the batch, then one of the generator on the last part. A loop.Stepper.

    Args:
      generator: takes a dict of inputs, gives `bokeh` [B,H,W,3] and whatever else `loss` looks at.
      discriminators: from [B,H,W,3] in [0,1] to scores [B,h,w,1]; their names are different ones.
      loss: the generator's other losses, `loss(target, outputs) -> (total, {name: value})`.
      schedule: of the generator; the discriminators follow its warm-up and its decay.
      recipe: everything else about the discriminators.
      seed: of the points between rendering and target.
    """

    def __init__(
        self,
        generator: tf_keras.Model,
        discriminators: Sequence[tf_keras.Model],
        loss: Callable,
        *,
        schedule: LevelRecipe,
        recipe: AdversarialRecipe,
        seed: int = 0,
    ):
        self._generator, self._discriminators, self._loss = generator, tuple(discriminators), loss
        self._recipe, self._seed = recipe, seed
        self._generator_adam = loop.optimizer(schedule)
        self._generator_adam.build(self.generator_variables)
        self._discriminator_adam = loop.optimizer(recipe.schedule(schedule))
        self._discriminator_adam.build(self.discriminator_variables)
        self.trackables = {
            "generator": generator,
            "discriminators": {one.name: one for one in discriminators},
            "generator_optimizer": self._generator_adam,
            "discriminator_optimizer": self._discriminator_adam,
        }
        if drawing := randomness.generators(generator):
            self.trackables["randomness"] = drawing

    @property
    def generator_variables(self) -> list:
        """What generator steps change."""
        return self._generator.trainable_variables

    @property
    def discriminator_variables(self) -> list:
        """What discriminator steps change."""
        return [variable for one in self._discriminators for variable in one.trainable_variables]

    @property
    def learning_rate(self):
        return self._generator_adam.learning_rate

    @tf.function
    def step(self, inputs, target):
        """One batch of `discriminator_steps` times the schedule's pictures; returns every loss by name."""
        steps = self._recipe.discriminator_steps
        parts = list(zip(_split(inputs, steps), _split(target, steps), strict=True))
        judged = [self.discriminator_step(*part) for part in parts]
        means = {name: tf.reduce_mean([values[name] for values in judged]) for name in judged[0]}
        return {**self.generator_step(*parts[-1]), **means}

    def discriminator_step(self, inputs, target) -> dict:
        """One step of the discriminators; the generator stays as it is. `distance` is by how much targets are scored
        higher than renderings."""
        rendered, target = self._generator(inputs, training=True)[OUTPUT], losses.picture_of(target)
        seed = tf.stack([tf.constant(self._seed, tf.int64), self._discriminator_adam.iterations])
        place = between(target, rendered, seed)
        variables = self.discriminator_variables
        with tf.GradientTape() as tape:
            distances = [tf.reduce_mean(one(target)) - tf.reduce_mean(one(rendered)) for one in self._discriminators]
            penalties = [gradient_penalty(one, place, unit=SIGNED) for one in self._discriminators]
            distance, penalty = tf.reduce_mean(distances), tf.reduce_mean(penalties)
            total = self._recipe.gradient_penalty * penalty - distance
        self._discriminator_adam.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return {"discriminator": total, "distance": distance, "gradient_penalty": penalty}

    def generator_step(self, inputs, target) -> dict:
        """One step of the generator; the discriminators stay as they are."""
        variables = self.generator_variables
        with tf.GradientTape() as tape:
            outputs = self._generator(inputs, training=True)
            other, parts = self._loss(target, outputs)
            adversarial = -tf.reduce_mean([tf.reduce_mean(one(outputs[OUTPUT])) for one in self._discriminators])
            total = other + self._recipe.weight * adversarial
        self._generator_adam.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return {"loss": total, **parts, "adversarial": adversarial}


def _split(batch, parts: int) -> list:
    """Inputs or a target, tensors by name or one alone, as so many smaller batches."""
    if isinstance(batch, dict):
        split = {name: tf.split(value, parts) for name, value in batch.items()}
        return [{name: values[number] for name, values in split.items()} for number in range(parts)]
    return tf.split(batch, parts)
