"""What export wrote beside a model."""

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


def test_without_a_sidecar_nothing_is_known(tmp_path):
    assert sidecar.read(tmp_path / "m.tflite") == {}
    assert sidecar.warning(tmp_path / "m.tflite") is None


def test_what_is_no_sidecar(tmp_path):
    (tmp_path / "m.json").write_text("[1]")
    with pytest.raises(UserError, match=r"m\.json: a sidecar is a JSON object; received a list"):
        sidecar.read(tmp_path / "m.tflite")
    assert sidecar.warning(tmp_path / "m.tflite") is None
