"""The training loop: batches in, steps, journal, validation, checkpoints. One for every network and for QAT."""

import contextlib
import dataclasses
import itertools
import math
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import tensorflow as tf
import tf_keras
from tqdm import tqdm

from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.training import randomness
from pynet_bokeh.training.journal import Journal
from pynet_bokeh.training.recipe import LevelRecipe
from pynet_bokeh.training.window import Window, prune

FINAL_SHARE = 0.01  # of the learning rate, at the end of a cosine schedule


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
        return dataclasses.asdict(self._schedule)


def optimizer(schedule: LevelRecipe) -> tf_keras.optimizers.Optimizer:
    """Adam by the recipe (Kingma and Ba, arXiv 1412.6980)."""
    return tf_keras.optimizers.Adam(Rate(schedule), beta_1=schedule.beta_1, beta_2=schedule.beta_2, jit_compile=False)


class Stepper(Protocol):
    """What is done with a batch, and what must be kept to go on with it."""

    trackables: Mapping
    """Everything that a checkpoint holds, by name: models, optimisers, the state of random generators."""

    learning_rate: tf.Tensor
    """That of the next step, for the journal."""

    def step(self, inputs: Mapping, target) -> dict:
        """Changes the variables by one batch; returns scalars by name, the total loss as `loss`."""
        ...


class Descent:
    """Steps down the gradient of `loss(target, outputs) -> (total, {name: value})`, `outputs` being all that `model`
    gives."""

    def __init__(self, model: tf_keras.Model, loss: Callable, schedule: LevelRecipe):
        self._model, self._loss = model, loss
        self._adam = optimizer(schedule)
        self._adam.build(model.trainable_variables)
        self.trackables = {"model": model, "optimizer": self._adam}
        if drawing := randomness.generators(model):
            self.trackables["randomness"] = drawing

    @property
    def learning_rate(self):
        return self._adam.learning_rate

    @tf.function
    def step(self, inputs, target):
        """One step of Adam."""
        variables = self._model.trainable_variables
        with tf.GradientTape() as tape:
            total, parts = self._loss(target, self._model(inputs, training=True))
        self._adam.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return {"loss": total, **(parts if len(parts) > 1 else {})}


def fit(model: tf_keras.Model, loss: Callable, batches: Callable[[int], Iterable], *, schedule: LevelRecipe, **options):
    """Trains `model`, which gives `{"bokeh": [B,H,W,3]}`, with `loss(target, output) -> (total, {name: value})`.

    `options` are those of `run`.
    """

    def of_outputs(target, outputs):
        return loss(target, outputs[OUTPUT])

    run(Descent(model, of_outputs, schedule), batches, schedule=schedule, **options)


def run(
    stepper: Stepper,
    batches: Callable[[int], Iterable],
    *,
    schedule: LevelRecipe,
    folder: Path,
    label: str,
    validate: Callable[[Journal, int], None] | None = None,
) -> None:
    """Takes `schedule.steps` steps, from the newest checkpoint in `folder` when there is one.

    Args:
      batches: `batches(start_step)` yields (inputs, target) from that step on.
      validate: called with the journal and the step every `schedule.validate_every` steps and at the end.

    An interruption (Ctrl-C, SIGTERM) writes a checkpoint first. A scalar that is not finite raises UserError with its
    name and the step, before it is written down or a checkpoint is saved; the last checkpoint stays.

    The journal's `seconds` and `waited` are those since this call and those of them that no batch was ready for.
    """
    step = tf.Variable(0, dtype=tf.int64, trainable=False)
    checkpoint = tf.train.Checkpoint(step=step, **stepper.trackables)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "checkpoints"), max_to_keep=2)
    restore(manager)
    start, window = int(step.numpy()), Window()
    if manager.latest_checkpoint:
        window.load(manager.latest_checkpoint)
    with randomness.one_order(), Journal(folder, start_step=start) as journal, _Interruptions() as interruptions:
        bar, began = None, time.monotonic()
        awaited = _Awaited(itertools.islice(batches(start), max(0, schedule.steps - start)))
        try:
            for inputs, target in awaited:
                window.add(stepper.step(inputs, target))
                step.assign_add(1)
                now = int(step.numpy())
                last = now == schedule.steps
                logs, saves = (last or now % every == 0 for every in (schedule.log_every, schedule.checkpoint_every))
                if bar is None:  # after the first step, so that tracing does not spoil the estimate
                    bar = tqdm(total=schedule.steps, initial=now, desc=label, unit="step", mininterval=_interval())
                else:
                    bar.update()
                if logs or saves:
                    _check_finite(window, label, now, manager.directory)
                if logs:
                    means, rate = window.means(), float(stepper.learning_rate)
                    times = {"seconds": time.monotonic() - began, "waited": awaited.seconds}
                    journal.write(now, **means, learning_rate=rate, **times)
                    bar.set_postfix(loss=f"{means['loss']:.4f}")
                    window.clear()
                if validate and (last or now % schedule.validate_every == 0):
                    validate(journal, now)
                if saves:
                    _save(manager, stepper, window, label, now)
                interruptions.heed()
        except KeyboardInterrupt:
            if not interruptions.impatient:
                _check_finite(window, label, int(step.numpy()), manager.directory)
                _save(manager, stepper, window, label, int(step.numpy()))
            raise
        finally:
            if bar is not None:
                bar.close()


