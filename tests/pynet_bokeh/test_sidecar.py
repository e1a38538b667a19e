"""What export wrote beside a model."""

import hashlib
import json

import pytest

from pynet_bokeh import sidecar
from pynet_bokeh.errors import UserError


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({}, None),
        ({"verification": {"failures": []}}, None),
        ({"verification": {"failures": ["one dB"]}}, "failed its verification: one dB"),
        ({"verification": {"failures": ["one dB", "two", "three"]}}, "failed its verification: one dB (and 2 more)"),
        ({"verification": "of another format"}, None),
    ],
)
def test_what_failed(content, told, tmp_path):
    model = tmp_path / "m.tflite"
    model.with_suffix(".json").write_text(json.dumps(content))
    assert sidecar.read(model) == content
    assert sidecar.failure(content) == told
    assert sidecar.warning(model) == (told and f"warning: {model}: {told}")


def test_a_file_that_was_changed_since_is_told(tmp_path):
    model = tmp_path / "m.tflite"
    model.write_bytes(b"as it was")
    model.with_suffix(".json").write_text(json.dumps({"sha256": hashlib.sha256(b"as it was").hexdigest()}))
    assert sidecar.warning(model) is None
    model.write_bytes(b"damaged")
    assert sidecar.warning(model) == f"warning: {model}: is not the file that m.json describes (its SHA-256 differs)"


def test_without_a_sidecar_nothing_is_known(tmp_path):
    assert sidecar.read(tmp_path / "m.tflite") == {}
    assert sidecar.warning(tmp_path / "m.tflite") is None


def test_what_is_no_sidecar(tmp_path):
    (tmp_path / "m.json").write_text("[1]")
    with pytest.raises(UserError, match=r"m\.json: a sidecar is a JSON object; received a list"):
        sidecar.read(tmp_path / "m.tflite")
    assert sidecar.warning(tmp_path / "m.tflite") is None
