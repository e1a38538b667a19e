"""The results file."""

import json

import pytest

from benchmark import results
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
