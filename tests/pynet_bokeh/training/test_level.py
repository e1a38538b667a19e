"""The real loop on built-in scenes, a few steps each."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh.errors import UserError
from pynet_bokeh.images import write_image
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.training import journal
from pynet_bokeh.training import level as training
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.run import open_or_create, open_run
from small_runs import assert_same_weights, cut_after, numbers_of, weights_of

TINY = ["data.crop=[64, 64]", "data.scene_size=[64, 64]", "data.validation_crop=[64, 64]"]


def tiny_run(folder, *settings):
    return open_or_create(folder, recipes.load("smoke", [*TINY, *settings]), {"seed": 1})


def test_two_levels_leave_everything_a_run_has(tmp_path):
    run = tiny_run(tmp_path / "run")
    training.train_level(run, 7)
    training.train_level(run, 6)
    for level in (7, 6):
        folder = run.level_folder(level)
        records = journal.read(folder)
        assert [record["step"] for record in records if "loss" in record] == [2, 4]
        validation = next(record for record in records if "validation_psnr" in record)
        assert np.isfinite([validation["validation_psnr"], validation["input_psnr"]]).all()
        assert list(folder.glob("events.out.tfevents.*"))
        assert list((folder / "samples").glob("*.png"))
        assert run.is_finished(level)
        assert not (folder / "checkpoints").exists()
    assert set(weights_of(run, 7)) < set(weights_of(run, 6))
    assert open_run(tmp_path / "run") == run


def test_a_level_starts_from_the_coarser_one(tmp_path):
    run = tiny_run(tmp_path / "run", "defaults.learning_rate=1e-30")
    training.train_level(run, 7)
    training.train_level(run, 6)
    coarse, fine = weights_of(run, 7), weights_of(run, 6)
    for name, values in coarse.items():
        np.testing.assert_allclose(fine[name], values, atol=1e-20, err_msg=name)


def test_a_level_trains_on_crops_of_several_sizes(tmp_path):
    run = tiny_run(tmp_path / "run", "data.crop_scales=[1, 2]", "level.7.batch=4", "level.7.steps=8")
    training.train_level(run, 7)
    assert [record["step"] for record in journal.read(run.level_folder(7)) if "loss" in record][-1] == 8
    assert all(np.isfinite(values).all() for values in weights_of(run, 7).values())


def test_without_the_coarser_level_the_missing_path_is_named(tmp_path):
    run = tiny_run(tmp_path / "run")
    with pytest.raises(UserError, match=r"level6/weights\.npz is missing \(make train-level N=6 "):
        training.train_level(run, 5)
    assert not run.level_folder(5).exists()


def test_pairs_without_the_maps_that_the_network_reads_are_told(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for name in ("original", "bokeh", "focus"):
        for number in range(10):
            write_image(tmp_path / name / f"{number}.png", rng.integers(0, 256, (64, 64, 3), np.uint8))
    recipe = recipes.load("smoke", [*TINY, "level.7.steps=1"])
    training.train_level(open_or_create(tmp_path / "with", recipe, {"folders": (tmp_path,)}), 7)
    assert "unknown" not in capsys.readouterr().err
    shutil.rmtree(tmp_path / "focus")
    training.train_level(open_or_create(tmp_path / "without", recipe, {"folders": (tmp_path,)}), 7)
    said = capsys.readouterr().err
    assert f"9 photo pairs of {tmp_path} (training part), without focus maps; focus counts as unknown there" in said


def test_a_finished_level_is_left_alone(tmp_path, capsys):
    run = tiny_run(tmp_path / "run")
    training.train_level(run, 7)
    said = capsys.readouterr().out
    figures = r"4 steps in \d+ s; validation [\d.]+ dB, input unchanged [\d.]+ dB"
    assert re.search(rf"level 7: {figures} \({re.escape(str(run.weights(7)))}\)", said)
    before = run.weights(7).stat().st_mtime_ns
    training.train_level(run, 7)
    assert run.weights(7).stat().st_mtime_ns == before
    assert "finished already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("end", "log_every"), [(KeyboardInterrupt, 1), (KeyboardInterrupt, 4), (SystemError, 1), (SystemError, 4)]
)
def test_what_was_cut_goes_on_to_the_same_journal_and_weights(tmp_path, monkeypatch, end, log_every):
    """SystemError: killed, no handler runs, and the journal may be ahead of the checkpoint. Records every four steps
    are means over steps before and after the cut."""

    def steps_of(run):
        return [record["step"] for record in numbers_of(run, 7) if "loss" in record]

    settings = ("level.7.steps=8", f"level.7.log_every={log_every}", "level.7.checkpoint_every=3")
    whole, cut = tiny_run(tmp_path / "whole", *settings), tiny_run(tmp_path / "cut", *settings)
    training.train_level(whole, 7)
    original = training.training_batches
    monkeypatch.setattr(training, "training_batches", cut_after(original, 5, end))
    with pytest.raises(end):
        training.train_level(cut, 7)
    assert not cut.is_finished(7)
    assert steps_of(cut) == list(range(log_every, 6, log_every))
    monkeypatch.setattr(training, "training_batches", original)
    training.train_level(cut, 7)

    assert steps_of(cut) == list(range(log_every, 9, log_every))
    assert numbers_of(cut, 7) == numbers_of(whole, 7)
    assert_same_weights(cut, whole, 7)


def test_a_loss_that_is_not_finite_stops_at_its_step(tmp_path):
    run = tiny_run(tmp_path / "run", "level.7.losses.l1=1e38", "level.7.learning_rate=1e30", "level.7.log_every=1")
    with pytest.raises(UserError, match=r"level 7: the loss is not finite at step \d; lower the learning rate"):
        training.train_level(run, 7)
    assert not run.is_finished(7)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_picture_that_is_not_finite_is_no_validation(tmp_path, value):
    def model(batch, training):
        return {OUTPUT: tf.fill([1, 16, 16, 3], np.float32(value))}

    grey = np.full((16, 16, 3), 0.5, np.float32)
    validate = training.Validation(model, [({"image": grey}, grey)], tmp_path)
    with pytest.raises(UserError, match="the rendered picture is not finite at step 7"):
        validate(None, 7)


def test_a_run_keeps_its_network(tmp_path):
    tiny_run(tmp_path / "run").save()
    with pytest.raises(UserError, match=r"was begun with network pynet_mobile; recipe smoke has pynet"):
        tiny_run(tmp_path / "run", "network=pynet", "network_config={}")


def test_a_checkpoint_of_another_network_is_refused(tmp_path, monkeypatch):
    run = tiny_run(tmp_path / "run")
    monkeypatch.setattr(training, "training_batches", cut_after(training.training_batches, 1, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        training.train_level(run, 7)
    content = json.loads((run.folder / "recipe.json").read_text())
    content["recipe"]["network_config"]["channels"] = [8] * 6
    (run.folder / "recipe.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"does not fit this network; delete .*checkpoints"):
        training.train_level(open_run(run.folder), 7)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(UserError, match=r"not a run \(recipe\.json is missing\)"):
        open_run(tmp_path)
    for content in ('{"recipe": "smoke", "data": {}}', '{"recipe": {}, "data": []}', "[]"):
        (tmp_path / "recipe.json").write_text(content)
        with pytest.raises(UserError, match=r"recipe\.json: not a run's recipe"):
            open_run(tmp_path)
    with pytest.raises(UserError, match="name a recipe"):
        open_or_create(tmp_path / "new", None, None)
