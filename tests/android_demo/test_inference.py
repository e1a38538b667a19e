"""The demo's Java engine runs real models in TFLite's own native library, the one that the APK packs for x86_64."""

import json
import os
import shutil
import subprocess
import sys

import android_native
import android_reference
import pytest

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


def test_small_models(run_engine, tiny_models, tmp_path):
    models = []
    for name in ("focus", "int8", "strength"):
        models.append(tmp_path / f"{name}.tflite")
        shutil.copyfile(tiny_models / f"{name}.tflite", models[-1])
        sidecar = android_reference.sidecar_of(models[-1], quantization="int8" if name == "int8" else "fp32")
        models[-1].with_suffix(".json").write_text(json.dumps(sidecar))
    android_reference.write_inference(tmp_path, models, tolerance={"xnnpack": 1, "builtin": 1})
    printed = run_engine("engine.TfliteEngineTest", tmp_path)
    assert "Created TensorFlow Lite XNNPACK delegate for CPU" in printed
    assert printed.count("differs by") == 3 * len(models)


@pytest.mark.slow
def test_the_shipped_model(run_engine, tmp_path):
    """The exported network itself. XNNPACK has kept its arithmetic; the built-in int8 kernels of 2.16.1 round otherwise."""
    export = [sys.executable, "-m", "export", "tflite", "pynet_mobile", "--quant", "fp32,ptq_int8", "--size", "512x512"]
    subprocess.run([*export, "--out", str(tmp_path)], check=True)
    models = sorted(tmp_path.glob("*.tflite"))
    android_reference.write_inference(tmp_path, models, tolerance={"xnnpack": 1, "builtin": 8})
    printed = run_engine("engine.TfliteEngineTest", tmp_path)
    assert printed.count("differs by") == 6
