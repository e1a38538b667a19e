"""The demo's Java engine runs real models in TFLite's own native library, the one that the APK packs for x86_64."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

import android_native
import android_renders
from benchmark.models import ModelFacts
from benchmark.records import from_json
from benchmark.samples import Effort, Latency, Memory, Setting
from benchmark.statistics import summarize

pytestmark = pytest.mark.xdist_group("android_java")
TFLITE = "tensorflow-lite-2.16.1.aar"


@pytest.fixture(scope="module")
def native(jvm, tmp_path_factory):
    return android_native.prepare(jvm.aars[TFLITE], tmp_path_factory.mktemp("native"))


@pytest.fixture
def run_engine(jvm, native):
    """Runs a test class with the native library."""

    def run(name, reference):
        return jvm.junit(
            name,
            properties={"reference": reference, "java.library.path": native},
            environment={**os.environ, "LD_LIBRARY_PATH": str(native)},
        )

    return run


def models_with_sidecars(tiny_models, folder, *names):
    models = []
    for name in names:
        models.append(folder / f"{name}.tflite")
        shutil.copyfile(tiny_models / f"{name}.tflite", models[-1])
        sidecar = android_renders.sidecar_of(models[-1], quantization="int8" if name == "int8" else "fp32")
        models[-1].with_suffix(".json").write_text(json.dumps(sidecar))
    return models


def test_small_models(run_engine, tiny_models, tmp_path):
    models = models_with_sidecars(tiny_models, tmp_path, "focus", "int8", "strength")
    android_renders.write_inference(tmp_path, models, tolerance={"xnnpack": 1, "builtin": 1})
    printed = run_engine("engine.TfliteEngineTest", tmp_path)
    assert "Created TensorFlow Lite XNNPACK delegate for CPU" in printed
    assert printed.count("differs by") == 3 * len(models)


def test_a_benchmarks_result_can_be_read(run_engine, tiny_models, tmp_path):
    models = models_with_sidecars(tiny_models, tmp_path, "int8")
    android_renders.write_inference(tmp_path, models, tolerance={"xnnpack": 1, "builtin": 1})
    run_engine("bench.BenchmarkOfAModelTest", tmp_path)
    result = json.loads((tmp_path / "benchmark.json").read_text())
    assert (result["format"], result["format_version"]) == ("pynet-bokeh device benchmark", 1)
    effort = from_json(Effort, result["effort"], where="effort")
    assert (effort.warmup, effort.min_runs, effort.max_runs) == (2, 6, 6)
    facts = from_json(ModelFacts, result["model"], where="model")
    assert facts.sha256 == hashlib.sha256(models[0].read_bytes()).hexdigest()
    assert {tensor.name: tensor.dtype for tensor in facts.inputs} == {"image": "uint8", "focus": "uint8"}
    settings = []
    for measured in result["measurements"]:
        settings.append(from_json(Setting, measured["setting"], where="setting"))
        latency = from_json(Latency, measured["latency"], where="latency")
        summary = summarize([latency])
        assert measured["summary"]["median_ms"] == pytest.approx(summary.median)
        assert measured["summary"]["p90_ms"] == pytest.approx(summary.p90)
        memory = from_json(Memory, measured["memory"], where="memory")
        assert 0 < memory.baseline_mb <= memory.peak_mb
    assert settings == [Setting(kernels, threads) for kernels in ("xnnpack", "builtin") for threads in (1, 2)]
    (failure,) = result["failures"]
    assert failure["setting"] == {"kernels": "gpu", "threads": 2}
    assert "not in this build" in failure["reason"]


@pytest.mark.slow
def test_the_shipped_model(run_engine, tmp_path):
    """The exported network. XNNPACK has kept its arithmetic; the built-in int8 kernels of 2.16.1 round otherwise."""
    export = [sys.executable, "-m", "export", "tflite", "pynet_mobile", "--quant", "fp32,ptq_int8", "--size", "512x512"]
    subprocess.run([*export, "--out", str(tmp_path)], check=True)
    models = sorted(tmp_path.glob("*.tflite"))
    android_renders.write_inference(tmp_path, models, tolerance={"xnnpack": 1, "builtin": 8})
    printed = run_engine("engine.TfliteEngineTest", tmp_path)
    assert printed.count("differs by") == 6
