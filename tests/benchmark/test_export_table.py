"""Sidecars and a benchmark as one table."""

import dataclasses
import json

import pytest

from benchmark import __main__ as command
from benchmark import results as records
from benchmark.export_table import markdown
from pynet_bokeh.errors import UserError


@pytest.fixture
def exports(fake_results, tmp_path):
    """Results whose models lie in a folder with sidecars."""
    models = []
    for number, model in enumerate(fake_results.models):
        path = tmp_path / f"{model.name}.tflite"
        figures = {"pictures": 5, "psnr": 50.0 + number, "min_psnr": 40.0 + number}
        figures |= {"mean_ssim": 0.99, "worst_pixel": 0.125}
        verification = {"kernels": {"xnnpack": figures}, "target": {"pictures": 2, "drop": 0.01 * number}}
        sidecar = {"sha256": model.sha256, "verification": verification}
        path.with_suffix(".json").write_text(json.dumps(sidecar))
        models.append(dataclasses.replace(model, path=str(path), quantization=f"recipe_{model.name}"))
    return dataclasses.replace(fake_results, models=models)


def cells(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_each_model_has_its_figures_in_one_line(exports):
    heads, _, *lines = cells(markdown(exports))
    assert ", ".join(heads) == (
        "recipe, file, to the float network, lowest, SSIM, worst pixel, lost, 1 thread, 4 threads, peak memory"
    )
    assert [line[0] for line in lines] == ["recipe_c", "recipe_b", "recipe_a"]  # the nearest first
    second = lines[1]
    assert second[2:7] == ["51.0 dB", "41.0 dB", "0.9900", "0.125", "+0.010 dB"]
    for text, threads in zip(second[7:9], (1, 4), strict=True):
        (one,) = (
            one
            for one in exports.measurements
            if (one.model, one.setting.kernels, one.setting.threads) == ("b", "xnnpack", threads)
        )
        assert text == f"{one.summary().median:.1f} ms"


def test_a_sidecar_of_another_file_is_refused(exports, tmp_path):
    sidecar = tmp_path / "b.json"
    sidecar.write_text(sidecar.read_text().replace(exports.models[1].sha256, "0" * 64))
    with pytest.raises(UserError, match=r"b\.json: belongs to another file than the one that was measured"):
        markdown(exports)


def test_a_model_that_was_never_verified_is_refused(exports, tmp_path):
    sidecar = tmp_path / "b.json"
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"verification": None}))
    with pytest.raises(UserError, match=r"b\.json: has no verification figures"):
        markdown(exports)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "a sidecar is a JSON object; received a list"),
        ({"verification": {"kernels": {}}}, "not what export tflite writes .KeyError: 'xnnpack'"),
        (
            {
                "verification": {
                    "kernels": {"xnnpack": {"pictures": 5, "psnr": "high", "min_psnr": 40, "worst_pixel": 0}}
                }
            },
            "not what .*numbers are wanted",
        ),
        ({"verification": "fine"}, "not what export tflite writes"),
    ],
)
def test_a_sidecar_of_another_kind_is_one_line(exports, tmp_path, content, message):
    sidecar = tmp_path / "b.json"
    extra = {"sha256": exports.models[1].sha256} if isinstance(content, dict) else {}
    sidecar.write_text(json.dumps({**content, **extra} if extra else content))
    with pytest.raises(UserError, match=rf"b\.json: {message}") as caught:
        markdown(exports)
    assert "\n" not in str(caught.value)
    sidecar.unlink()
    with pytest.raises(UserError, match=r"b\.json: no sidecar there"):
        markdown(exports)


def test_the_command_writes_the_table_and_overwrites_nothing_unasked(exports, tmp_path, capsys):
    records.write(tmp_path / "results" / "r.json", exports)
    arguments = ["exports", str(tmp_path / "results" / "r.json"), "--out", str(tmp_path / "table.md")]
    assert command.main(arguments) == 0
    assert (tmp_path / "table.md").read_text() == capsys.readouterr().out
    assert command.main(arguments) == 2
    assert "exists already" in capsys.readouterr().err
