"""The training loop: batches in, steps, journal, validation, checkpoints. One for every network and for QAT."""

import itertools
import math
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import tensorflow as tf
import tf_keras
from tqdm import tqdm

from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.training.journal import Journal
from pynet_bokeh.training.recipe import LevelRecipe

FINAL_SHARE = 0.01  # of the learning rate, at the end of a cosine schedule


@tf_keras.utils.register_keras_serializable("pynet_bokeh")
class Rate(tf_keras.optimizers.schedules.LearningRateSchedule):
    """A recipe's learning rate by step: linear warm-up, then constant or half a cosine down to a hundredth."""

    def __init__(self, schedule: LevelRecipe):
        self._schedule = schedule

    def __call__(self, step):
        schedule, step = self._schedule, tf.cast(step, tf.float32)
        rate = tf.constant(schedule.learning_rate, tf.float32)
        if schedule.schedule == "cosine":
            progress = tf.clip_by_value((step - schedule.warmup) / max(1, schedule.steps - schedule.warmup), 0.0, 1.0)
            rate *= FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + tf.cos(math.pi * progress))
        if schedule.warmup:
            rate *= tf.minimum(1.0, (step + 1) / schedule.warmup)
        return rate

    def get_config(self):
        return {"schedule": self._schedule}


def optimizer(schedule: LevelRecipe) -> tf_keras.optimizers.Optimizer:
    """Adam by the recipe (Kingma and Ba, arXiv 1412.6980)."""
    return tf_keras.optimizers.Adam(Rate(schedule), beta_1=schedule.beta_1, beta_2=schedule.beta_2, jit_compile=False)


def fit(
    model: tf_keras.Model,
    loss: Callable,
    batches: Callable[[int], Iterable],
    *,
    schedule: LevelRecipe,
    folder: Path,
    label: str,
    validate: Callable[[Journal, int], None] | None = None,
) -> None:
    """Trains `model` for `schedule.steps` steps, from the newest checkpoint in `folder` when there is one.

    Args:
      model: takes a dict of inputs, gives `{"bokeh": [B,H,W,3]}`.
      loss: `loss(target, output) -> (total, {name: value})`.
      batches: `batches(start_step)` yields (inputs, target) from that step on.
      validate: called with the journal and the step every `schedule.validate_every` steps and at the end.

    An interruption (Ctrl-C, SIGTERM) writes a checkpoint first. A loss that is not finite raises UserError with the
    step; the last checkpoint stays.
    """
    adam = optimizer(schedule)
    adam.build(model.trainable_variables)
    step = tf.Variable(0, dtype=tf.int64, trainable=False)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=adam, step=step)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "checkpoints"), max_to_keep=2)
    restore(manager)

    @tf.function
    def train_step(inputs, target):
        with tf.GradientTape() as tape:
            total, parts = loss(target, model(inputs, training=True)[OUTPUT])
        adam.apply_gradients(
            zip(tape.gradient(total, model.trainable_variables), model.trainable_variables, strict=True)
        )
        return total, parts

    start = int(step.numpy())
    with Journal(folder, start_step=start) as journal, _terminate_as_interrupt():
        bar, means, began = None, {}, time.monotonic()
        try:
            for inputs, target in itertools.islice(batches(start), max(0, schedule.steps - start)):
                total, parts = train_step(inputs, target)
                step.assign_add(1)
                now = int(step.numpy())
                for name, value in {"loss": total, **(parts if len(parts) > 1 else {})}.items():
                    means.setdefault(name, []).append(value)
                if bar is None:  # after the first step, so that tracing does not spoil the estimate
                    bar = tqdm(total=schedule.steps, initial=now, desc=label, unit="step", mininterval=_interval())
                else:
                    bar.update()
                if now % schedule.log_every == 0 or now == schedule.steps:
                    averages = {name: float(tf.reduce_mean(values)) for name, values in means.items()}
                    if not math.isfinite(averages["loss"]):
                        raise UserError(
                            f"{label}: the loss is not finite at step {now}; "
                            f"lower the learning rate, the last checkpoint is in {manager.directory}"
                        )
                    rate = float(adam.learning_rate)
                    journal.write(now, **averages, learning_rate=rate, seconds=time.monotonic() - began)
                    bar.set_postfix(loss=f"{averages['loss']:.4f}")
                    means = {}
                if validate and (now % schedule.validate_every == 0 or now == schedule.steps):
                    validate(journal, now)
                if now % schedule.checkpoint_every == 0 or now == schedule.steps:
                    manager.save(now)
        except KeyboardInterrupt:
            manager.save(int(step.numpy()))
            raise
        finally:
            if bar is not None:
                bar.close()


def restore(manager: tf.train.CheckpointManager) -> None:
    """Restores the newest checkpoint, if any; one that doesn't fit the recipe is a UserError."""
    if manager.latest_checkpoint is None:
        return
    try:
        manager.checkpoint.restore(manager.latest_checkpoint).assert_existing_objects_matched()
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        raise UserError(
            f"{manager.latest_checkpoint}: does not fit this network; "
            f"delete {manager.directory} to begin the level anew"
        ) from error


def _interval() -> float:
    """Seconds between two states of the progress bar: few lines in a log file, a lively bar on a terminal."""
    return 0.5 if sys.stderr.isatty() else 15.0


class _terminate_as_interrupt:
    """Within it SIGTERM is handled as Ctrl-C, so that a stopped job saves its checkpoint."""

    def __enter__(self):
        try:
            self._before = signal.signal(signal.SIGTERM, self._interrupt)
        except ValueError:  # not in the main thread: signals are another's business
            self._before = None

    def __exit__(self, *_):
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    @staticmethod
    def _interrupt(*_):
        raise KeyboardInterrupt
