"""The APK's own library for ARM64, TFLite and XNNPACK in it, runs models under qemu."""

import json
import subprocess
import sys

import numpy as np
import pytest

import android_native
from android_demo.apk import layout, packing
from export import debian
from pynet_bokeh import images
from pynet_bokeh.photos import bundled_photos
from pynet_bokeh.render import finish, prepare
from pynet_bokeh.runtime import TflitePredictor

pytestmark = pytest.mark.xdist_group("android_java")
AAR = "tensorflow-lite-2.16.1.aar"
SECONDS = 300


@pytest.fixture(scope="module")
def arm(jvm, tmp_path_factory):
    """The folder with the library and the program that runs it."""
    if not debian.is_there(debian.QEMU):
        pytest.skip("ANDROID'S ARM64 LIBRARY DOESN'T RUN: no qemu; make emulators")
    folder = android_native.prepare(jvm.aars[AAR], tmp_path_factory.mktemp("arm"), android_native.ARM)
    android_native.arm_host(folder)
    return folder


def run(arm, model, predictor, seen, folder, *, threads=2):
    """What comes out of the network for `seen`, [h,w,3] in [0,1], by Android's library; and what the library said."""
    output, made = predictor._output, folder / "made.bin"
    given = []
    for tensor, value in zip((predictor._image, predictor._map, predictor._opening), seen, strict=True):
        if tensor is not None:
            path = folder / f"{tensor.name}.bin"
            tensor.quantize(np.asarray(value, np.float32).reshape(tensor.shape)).tofile(path)
            given.append(f"{tensor.name}={path}")
    done = subprocess.run(
        [
            *(debian.folder(debian.QEMU) / debian.QEMU.proof, "-L", android_native.ARM_ROOT),
            *("-E", f"LD_LIBRARY_PATH={arm}", arm / "arm_host", model, str(threads)),
            *(f"{output.name}={made}", *given),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    stored = np.fromfile(made, output.dtype).reshape(output.shape)
    return np.clip(output.dequantize(stored)[0], 0, 1), done.stdout


def render_by_it(arm, model, photo, folder):
    """A bundled photo by Android's library, the steps before and after the network by Python; and by Python alone."""
    predictor = TflitePredictor(model, threads=2)
    pixels, focus = images.read_image(photo.path), images.read_map(photo.focus) if predictor.extra else None
    prepared = prepare(predictor, pixels, extra=focus, strength=0.8)
    after, said = run(arm, model, predictor, prepared.seen, folder)
    assert "Created TensorFlow Lite XNNPACK delegate for CPU" in said
    wanted = predictor(*prepared.seen)
    return finish(predictor, pixels, prepared, after), finish(predictor, pixels, prepared, wanted)


def test_small_models_render_as_here(arm, tiny_models, tmp_path):
    for name in ("focus", "int8", "strength"):
        made, wanted = render_by_it(arm, tiny_models / f"{name}.tflite", bundled_photos()[0], tmp_path)
        assert np.abs(made.astype(int) - wanted).max() <= 1, name


def test_what_is_no_model_is_refused(arm, tmp_path):
    wrong = tmp_path / "wrong.tflite"
    wrong.write_bytes(b"TFL3" * 100)
    command = [debian.folder(debian.QEMU) / debian.QEMU.proof, "-L", android_native.ARM_ROOT]
    command += ["-E", f"LD_LIBRARY_PATH={arm}", arm / "arm_host", wrong, "1", "a=b", "c=d"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert "not a model" in done.stderr


def test_it_is_the_library_of_the_apk(arm, built):
    """Byte for byte."""
    (packed,) = (one for name, one in packing.entries(built.apk) if name == f"lib/arm64-v8a/{android_native.LIBRARY}")
    assert packed == (arm / android_native.LIBRARY).read_bytes()


@pytest.mark.slow
def test_the_shipped_model(arm, tmp_path):
    """As the app has it, 1024 x 1024: int8 is bit-exact with this machine's LiteRT."""
    export = [sys.executable, "-m", "export", "tflite", "pynet_mobile", "--quant", "ptq_int8", "--size", "1024x1024"]
    subprocess.run([*export, "--out", str(tmp_path)], check=True, cwd=layout.ROOT)
    (model,) = tmp_path.glob("*.tflite")
    assert json.loads(model.with_suffix(".json").read_text())["quantization"] == "ptq_int8"
    for photo in bundled_photos():
        made, wanted = render_by_it(arm, model, photo, tmp_path)
        assert np.array_equal(made, wanted)
