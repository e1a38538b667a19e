"""Networks with random weights."""

import dataclasses
import json
import math
from pathlib import Path

import jsonschema
import pytest

from export import show
from export.recipes import RECIPES
from export.untrained import export_untrained
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError

SCHEMA = json.loads((Path(show.__file__).parent / "sidecar_schema.json").read_text())


@pytest.mark.parametrize(
    "quantization", ["fp32", *(pytest.param(name, marks=pytest.mark.slow) for name in ("qat_int8", "int16x8", "mixed"))]
)
def test_every_weight_is_in_the_file_once(tmp_path, quantization):
    said = []
    arguments = {"quantization": quantization, "picture_size": (128, 128), "out": tmp_path, "report": said.append}
    path = export_untrained("pynet_mobile", **arguments)
    graph = tflite_graph.read(path)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    stored = sum(math.prod(tensor.shape) for tensor in graph.tensors if tensor.constant and tensor.shape)
    alike = 4 * 12  # the five averages of 2×2 pixels, not random, are stored once
    assert stored >= sidecar["parameters"] - alike
    assert path.stat().st_size > sidecar["parameters"] * (4 if quantization == "fp32" else 1)
    jsonschema.validate(sidecar, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):  # nor can it pass for a trained one's
        jsonschema.validate({key: value for key, value in sidecar.items() if key != "untrained"}, SCHEMA)
    assert sidecar["untrained"] is True and sidecar["verification"] is None
    assert sidecar["inputs"]["image"]["shape"] == [1, 128, 128, 3]
    assert sidecar["largest_tensors"][0]["bytes"] >= 64 * 64 * 13
    assert f"random weights, {quantization}" in show.describe(path)
    before = path.stat().st_mtime_ns
    assert export_untrained("pynet_mobile", **arguments) == path
    assert path.stat().st_mtime_ns == before and said[-1].endswith("up to date")


def test_one_of_other_settings_is_not_taken_for_the_same(tmp_path):
    """A recipe of that name in a user's file, or an older version of it."""
    arguments = {"picture_size": (64, 64), "out": tmp_path, "report": lambda line: None}
    export_untrained("pynet_mobile", quantization="fp32", **arguments)
    recipe = dataclasses.replace(RECIPES["fp32"], weights="float16")
    other = {"quantization": recipe, **arguments}
    with pytest.raises(UserError, match=r"exists already, of other settings \(weights float32 instead of float16"):
        export_untrained("pynet_mobile", **other)
    with pytest.raises(UserError, match="exists already, of other random weights or another version of this project"):
        export_untrained("pynet_mobile", quantization="fp32", seed=1, **arguments)
    path = export_untrained("pynet_mobile", force=True, **other)
    assert json.loads(path.with_suffix(".json").read_text())["types"]["weights"].keys() == {"float16"}
