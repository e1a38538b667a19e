"""The training benchmark's method, with workers that answer from a table, and one real run."""

import dataclasses
import json
import sys

import pytest

from benchmark import training, training_report
from benchmark.__main__ import main
from benchmark.training import Wanted
from benchmark.training_samples import PipelineSample, RecipeFacts, TrainingSample
from pynet_bokeh.data.pairs import open_pairs
from pynet_bokeh.errors import UserError

FACTS = RecipeFacts("pynet", "depth", [7, 6, 1], [48, 64], "2.21.0")


def sample(case, **changes):
    """Takes 100 ms a picture, of which 10 ms are waited, and 1000 MB and 200 for every picture."""
    batch = case["batch"] or 50
    values = {
        "network": "pynet",
        "crop": [64, 128],
        "batch": batch,
        "own_batch": 50,
        "pictures": batch,
        "first_s": 9.0,
        "step_s": [0.1 * batch] * 3,
        "waited_s": [0.01 * batch] * 3,
        "baseline_mb": 500.0,
        "peak_mb": 1000.0 + 200.0 * batch,
    }
    return TrainingSample(**{**values, **changes})


@pytest.fixture
def workers(monkeypatch):
    """What the workers were asked, as (what, case, options); what they answer may be replaced."""

    class Workers(list):
        failing = ()  # batch sizes

        def __call__(self, kind, module, arguments, *, subject, **_):
            what, case, *options = arguments
            case = json.loads(case)
            assert module == "benchmark.training_worker"
            self.append((what, case, options))
            if what == "describe":
                return FACTS
            if case["folder"]:  # it must be there while the worker runs
                trained_on, held_out = open_pairs(case["folder"], extra="depth")
                assert trained_on.read(0).extra is not None and len(held_out) == 1
                self.size = trained_on.read(0).image.shape[:2]
            if case["batch"] in self.failing:
                raise UserError(f"{subject}: TensorFlow was ended by SIGKILL")
            return sample(case) if what == "train" else PipelineSample([64, 128], 5, 30, 2.0, 700.0)

    workers = Workers()
    monkeypatch.setattr(training, "ask", workers)
    return workers


def test_every_level_at_every_batch_size_then_the_pictures(workers):
    results = training.measure(Wanted(["a", "b"], batches=[1, 2], steps=3))
    asked = [(what, case["recipe"], case["level"], case["batch"]) for what, case, _ in workers if what != "describe"]
    levels = [(7, 1), (7, 2), (6, 1), (6, 2), (1, 1), (1, 2)]
    assert asked[:12] == [("train", recipe, *one) for recipe in "ab" for one in levels]
    assert asked[12:] == [("pipeline", recipe, 1, None) for recipe in "aabb"]
    assert [bool(case["folder"]) for what, case, _ in workers if what == "pipeline"] == [True, False, True, False]
    assert all(options[:2] == ["--steps", "3"] for *_, options in workers)
    assert (len(results.trained), len(results.read), results.failures) == (12, 4, [])
    assert all(one.case.folder is None for one in (*results.trained, *results.read))


def test_scenes_have_the_recipes_size_or_half_as_much_again_as_the_crop(workers):
    training.measure(Wanted(["a"], levels=[7]))
    assert workers.size == (48, 64)
    training.measure(Wanted(["a"], levels=[7], crop=(64, 32)))
    assert workers.size == (96, 48)


def test_what_fails_is_named_and_the_rest_goes_on(workers):
    workers.failing = (2,)
    results = training.measure(Wanted(["a"], levels=[6, 7], batches=[1, 2, 3]))
    assert [(one.case.level, one.case.batch) for one in results.trained] == [(7, 1), (7, 3), (6, 1), (6, 3)]
    assert [one.reason for one in results.failures] == [
        f"a level {level}, batch 2: TensorFlow was ended by SIGKILL" for level in (7, 6)
    ]
    assert "**Not measured:** a level 7, batch 2" in training_report.markdown(results)


def test_a_level_that_is_not_trained(workers):
    with pytest.raises(UserError, match=r"--levels: recipe a trains \[7, 6, 1\]; received 3"):
        training.measure(Wanted(["a"], levels=[7, 3]))


