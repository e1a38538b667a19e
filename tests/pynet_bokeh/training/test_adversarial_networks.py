"""Adversarial training of the real networks, narrow, against the real discriminators, on a few built-in scenes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.models import registry
from pynet_bokeh.training import adversarial, randomness
from pynet_bokeh.training import level as training
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.run import open_or_create, open_run
from pynet_bokeh.weights import variable_name
from small_runs import SMALL, assert_same_weights, finished_run, lively, numbers_of, weights_of

ROOT = Path(__file__).parents[3]
SIDE = 64
SCENES, HELD_OUT = 6, 2
QUICK = "glass_net"
GENERATORS = {
    "glass_net": ("bggan", ["network=glass_net", "network_config.width=0.125"]),
    "double_vnet": ("double_vnet", ["network_config.width=0.125"]),
    "pynet_mobile": (
        "pynet_mobile_adversarial",
        ["network_config.channels=[4, 4, 4, 4, 4, 4]", "network_config.blocks=1"],
    ),
}
WITHOUT_VGG = "level.1.losses={l1=1.0, ssim=0.05}"
EXIT_CODES = {None: 0, signal.SIGTERM: 130, signal.SIGKILL: -signal.SIGKILL}
EVERY_STEP = ["level.1.log_every=1", "level.1.batch=1", f"data.validation_count={HELD_OUT}"]
SCORE_BIASES = {"patch_gan3_score/bias", "patch_gan5_score/bias"}
"""A number added to all scores changes no loss of the discriminators: neither a distance nor a slope."""

NAMES = {"loss", "l1", "ssim", "adversarial", "discriminator", "distance", "gradient_penalty"}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Six scenes to train on and two held out, with focus maps, as files."""
    folder = tmp_path_factory.mktemp("scenes")
    for split, name, count in (("train", "train", SCENES), ("validation", "test", HELD_OUT)):
        write_pairs(SceneSource((SIDE, SIDE), extra="focus", seed=2, split=split, count=count), folder / name)
    return folder


@pytest.fixture(scope="module")
def finished_phone(tmp_path_factory):
    """What fine-tuning of the phone model starts from."""
    return finished_run(tmp_path_factory.mktemp("phone") / "run").folder


def settings_of(network, *more):
    recipe, own = GENERATORS[network]
    return recipe, [*own, *SMALL, WITHOUT_VGG, *EVERY_STEP, *more]


def make_run(network, folder, scenes, finished_phone, *more):
    recipe, settings = settings_of(network, *more)
    start_from = finished_phone if network == "pynet_mobile" else None
    return open_or_create(folder, recipes.load(recipe, settings), {"folders": [str(scenes)]}, start_from=start_from)


class Spy:
    """A source that notes the photos that were read."""

    def __init__(self, source):
        self._source, self.photos = source, []
        self.extra = source.extra

    def __len__(self):
        return len(self._source)

    def read(self, index):
        example = self._source.read(index)
        self.photos.append(example.image.tobytes())
        return example


def values_of(variables):
    return [variable.numpy() for variable in variables]


def unmoved(variables, before):
    """The names of the variables that are as before."""
    return {
        variable_name(variable)
        for variable, value in zip(variables, before, strict=True)
        if np.array_equal(variable, value)
    }


@pytest.mark.parametrize(
    "network", [pytest.param(one, marks=[] if one == QUICK else pytest.mark.slow) for one in GENERATORS]
)
def test_an_epoch_on_scenes(tmp_path, monkeypatch, scenes, finished_phone, network):
    """Real networks, loop, pictures: finite losses, two groups of variables that both learn, nothing held out read."""
    built, sources = [], []
    build, open_data = training.patch_gan.build, training.open_data

    class Kept(adversarial.Adversarial):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.before = values_of(self.generator_variables), values_of(self.discriminator_variables)
            built.append(self)

    def spied(*arguments):
        sources.extend(Spy(source) for source in open_data(*arguments))
        return sources

    monkeypatch.setattr(training, "Adversarial", Kept)
    monkeypatch.setattr(training, "open_data", spied)
    run = make_run(network, tmp_path / "run", scenes, finished_phone, f"level.1.steps={SCENES}")
    training.train(run)

    records = [record for record in numbers_of(run, 1) if "loss" in record]
    assert [record["step"] for record in records] == list(range(1, SCENES + 1))
    assert all(set(record) > NAMES for record in records)
    assert np.isfinite([list(record.values()) for record in records]).all()

    (trainer,) = built
    generator, discriminators = trainer.generator_variables, trainer.discriminator_variables
    assert not {id(one) for one in generator} & {id(one) for one in discriminators}
    assert len(discriminators) == sum(len(one.variables) for one in build())
    names = {variable_name(variable) for variable in discriminators}
    assert {variable_name(variable) for variable in generator} <= weights_of(run, 1).keys()
    assert not names & weights_of(run, 1).keys()
    generator_before, discriminators_before = trainer.before
    assert not unmoved(generator, generator_before)
    assert unmoved(discriminators, discriminators_before) == SCORE_BIASES

    trained_on, held_out = sources
    epoch = trained_on.photos[-SCENES:]  # networks that read a map look for one in the first pair before
    assert len(set(epoch)) == len(set(trained_on.photos)) == SCENES
    assert len(held_out.photos) == HELD_OUT  # the validation's own reading, once
    assert not set(trained_on.photos) & set(held_out.photos)