def _check_finite(window: Window, label: str, now: int, checkpoints: str) -> None:
    """Raises UserError for the first scalar, among those gathered up to step `now`, that is not finite."""
    if found := window.not_finite():
        name, ago = found
        raise UserError(
            f"{label}: the {name.replace('_', ' ')} is not finite at step {now - ago}; "
            f"lower the learning rate, the last checkpoint is in {checkpoints}"
        )


def _save(manager: tf.train.CheckpointManager, stepper: Stepper, window: Window, label: str, now: int) -> None:
    """Saves a checkpoint, unless a weight is not finite: the loss tells only at the next step.

    Raises UserError then, and when it can't be written: the one before stays.
    """
    models = [model for model in stepper.trackables.values() if isinstance(model, tf_keras.Model)]
    for variable in (variable for model in models for variable in model.trainable_variables):
        if not tf.reduce_all(tf.math.is_finite(variable)):
            raise UserError(
                f"{label}: {variable.name} is not finite after step {now}; "
                f"lower the learning rate, the last checkpoint is in {manager.directory}"
            )
    checkpoint = f"{manager.directory}/ckpt-{now}"
    try:
        window.save(checkpoint)
        manager.save(now)
    except (OSError, tf.errors.OpError) as error:  # TensorFlow has errors of its own for a full disk
        shutil.rmtree(f"{checkpoint}_temp", ignore_errors=True)
        prune(Path(manager.directory), manager.checkpoints)
        reason = str(error).strip().partition("\n")[0].removesuffix(" [Op:SaveV2]").rpartition("; ")[2]
        stays = f"; {manager.latest_checkpoint} stays" if manager.latest_checkpoint else ""
        raise UserError(f"{checkpoint}: can't be written ({reason}){stays}") from error
    prune(Path(manager.directory), manager.checkpoints)


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


class _Awaited:
    """Passes batches on; `seconds` were spent in waiting for them."""

    def __init__(self, batches: Iterable):
        self._batches, self.seconds = iter(batches), 0.0

    def __iter__(self):
        return self

    def __next__(self):
        before = time.monotonic()
        try:
            return next(self._batches)
        finally:
            self.seconds += time.monotonic() - before


def _interval() -> float:
    """Seconds between two states of the progress bar: few lines in a log file, a lively bar on a terminal."""
    return 0.5 if sys.stderr.isatty() else 15.0


class _Interruptions:
    """Within it Ctrl-C and SIGTERM wait for the end of a step: in its midst the weights are ahead of the step's number,
    and a checkpoint would be of neither. A second one does not wait."""

    def __init__(self):
        self._before = {}
        self._asked = 0

    def __enter__(self):
        for which in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):  # not in the main thread: signals are another's business
                self._before[which] = signal.signal(which, self._ask)
        return self

    def __exit__(self, *_):
        for which, handler in self._before.items():
            signal.signal(which, handler)

    @property
    def impatient(self) -> bool:
        """Whether the step was not waited for."""
        return self._asked > 1

    def _ask(self, *_):
        self._asked += 1
        if self.impatient:
            raise KeyboardInterrupt

    def heed(self) -> None:
        """Raises the KeyboardInterrupt that was asked for."""
        if self._asked:
            raise KeyboardInterrupt
