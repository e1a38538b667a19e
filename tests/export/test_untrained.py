"""Networks with random weights."""

import json
import math

import pytest

from export import show
from export.untrained import export_untrained
from pynet_bokeh import tflite_graph


@pytest.mark.slow
@pytest.mark.parametrize("quantization", ["fp32", "qat_int8", "int16x8", "mixed"])
def test_every_weight_is_in_the_file_once(tmp_path, quantization):
    said = []
    arguments = {"quantization": quantization, "picture_size": (128, 128), "out": tmp_path, "report": said.append}
    path = export_untrained("pynet_mobile", **arguments)
    graph = tflite_graph.read(path)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    stored = sum(math.prod(tensor.shape) for tensor in graph.tensors if tensor.constant and tensor.shape)
    assert stored >= sidecar["parameters"]
    assert path.stat().st_size > sidecar["parameters"] * (4 if quantization == "fp32" else 1)
    assert sidecar["untrained"] is True and sidecar["verification"] is None
    assert f"random weights, {quantization}" in show.describe(path)
    before = path.stat().st_mtime_ns
    assert export_untrained("pynet_mobile", **arguments) == path
    assert path.stat().st_mtime_ns == before and said[-1].endswith("up to date")