@pytest.mark.slow
@pytest.mark.parametrize("network", GENERATORS)
def test_each_step_changes_its_own_variables_only(network):
    recipe = recipes.load(*settings_of(network))
    with randomness.seeded(0):
        built = lively(registry.build(recipe.network, recipe.network_config))
        discriminators = training.patch_gan.build()
    schedule = recipe.level[1]
    model = built.staged_model() if schedule.first_stage_losses else built.model()
    trainer = adversarial.Adversarial(
        model,
        discriminators,
        training.objective(schedule, picture_size=(SIDE, SIDE)),
        schedule=schedule,
        recipe=recipe.adversarial,
    )
    rng = np.random.default_rng(0)
    inputs = {
        name: tf.constant(rng.random([1, *(side or SIDE for side in one.shape[1:])], np.float32))
        for name, one in model.input.items()
    }
    target = tf.constant(rng.random((1, SIDE, SIDE, 3), np.float32))
    groups = trainer.generator_variables, trainer.discriminator_variables
    for step, changing, still, exceptions in (
        (trainer.discriminator_step, groups[1], groups[0], SCORE_BIASES),
        (trainer.generator_step, groups[0], groups[1], set()),
    ):
        before, rest = values_of(changing), values_of(still)
        tf.function(step)(inputs, target)
        assert unmoved(changing, before) == exceptions
        assert len(unmoved(still, rest)) == len(still)


def train(network, folder, scenes, finished_phone, *, end=None, after=0):
    """`python -m pynet_bokeh train`; with `end`, ended by that signal once `after` steps are in the journal."""
    recipe, settings = settings_of(
        network, "level.1.steps=14", "level.1.checkpoint_every=3", "level.1.validate_every=7"
    )
    command = [sys.executable, "-m", "pynet_bokeh", "train", "--run", str(folder), "--data", str(scenes)]
    command += ["--recipe", recipe, *(word for one in settings for word in ("--set", one))]
    if network == "pynet_mobile":
        command += ["--start-from", str(finished_phone)]
    journal = folder / "level1" / "metrics.jsonl"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            while end and last_step(journal) < after:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.01)
            if end:
                process.send_signal(end)
            said, _ = process.communicate()
        finally:
            process.kill()
    assert process.returncode == EXIT_CODES[end], said
    assert "Traceback" not in said
    return open_run(folder)


def last_step(journal):
    lines = journal.read_text().splitlines() if journal.is_file() else []
    whole = [line for line in lines if line.endswith("}")]
    return json.loads(whole[-1])["step"] if whole else 0


@pytest.mark.slow
@pytest.mark.parametrize("network", GENERATORS)
def test_stopped_and_killed_it_goes_on_to_the_same_numbers(tmp_path, scenes, finished_phone, network):
    """Another process each time. SIGTERM leaves a checkpoint of its own, SIGKILL the last one and a journal ahead."""
    whole = train(network, tmp_path / "whole", scenes, finished_phone)
    cut = tmp_path / "cut"
    train(network, cut, scenes, finished_phone, end=signal.SIGTERM, after=4)
    train(network, cut, scenes, finished_phone, end=signal.SIGKILL, after=10)
    assert not open_run(cut).is_finished(1)
    cut = train(network, cut, scenes, finished_phone)
    assert numbers_of(cut, 1) == numbers_of(whole, 1)
    assert_same_weights(cut, whole, 1)
