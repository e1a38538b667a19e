"""Going on from another run's finished weights, and the order of everything a level can start from."""

import shutil

import numpy as np
import pytest

from pynet_bokeh.__main__ import main
from pynet_bokeh.models import registry
from pynet_bokeh.training import level as training
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.run import open_or_create, open_run
from small_runs import SMALL, finished_run

STANDING_STILL = ["defaults.learning_rate=1e-30", "defaults.steps=2", "data.validation_count=1"]
CHANNELS = "network_config.channels=[4, 4, 4, 4, 4, 4]"
BLOCKS = "network_config.blocks=1"


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return finished_run(tmp_path_factory.mktemp("start") / "old")


def new_run(folder, old, *settings):
    recipe = recipes.load("smoke", [*SMALL, *STANDING_STILL, *settings])
    return open_or_create(folder, recipe, {"seed": 1}, start_from=old and old.folder)


def weights_of(run, level):
    with np.load(run.weights(level)) as file:
        return dict(file)


def assert_same(run, level, other, *, of=None):
    for name, values in weights_of(other, of or level).items():
        np.testing.assert_allclose(weights_of(run, level)[name], values, atol=1e-20, err_msg=name)


def test_a_level_starts_from_the_same_level_of_the_other_run(tmp_path, old, capsys):
    run = new_run(tmp_path / "new", old)
    training.train_level(run, 1)
    assert_same(run, 1, old)
    assert set(weights_of(run, 1)) == set(weights_of(old, 1))
    assert f"level 1: starts from {old.weights(1)}" in capsys.readouterr().out


def test_the_runs_own_coarser_level_comes_first(tmp_path, old):
    run = new_run(tmp_path / "new", old)
    training.train_level(run, 7)
    assert_same(run, 7, old)
    with np.load(run.weights(7)) as file:
        shifted = {name: values + 0.01 for name, values in file.items()}
    np.savez(run.weights(7), **shifted)
    training.train_level(run, 6)
    assert_same(run, 6, run, of=7)


def test_its_own_checkpoint_comes_before_everything(tmp_path, old, monkeypatch):
    run = new_run(tmp_path / "new", None, "defaults.learning_rate=1e-3")
    original = training.training_batches

    def cut_after_one(*arguments, **options):
        yield next(iter(original(*arguments, **options)))
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "training_batches", cut_after_one)
    with pytest.raises(KeyboardInterrupt):
        training.train_level(run, 7)
    network = registry.build(run.recipe.network, run.recipe.network_config)
    other = new_run(tmp_path / "new", old)
    assert training.starting_weights(run, network, 7) is None
    assert training.starting_weights(other, network, 7) is None
    shutil.rmtree(run.level_folder(7))
    assert training.starting_weights(run, network, 7) is None
    assert training.starting_weights(other, network, 7) == old.weights(7)


def test_the_run_remembers_where_it_started(tmp_path, old):
    run = new_run(tmp_path / "new", old)
    run.save()
    assert open_run(run.folder) == run
    assert open_or_create(run.folder, None, None).start_from == str(old.folder)


def test_without_a_recipe_it_goes_on_with_the_others(tmp_path, old):
    settings = ["--set", "level.1.steps=2", "--set", "level.1.learning_rate=1e-30"]
    command = ["train", "--run", str(tmp_path / "new"), "--start-from", str(old.folder), "--level", "1", *settings]
    assert main(command) == 0
    run = open_run(tmp_path / "new")
    assert (run.recipe.network_config, run.recipe.data) == (old.recipe.network_config, old.recipe.data)
    assert run.recipe.level[1].steps == 2
    assert_same(run, 1, old)


def test_a_run_that_has_level_1_alone_is_gone_on_with_at_level_1(tmp_path, old):
    shipped = tmp_path / "shipped"
    (shipped / "level1").mkdir(parents=True)
    shutil.copy(old.folder / "recipe.json", shipped)
    shutil.copy(old.weights(1), shipped / "level1")
    settings = ["--set", "level.1.steps=2", "--set", "level.1.learning_rate=1e-30"]
    command = ["train", "--run", str(tmp_path / "new"), "--start-from", str(shipped), *settings]
    for _ in range(2):  # the second time nothing is left to do
        assert main(command) == 0
        run = open_run(tmp_path / "new")
        assert [level for level in range(1, 8) if run.is_finished(level)] == [1]
    assert_same(run, 1, old)


def test_a_finished_phone_model_is_fine_tuned_against_discriminators(tmp_path, old):
    settings = [*SMALL, CHANNELS, BLOCKS, "level.1.steps=2", "level.1.batch=1", "data.validation_count=1"]
    command = ["train", "--run", str(tmp_path / "new"), "--recipe", "pynet_mobile_adversarial"]
    command += ["--start-from", str(old.folder), *(word for one in settings for word in ("--set", one))]
    assert main(command) == 0
    run = open_run(tmp_path / "new")
    assert run.is_finished(1)
    moved = [np.abs(weights_of(run, 1)[name] - values).max() for name, values in weights_of(old, 1).items()]
    assert 0 < max(moved) < 1e-3
    assert not run.level_folder(2).exists()


@pytest.mark.parametrize(
    ("start", "settings", "words"),
    [
        (None, [], ["level 1 starts from level 2", "does not train it", "--start-from RUN"]),
        ("unfinished", [], ["--start-from", "level1/weights.npz is missing", "it has no finished level"]),
        ("old", ["network=pynet", "network_config={}"], ["was begun with network pynet_mobile", "has pynet"]),
        ("old", ["network_config.channels=[8, 8, 8, 8, 8, 8]"], ["was begun with network_config", "[8, 8"]),
        ("nothing", [], ["nothing: not a run"]),
        ("new", [], ["another run is wanted"]),
    ],
)
def test_what_can_not_be_started_from_is_one_line(tmp_path, old, capsys, start, settings, words):
    new_run(tmp_path / "unfinished", None).save()
    command = ["train", "--run", str(tmp_path / "new"), "--recipe", "pynet_mobile_adversarial"]
    for setting in [*SMALL, CHANNELS, BLOCKS, *settings]:
        command += ["--set", setting]
    if start:
        command += ["--start-from", str(old.folder if start == "old" else tmp_path / start)]
    capsys.readouterr()
    assert main(command) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line]
    assert line.startswith("error: ")
    for word in words:
        assert word in line
    assert not (tmp_path / "new").exists()