@pytest.mark.parametrize(("levels", "refused"), [([1], False), ([7], True), (None, False)])
def test_vgg_weights_that_no_level_takes(workers, monkeypatch, tmp_path, capsys, levels, refused):
    monkeypatch.setattr(sys.modules[__name__], "FACTS", dataclasses.replace(FACTS, vgg_levels=[1]))
    file = tmp_path / "vgg.h5"
    file.write_bytes(b"weights")
    command = ["training", "a", "--vgg-weights", str(file), *(["--levels", *map(str, levels)] if levels else [])]
    assert main(command) == (2 if refused else 0)
    error = capsys.readouterr().err
    assert refused == (error == "error: --vgg-weights: for levels with a vgg loss; none of a has one here\n")
    if refused:
        assert [what for what, *_ in workers] == ["describe"]
    assert main(["training", "a", "--vgg-weights", "nowhere.h5"]) == 2
    assert capsys.readouterr().err == "error: --vgg-weights nowhere.h5: no such file\n"


def test_rows(workers):
    results = training.measure(Wanted(["a"], levels=[7], batches=[1, 4]))
    assert training_report.trained_rows(results) == [
        ("a", "7", "128x64", "1", "10.0", "10.0", "10%", "9.00", "1200"),
        ("a", "7", "128x64", "4", "2.50", "10.0", "10%", "9.00", "1800"),
    ]
    assert training_report.memory_rows(results) == [
        ("a", "7", "128x64", "50", "11000", "extrapolated from batches of 1, 4")
    ]
    assert training_report.read_rows(results) == [
        ("a", "128x64", "files", "15.0"),
        ("a", "128x64", "scenes drawn on the fly", "15.0"),
    ]


@pytest.mark.parametrize(
    ("batches", "rows"),
    [([], 0), ([50], 0), ([2], 0), ([1, 2], 1), ([1, 50], 0)],
    ids=["own", "own, named", "one is no line", "two are", "measured"],
)
def test_memory_is_extrapolated_only_where_it_was_not_measured(workers, batches, rows):
    results = training.measure(Wanted(["a"], levels=[7], batches=batches))
    assert len(training_report.memory_rows(results)) == rows


def test_the_line_fits_all_batch_sizes():
    assert training_report.extrapolated({1: 100.0, 2: 130.0, 3: 130.0}, 10) == pytest.approx(240.0)


def test_tables_line_up():
    text = training_report.table(("name", "number"), [("a", "1.5"), ("long name", "12")])
    assert text.splitlines() == [
        "| name      | number |",
        "| --------- | -----: |",
        "| a         |    1.5 |",
        "| long name |     12 |",
    ]


def test_nothing_is_overwritten(tmp_path, workers, capsys):
    out = tmp_path / "results.json"
    out.write_text("mine")
    assert main(["training", "a", "--out", str(out)]) == 2
    assert (out.read_text(), list(workers)) == ("mine", [])
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
def test_a_real_training(tmp_path, capsys):
    """Level 2 of the smallest pyramid starts from untrained weights of level 3."""
    out, page = tmp_path / "results.json", tmp_path / "results.md"
    command = ["training", "smoke", "--levels", "2", "--batch", "1,3", "--crop", "64", "--steps", "3"]
    assert main([*command, "--out", str(out), "--markdown", str(page)]) == 0
    content = json.loads(out.read_text())
    assert content["format"] == training.FORMAT
    assert [one["sample"]["batch"] for one in content["trained"]] == [1, 3]
    for one in content["trained"]:
        measured = one["sample"]
        assert (measured["network"], measured["crop"], measured["own_batch"]) == ("pynet_mobile", [64, 64], 2)
        assert len(measured["step_s"]) == len(measured["waited_s"]) == 3
        assert all(0 <= waited < step for waited, step in zip(measured["waited_s"], measured["step_s"], strict=True))
        assert measured["first_s"] > max(measured["step_s"])
        assert 100 < measured["baseline_mb"] < measured["peak_mb"]
    assert [(one["drawn"], one["sample"]["pictures"]) for one in content["read"]] == [(False, 6), (True, 6)]
    assert page.read_text() == capsys.readouterr().out


def test_a_recipe_that_does_not_exist_is_one_line(capsys):
    assert main(["training", "nonsense"]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line]
    assert line.startswith("error: nonsense level 1: recipe: ")
