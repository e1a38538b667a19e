import hashlib
import json

import pytest

from export import artifact, show
from export.__main__ import main


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


def test_a_sidecar_that_lacks_something_is_named(model, capsys):
    artifact.sidecar_path(model).write_text(json.dumps({"sha256": artifact.sha256(model)}))
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
        "sha256": artifact.sha256(model),
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
            "recipe": {"name": "ptq_int8", "summary": "in short"},
        },
        "verification": {"kernels": {"xnnpack": kernels}, "failures": ["too far"]},
        "git_revision": None,
        "versions": {"python": "3.11"},
    }
    artifact.sidecar_path(model).write_text(json.dumps(sidecar))
    said = show.describe(model)
    for part in ("128×64, level 3", "12,345 parameters, 2.000 GMAC", "ptq_int8: in short", "lowest 41.0 (photo.jpg),"):
        assert part in said
    for part in ("45.2 dB to the float network", "FAILED      too far", "run first", "revision unknown", "python 3.11"):
        assert part in said
