"""Imports point one way, and what runs on a phone's files starts without tensorflow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pynet_bokeh", "export", "benchmark")
WITHOUT_TENSORFLOW = (
    "pynet_bokeh.images",
    "pynet_bokeh.metrics",
    "pynet_bokeh.runtime",
    "pynet_bokeh.gpu_runtime",
    "pynet_bokeh.tflite_graph",
    "pynet_bokeh.render",
    "pynet_bokeh.render_files",
    "pynet_bokeh.evaluate",
    "pynet_bokeh.predictors",
    "pynet_bokeh.data.scenes",
    "pynet_bokeh.data.pairs",
    "pynet_bokeh.data.photos",
    "pynet_bokeh.data.settings",
    "export.verify",
    "export.check_arm",
    "export.check_gpu",
    "export.raw_worker",
    "export.show",
    "export.__main__",
    "export.recipes",
    "export.request",
    "export.contents",
    "pynet_bokeh.models.sizes",
    "export.scoring",
    "export.layer_errors",
    "benchmark.training",
    "benchmark.training_worker",
    "benchmark.worker",
    "benchmark.__main__",
)


def imports(path):
    """Every module that a file imports, at any depth, by full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(folder, *forbidden):
    return [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for module in imports(path)
        if module.startswith(forbidden)
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("pynet_bokeh", ("export", "benchmark", "android_demo")),
        ("export", ("benchmark", "android_demo")),
        ("benchmark", ("export", "android_demo", "tensorflow", "tf_keras")),
        ("android_demo", ("export", "benchmark", "tensorflow", "tf_keras", "ai_edge_litert", "numpy", "cv2", "PIL")),
        ("pynet_bokeh/models", ("pynet_bokeh.training", "pynet_bokeh.data")),
        ("pynet_bokeh/data", ("pynet_bokeh.training", "pynet_bokeh.models")),
    ],
)
def test_imports_point_one_way(folder, forbidden):
    assert offenders(folder, *forbidden) == []


def importers(module):
    return {line.split()[0] for package in PACKAGES for line in offenders(package, module)}


def test_a_tflite_is_opened_by_the_two_runtimes_and_read_in_one_place():
    reading = {"pynet_bokeh/tflite_graph.py", "benchmark/probe_models.py"}  # that one writes models of its own
    assert importers("ai_edge_litert.schema_py_generated") == reading
    assert importers("ai_edge_litert") - reading == {"pynet_bokeh/runtime.py", "pynet_bokeh/gpu_runtime.py"}


def test_pictures_are_decoded_in_one_place():
    pictures = {"pynet_bokeh/images.py", "pynet_bokeh/decoding.py"}
    assert importers("PIL") - {"pynet_bokeh/contact_sheet.py"} == pictures  # that one writes captions
    assert importers("pynet_bokeh.decoding") == {"pynet_bokeh/images.py"}


@pytest.mark.parametrize("module", WITHOUT_TENSORFLOW)
def test_these_start_without_tensorflow(module):
    heavy = "('tensorflow', 'tf_keras', 'keras')"
    code = f"import {module}, sys; sys.exit(any(name.startswith({heavy}) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
