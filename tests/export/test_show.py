import dataclasses
import hashlib
import json

import pytest

from export import artifact, show
from export.__main__ import main
from export.recipes import RECIPES

RECIPE = {
    "name": "mine",
    "summary": "in short",
    "weights": "int8",
    "activations": "int8",
    "calibration": {"pictures": 24, "wide_open": 8},
    "finetune": {"steps": 150},
}


@pytest.fixture
def model(tiny_models, tmp_path):
    """A copy that may get a sidecar."""
    path = tmp_path / "int8.tflite"
    path.write_bytes((tiny_models / "int8.tflite").read_bytes())
    return path


def test_without_a_sidecar_the_file_speaks_for_itself(model, capsys):
    assert main(["show", str(model)]) == 0
    said = capsys.readouterr().out
    assert "image [1×64×64×3] uint8, real value = 0.0039" in said
    assert "sidecar     none (int8.json is not there)" in said
    assert "[1×64×64×3] int8" in said


def test_another_files_sidecar_is_refused(model, capsys):
    artifact.sidecar_path(model).write_text(json.dumps({"sha256": hashlib.sha256(b"").hexdigest()}))
    assert main(["show", str(model)]) == 2
    assert "int8.json: describes another file than int8.tflite" in capsys.readouterr().err
    artifact.sidecar_path(model).write_text("[]")
    assert main(["show", str(model)]) == 2
    assert "int8.json: a sidecar is a JSON object; received a list" in capsys.readouterr().err


def test_a_sidecar_that_lacks_something_is_named(model, capsys):
    artifact.sidecar_path(model).write_text(json.dumps({"sha256": hashlib.sha256(model.read_bytes()).hexdigest()}))
    assert main(["show", str(model)]) == 2
    assert "int8.json: not a sidecar of this version of the project ('picture_size' is missing)" in (
        capsys.readouterr().err
    )


def test_all_of_a_sidecar_is_shown(model):
    kernels = {
        "pictures": 2,
        "psnr": 45.25,
        "min_psnr": 41.0,
        "min_psnr_picture": "photo.jpg",
        "mean_ssim": None,
        "worst_pixel": 0.125,
    }
    sidecar = {
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "network": "net",
        "network_config": {"size": "S"},
        "level": 3,
        "picture_size": {"height": 64, "width": 128},
        "parameters": 12345,
        "macs": 2_000_000_000,
        "origin": {
            "run": "first",
            "training": "recipe",
            "weights_sha256": "a" * 64,
            "recipe": RECIPE,
        },
        "finetuned": 100,
        "verification": {"kernels": {"xnnpack": kernels}, "failures": ["too far"]},
        "git_revision": None,
        "versions": {"python": "3.11"},
    }
    artifact.sidecar_path(model).write_text(json.dumps(sidecar))
    said = show.describe(model)
    for part in ("128×64, level 3", "12,345 parameters, 2.000 GMAC", "mine: in short", "lowest 41.0 (photo.jpg),"):
        assert part in said
    for part in ("45.2 dB to the float network", "FAILED      too far", "run first", "revision unknown", "python 3.11"):
        assert part in said
    assert "settings    int8 weights, int8 activations; calibrated on 24 pictures, 8 once more wide open; fine" in said


@pytest.mark.parametrize(
    ("steps", "best", "said"),
    [
        (150, 100, "fine-tuned, the best weights after 100 of 150 steps"),
        (150, 0, "not fine-tuned: 150 steps found nothing better than calibration"),
        (0, 0, "not fine-tuned (finetune.steps 0)"),
    ],
)
def test_what_was_not_fine_tuned_is_not_called_so(steps, best, said):
    assert show._settings({**RECIPE, "finetune": {"steps": steps}}, {"finetuned": best}).split("; ")[-1] == said


def test_a_built_in_recipe_that_was_changed_is_not_described_by_its_summary():
    """As exports of one name once were."""
    recipe = json.loads(json.dumps(dataclasses.asdict(RECIPES["qat_int8"])))
    assert show._described(recipe).endswith("then fine-tuned as int8")
    recipe["finetune"]["steps"] = 0
    assert show._described(recipe) == "qat_int8: with finetune.steps 0 instead of 150"


def test_a_folder_shows_its_models(model, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "second.tflite").write_bytes(model.read_bytes())
    assert main(["show", str(tmp_path), str(model)]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith(" ")]
    assert [line.partition(":")[0] for line in heads] == [str(model), str(tmp_path / "second.tflite")]
    (tmp_path / "bad.tflite").write_bytes(model.read_bytes()[:100])
    assert main(["show", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out.count("SHA-256") == 0 and out.count(" operators\n") == 2
    assert err == f"error: {tmp_path / 'bad.tflite'}: a damaged .tflite file; was it copied whole?\n"
    assert main(["show", str(tmp_path / "empty")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'empty'}: no .tflite file in this folder\n"


def test_types_are_those_of_the_file(model, tiny_models):
    assert "int8 (read from the file)" in show.describe(model)
    floating = show.describe(tiny_models / "focus.tflite")
    assert "float32 (read from the file)" in floating and "1 CONV_2D float32" in floating
