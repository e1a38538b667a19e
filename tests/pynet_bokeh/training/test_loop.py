"""The loop itself, on a model of one 1×1 convolution."""

import os
import resource
import signal

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pynet_bokeh import losses
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.training import journal, loop
from pynet_bokeh.training.recipe import LevelRecipe


def schedule(**changes):
    settings = {"steps": 60, "batch": 2, "learning_rate": 0.05, "losses": {"l1": 1.0}, "log_every": 5}
    return LevelRecipe(**{**settings, **changes})


def one_convolution():
    inputs = tf_keras.Input((None, None, 3), name="image")
    output = tf_keras.layers.Conv2D(3, 1, kernel_initializer="zeros", name="only")(inputs)
    return tf_keras.Model({"image": inputs}, {OUTPUT: tf_keras.layers.Activation("linear", name=OUTPUT)(output)})


def swapped_channels(start_step, *, steps=60):
    """What the model can learn exactly: to turn RGB into BGR."""
    for step in range(start_step, steps):
        picture = np.random.default_rng(step).random((2, 8, 8, 3), np.float32)
        yield {"image": picture}, picture[..., ::-1]


def fit(folder, **options):
    options = {"schedule": schedule(), "validate": None, **options}
    model = options.pop("model", None) or one_convolution()
    batches = options.pop("batches", swapped_channels)
    loss = losses.weighted(options["schedule"].losses, picture_size=(8, 8))
    loop.fit(model, loss, batches, folder=folder, label="test", **options)
    return model


def test_it_learns(tmp_path):
    model = fit(tmp_path)
    values = [record["loss"] for record in journal.read(tmp_path)]
    assert values[-1] < 0.2 * values[0]
    kernel = model.get_layer("only").kernel.numpy()[0, 0]
    np.testing.assert_allclose(kernel, np.eye(3)[::-1], atol=0.15)


def test_the_journal_holds_the_mean_over_the_logged_steps(tmp_path):
    rate = {"learning_rate": 1e-12}
    fit(tmp_path, schedule=schedule(steps=4, log_every=4, **rate))
    wanted = np.mean([np.abs(target).mean() for _, target in swapped_channels(0, steps=4)])
    (record,) = journal.read(tmp_path)
    assert record["loss"] == pytest.approx(wanted, rel=1e-5)
    assert record["learning_rate"] == pytest.approx(1e-12)


def test_validation_is_called_on_time_and_at_the_end(tmp_path):
    called = []
    fit(tmp_path, schedule=schedule(steps=7, validate_every=3), validate=lambda _, step: called.append(step))
    assert called == [3, 6, 7]


def test_a_finished_training_does_nothing(tmp_path):
    model = fit(tmp_path, schedule=schedule(steps=5))
    before = [variable.numpy() for variable in model.variables]
    again = fit(tmp_path, schedule=schedule(steps=5))
    for variable, value in zip(again.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_a_loss_that_is_not_finite_stops_at_its_step(tmp_path):
    def turning_bad(start_step):
        for number, (inputs, target) in enumerate(swapped_channels(start_step)):
            yield inputs, target * (np.nan if number == 11 else 1)

    with pytest.raises(UserError, match=r"test: the loss is not finite at step 12; lower the learning rate"):
        fit(tmp_path, batches=turning_bad)


def test_a_signal_waits_for_the_end_of_the_step(tmp_path):
    """It comes while TensorFlow computes, so Python sees it between the new weights and the new step number."""

    class Interrupted(loop.Descent):
        def step(self, inputs, target):
            values = super().step(inputs, target)
            if int(self._adam.iterations) == 5 and first:
                os.kill(os.getpid(), signal.SIGTERM)
            return values

    def train(folder):
        model = one_convolution()
        loss = losses.weighted({"l1": 1.0}, picture_size=(8, 8))
        stepper = Interrupted(model, lambda target, outputs: loss(target, outputs[OUTPUT]), schedule())
        loop.run(stepper, swapped_channels, schedule=schedule(log_every=1), folder=folder, label="test")
        return model

    first = True
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut")
    assert [record["step"] for record in journal.read(tmp_path / "cut")] == [1, 2, 3, 4, 5]
    first = False
    cut, whole = train(tmp_path / "cut"), train(tmp_path / "whole")
    for one, other in zip(cut.variables, whole.variables, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_checkpoint_is_never_made_of_numbers_that_are_not_finite(tmp_path):
    def turning_bad(start_step):
        for number, (inputs, target) in enumerate(swapped_channels(start_step)):
            yield inputs, target * (np.nan if number == 11 else 1)

    with pytest.raises(UserError, match="not finite at step 12"):
        fit(tmp_path, batches=turning_bad, schedule=schedule(log_every=50, checkpoint_every=4))
    assert sorted(path.stem for path in (tmp_path / "checkpoints").glob("*.index")) == ["ckpt-4", "ckpt-8"]


def test_broken_last_lines_of_a_journal_are_left_out(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    assert journal.read(tmp_path) == [{"step": 1, "loss": 2.0}]


@pytest.mark.parametrize(("step", "share"), [(0, 0.1), (9, 1.0), (55, 0.505), (100, 0.01), (200, 0.01)])
def test_cosine_schedule_with_warm_up(step, share):
    rate = loop.Rate(schedule(steps=100, learning_rate=2.0, schedule="cosine", warmup=10))
    assert float(rate(step)) == pytest.approx(2.0 * share, rel=1e-5)


def test_seconds_and_those_waited_for_batches(tmp_path, monkeypatch):
    """By a clock that goes on by one second in every batch alone, and by two in every step."""
    clock = [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: clock[0])

    def slow(start_step):
        for batch in swapped_channels(start_step, steps=6):
            clock[0] += 1
            yield batch

    class Slow(loop.Descent):
        def step(self, inputs, target):
            clock[0] += 2
            return super().step(inputs, target)

    loss = losses.weighted({"l1": 1.0}, picture_size=(8, 8))
    stepper = Slow(one_convolution(), lambda target, outputs: loss(target, outputs[OUTPUT]), schedule())
    loop.run(stepper, slow, schedule=schedule(steps=6, log_every=3), folder=tmp_path, label="test")
    assert [(record["seconds"], record["waited"]) for record in journal.read(tmp_path)] == [(9, 3), (18, 6)]


def test_windows_without_a_checkpoint_go(tmp_path):
    fit(tmp_path, schedule=schedule(steps=11, log_every=4, checkpoint_every=1))
    left = {path.name for path in (tmp_path / "checkpoints").glob("*.window.json")}
    assert left == {"ckpt-10.window.json"}


def test_a_full_disk_is_named_and_the_checkpoint_before_stays(tmp_path, monkeypatch):
    """A process that may write no more than a few bytes to a file gets the kernel's own refusal."""
    save = tf.train.CheckpointManager.save
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def save_on_a_full_disk(manager, number):
        resource.setrlimit(resource.RLIMIT_FSIZE, (200 if number == 6 else soft, hard))
        try:
            return save(manager, number)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(tf.train.CheckpointManager, "save", save_on_a_full_disk)
    often = schedule(steps=8, log_every=8, checkpoint_every=2)
    with pytest.raises(UserError, match=r"checkpoints/ckpt-6: can't be written \(File too large\); .*/ckpt-4 stays"):
        fit(tmp_path, schedule=often)
    assert not [path.name for path in (tmp_path / "checkpoints").iterdir() if "6" in path.name]

    began = []

    def rest(start_step):
        began.append(start_step)
        return swapped_channels(start_step, steps=8)

    monkeypatch.undo()
    fit(tmp_path, schedule=often, batches=rest)
    assert began == [4]
