"""The search by itself, on losses that are known, and on a small run; and what inspect finds in a damaged graph."""

import csv
import dataclasses
import re
import shlex
import types

import numpy as np
import pytest

from export import __main__ as command
from export import recipes, search
from export.inspection import inspect
from export.verify import Case
from export.workbench import workbench
from pynet_bokeh.errors import UserError
from small_runs import finished_run

COSTS = {"a": 5.0, "b": 3.0, "c": 1.0, "d": 0.5, "e": 0.0}
SIZE = (64, 64)


def drop_with(floats):
    return sum(cost for layer, cost in COSTS.items() if layer not in floats)


@pytest.mark.parametrize(
    ("most", "kept"),
    [(9.5, ()), (9.0, ("a",)), (4.5, ("a",)), (4.4, ("a", "b")), (0.5, ("a", "b", "c")), (0.0, ("a", "b", "c", "d"))],
)
def test_the_fewest_layers_by_known_costs(most, kept):
    assert search.fewest(list(COSTS), drop_with, most) == kept


def test_a_layer_that_turns_out_not_to_be_needed_is_left_out():
    order = ["d", "a", "b", "c", "e"]  # d alone looked costliest
    assert set(search.fewest(order, drop_with, 1.6)) == {"a", "b"}


def test_what_cannot_be_reached_is_said():
    with pytest.raises(UserError, match=r"--max-drop-db -1: every layer float still loses 0 dB"):
        search.fewest(list(COSTS), drop_with, -1.0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    settings = "network_config={channels = [4, 4, 4, 4, 4, 4], blocks = 1}", "data.validation_count=2"
    return finished_run(tmp_path_factory.mktemp("search") / "run", *settings, spread=0.03)


@pytest.fixture(scope="module")
def recipe():
    settings = ["calibration.pictures=4", "calibration.wide_open=0"]
    (recipe,) = recipes.changed(recipes.chosen("ptq_int8"), settings)
    return recipe


@pytest.mark.xdist_group("search")
def test_a_layer_whose_range_is_wrong_stands_first(run, recipe):
    with workbench(run.folder, recipe, 1, SIZE) as prepared:
        whole = prepared.ranges["level2_picture"]
        prepared.ranges["level2_picture"] = (0.0, whole[1] / 4)
        chosen = {"level2_picture", "level2_keep_blend", "level5_lift", "level1_keep"}
        others = tuple(layer for layer in prepared.layers if layer not in chosen)
        worst, *rest = inspect(_only(prepared, others), progress=False)
        assert worst.layer == "level2_picture"
        assert worst.operators == "ADD"
        assert worst.clipped > 0.2
        assert worst.seen_high > 2 * worst.high
        assert worst.share > 0.8
        assert {report.layer for report in rest} == chosen - {"level2_picture"}
        kept = [report for report in rest if report.layer == "level1_keep"]
        assert kept[0].clipped < 0.01


def _only(prepared, others):
    return dataclasses.replace(prepared, recipe=prepared.with_float(others))


@pytest.mark.slow
def test_inspect_and_search_by_the_command_line(run, tmp_path, capsys):
    files = tmp_path / "seen", tmp_path / "mixed.toml"
    base = [str(run.folder), "--size", "64"]
    assert command.main(["inspect", *base, "--quant", "ptq_int8", "--top", "3", "--out", str(files[0])]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("ptq_int8: calibrating\nlayer ")
    rows = list(csv.DictReader((files[0] / "layers.csv").read_text().splitlines()))
    costs = [float(row["alone"]) for row in rows]
    assert costs == sorted(costs, reverse=True)
    assert np.isclose(sum(float(row["share"]) for row in rows), 1)
    assert (files[0] / "difference.png").stat().st_size > 0
    assert command.main(["search", *base, "--max-drop-db", "0.002", "--out", str(files[1])]) == 0
    said = capsys.readouterr().out
    assert "layers float: level" in said
    (found,) = recipes.load(files[1]).values()
    assert (found.name, found.limits.max_drop) == ("ptq_int8_mixed", 0.002)
    python, _, module, *words = shlex.split(said.splitlines()[-1].partition(": ")[2])
    assert (python, module) == ("python", "export")
    assert command.main([*words, "--out", str(tmp_path)]) == 0
    assert (tmp_path / "pynet_mobile_ptq_int8_mixed_64x64.tflite").is_file()


class Bench:
    """Stands for a workbench whose layers cost what COSTS says, and counts the files that it writes."""

    def __init__(self, cases):
        self.layers, self.cases, self.scorer, self.written = list(COSTS), cases, self, 0

    def write(self, name, floats=()):
        self.written += 1
        return floats

    def score(self, floats):
        return {"drop": drop_with(floats)}


TOLD = [Case("one", None, None, None, None, np.zeros(1))]


def test_where_all_is_well_nothing_is_searched():
    bench = Bench(TOLD)
    assert search.search(bench, 9.5, progress=False) == search.Found((), 9.5, 9.5, None)
    assert bench.written == 1


def test_what_cannot_be_reached_is_said_before_the_search(monkeypatch):
    bench = Bench(TOLD)
    monkeypatch.setitem(COSTS, "edges", 1e-4)
    with pytest.raises(UserError, match=r"--max-drop-db 0: every layer float still loses 0\.0001 dB"):
        search.search(bench, 0.0, progress=False)
    assert bench.written == 2


@pytest.mark.xdist_group("search")
def test_nothing_to_keep_float_is_said_and_no_recipe_written(run, tmp_path, capfd):
    out = tmp_path / "found.toml"
    base = ["search", str(run.folder), "--size", "64", "--out", str(out)]
    assert command.main([*base, "--max-drop-db", "20"]) == 0
    said, err = capfd.readouterr()
    *_, tried, last = said.splitlines()
    loss = re.fullmatch(r"0 layers float: ([+-]\d\.\d{3}) dB lost", tried)[1]
    assert last == (
        f"lost against the targets: {loss} dB all int8, at most 20 is allowed: no layer needs to stay float, no recipe "
        "was written"
    )
    assert "fully_quantize" not in err and "XNNPACK delegate" not in err
    assert not out.exists()


def test_a_found_recipe_has_not_a_built_in_name(recipe, tmp_path):
    """Whatever its file is called; and can be read back."""
    bench = types.SimpleNamespace(with_float=lambda layers: dataclasses.replace(recipe, summary='a "b"'))
    for name in ("mixed", "my own"):
        path = tmp_path / f"{name}.toml"
        search.write_recipe(bench, search.Found(("a",), 0.0, 1.0, (1, 1, 1)), path, 0.25)
        (found,) = recipes.load(path).values()
        assert found.name == f"ptq_int8_{name}" and found.name not in recipes.RECIPES
        assert found.limits.max_drop == 0.25


@pytest.mark.parametrize("name", ["tflite", "inspect", "search"])
def test_losses_weights_are_for_fine_tuning(name, tmp_path, capsys):
    """Said before anything is opened or made."""
    wrong = [name, str(tmp_path / "run"), "--quant", "ptq_int8", "--vgg-weights", "vgg.h5"]
    assert command.main(wrong) == 2
    assert capsys.readouterr().err == "error: --vgg-weights: for fine-tuning; ptq_int8 has none\n"


def test_inspect_wants_integers(run, capsys):
    assert command.main(["inspect", str(run.folder), "--quant", "fp16"]) == 2
    assert "a recipe of int8 or int16 activations is wanted; received fp16" in capsys.readouterr().err
