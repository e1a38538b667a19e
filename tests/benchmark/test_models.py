"""Telling models apart, and reading their sidecars."""

import hashlib
import json

import pytest

from benchmark import models
from benchmark.samples import Signature
from pynet_bokeh.errors import UserError

NOTHING = Signature(inputs=[], outputs=[])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0JFIF", r"photo\.jpg: a \.tflite file is wanted; received \.jpg"),
        ("photo.tflite", b"\xff\xd8\xff\xe0JFIF", r"photo\.tflite: not a \.tflite file"),
        ("empty.tflite", b"", r"empty\.tflite: not a \.tflite file"),
    ],
)
def test_what_is_no_model(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        models.check(tmp_path / name)


def test_names_are_as_short_as_they_can_be(tmp_path):
    paths = [tmp_path / "one/int8.tflite", tmp_path / "two/int8.tflite", tmp_path / "one/fp32.tflite"]
    assert models.names(paths) == ["one/int8", "two/int8", "fp32"]


def test_facts_come_from_file_and_sidecar(stand_ins):
    path = stand_ins[0]
    bare = models.facts(path, name="a", signature=NOTHING)
    assert (bare.bytes, bare.quantization, bare.network) == (1_000_000, None, None)
    assert bare.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps({"network": "pynet_mobile", "quantization": "qat_int8"}))
    known = models.facts(path, name="a", signature=NOTHING)
    assert (known.network, known.quantization) == ("pynet_mobile", "qat_int8")


def test_a_broken_sidecar_is_named(stand_ins):
    stand_ins[0].with_suffix(".json").write_text("{")
    with pytest.raises(UserError, match=r"a\.json: not a readable JSON file"):
        models.facts(stand_ins[0], name="a", signature=NOTHING)
