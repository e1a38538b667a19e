"""Both files of an artifact whole, or neither; their schema."""

import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from export import artifact

ROOT = Path(__file__).parents[2]


def test_an_artifact_is_both_files(tmp_path):
    model = tmp_path / "export" / "x.tflite"
    artifact.write(model, b"content", {"network": "n"})
    sidecar = json.loads(artifact.sidecar_path(model).read_text())
    assert (sidecar["file"], sidecar["bytes"], sidecar["network"]) == ("x.tflite", 7, "n")
    assert sidecar["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert sorted(path.name for path in model.parent.iterdir()) == ["x.json", "x.tflite"]


def test_a_model_that_failed_has_another_name():
    assert artifact.failed_path(Path("a/x_64x64.tflite")) == Path("a/x_64x64_failed.tflite")


@pytest.mark.parametrize("older", [False, True])
def test_when_the_disk_is_full_nothing_half_written_is_left(tmp_path, older):
    """A process that may write no file larger than 64 KiB gets the kernel's own refusal in the middle of the model."""
    model = tmp_path / "x.tflite"
    if older:
        artifact.write(model, b"older", {})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = subprocess.run(
        [sys.executable, "-c", _WRITE, str(model)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
    )
    assert done.stdout.strip() == f"{model}: can't be written (File too large)"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


_WRITE = """
import sys
from pathlib import Path
from export import artifact
from pynet_bokeh.errors import UserError
try:
    artifact.write(Path(sys.argv[1]), bytes(200_000), {})
except UserError as error:
    print(error)
"""
