"""The results file."""

import dataclasses
import json
import math

import pytest

from benchmark import results
from benchmark.__main__ import main
from benchmark.samples import STAGES, PhotoCost
from pynet_bokeh.errors import UserError


def test_written_and_read_again(fake_results, tmp_path):
    results.write(tmp_path / "results.json", fake_results)
    assert results.read(tmp_path / "results.json") == fake_results


def test_what_the_file_holds(fake_results, tmp_path):
    results.write(tmp_path / "results.json", fake_results)
    content = json.loads((tmp_path / "results.json").read_text())
    assert (content["format"], content["format_version"]) == ("pynet-bokeh benchmark", 1)
    assert {"cpu", "cores", "os", "python", "litert", "load_average"} <= set(content["machine"])
    assert {"name", "bytes", "sha256", "quantization", "inputs", "outputs"} <= set(content["models"][0])
    assert len(content["measurements"][0]["rounds"][0]["samples_ms"]) == 10


def test_other_files_are_refused(fake_results, tmp_path):
    path = tmp_path / "results.json"
    path.write_text("[]")
    with pytest.raises(UserError, match="not a file of benchmark results"):
        results.read(path)
    results.write(path, fake_results)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "format_version": 2}))
    with pytest.raises(UserError, match="format version 1 is read here; received 2"):
        results.read(path)
    content["measurements"][1]["setting"]["threads"] = "many"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"measurements\[1\]\.setting\.threads: int is wanted"):
        results.read(path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("models.0.bytes", 0, r"models\[0\]\.bytes: above 0 is wanted; received 0"),
        ("measurements.1.model", "z", r"measurements\[1\]\.model: one of a, b, c is wanted; received 'z'"),
        ("measurements.1.setting.kernels", "npu", "kernels: xnnpack, builtin, gpu is wanted; received 'npu'"),
        ("measurements.0.setting.threads", 0, "threads: above 0"),
        ("measurements.0.rounds", [], "rounds: one or more are wanted"),
        ("measurements.0.rounds.1.samples_ms", [], r"rounds\[1\]: samples_ms or reported is wanted"),
        ("measurements.0.rounds.1.samples_ms.2", 0, r"rounds\[1\]: times in ms: above 0"),
        ("measurements.0.rounds.1.samples_ms.2", math.nan, r"samples_ms\[2\]: a finite number is wanted; received nan"),
        ("measurements.0.rounds.1.disturbed", [True], r"disturbed: one for each sample \(10\); received 1"),
        ("measurements.0.memory.peak_mb", 0, "peak_mb: above 0"),
        ("measurements.0.photo.stages_ms.run", [], r"stages_ms: times of decode, .* are wanted, as many of each"),
    ],
)
def test_what_can_t_have_been_measured_is_one_line(fake_results, tmp_path, capsys, place, value, message):
    photo = PhotoCost(4, 3, 99, {stage: [1.0, 2.0] for stage in STAGES}, 50.0)
    first, *others = fake_results.measurements
    path = tmp_path / "results.json"
    results.write(
        path, dataclasses.replace(fake_results, measurements=[dataclasses.replace(first, photo=photo), *others])
    )
    assert main(["table", str(path)]) == 0
    content = inner = json.loads(path.read_text())
    *way, last = [int(word) if word.isdecimal() else word for word in place.split(".")]
    for word in way:
        inner = inner[word]
    inner[last] = value
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=message) as caught:
        results.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert main(["table", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
