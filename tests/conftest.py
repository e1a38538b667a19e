"""What tests of several folders share: tiny .tflite models and fake predictors."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

SIDE = 64


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory) -> Path:
    """A folder of .tflite models that return the image, made once by a process that has tensorflow, whatever the
    number of test workers.

    `focus` float32, image and focus [64,64] → bokeh = image where the focus is 1, half of it where the focus is 0;
    `int8` the same, uint8 in and out; `double` float32, image [32,32] → bokeh [64,64] by nearest neighbour; `plain`
    float32, image alone; `strength` image and strength → their product; `wrong` one [4] vector in and out; `coarse`
    image [64,64] → [32,32]; `open` image of any size.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tiny_models"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            done = subprocess.run([sys.executable, "-c", _BUILD, str(folder)], capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr)
            (folder / "done").touch()
    return folder


class FakePredictor:
    """A network of one line: `function(image, extra)`, both at the input's size; with `takes_strength`
    `function(image, extra, strength)`. Remembers what it was last given."""

    def __init__(
        self,
        function=None,
        *,
        input_size=None,
        size_multiple=1,
        input_scale=1,
        extra=None,
        takes_strength=False,
        found=None,
    ):
        self.name = "fake"
        self.function = function or (lambda image, *_: image)
        self.takes_strength = takes_strength
        self.finds_focus, self.found = found is not None, found
        self.input_size, self.size_multiple, self.input_scale, self.extra = (
            input_size,
            size_multiple,
            input_scale,
            extra,
        )
        self.calls = 0

    def find_focus(self, image, extra=None, strength=None):
        self.image, self.given, self.opened = image, extra, strength
        return self.found(image).astype(np.float32)

    def __call__(self, image, extra=None, strength=None):
        self.calls += 1
        self.image, self.given, self.opened = image, extra, strength
        output = self.function(image, extra, strength) if self.takes_strength else self.function(image, extra)
        if self.input_scale > 1:
            output = output.repeat(self.input_scale, axis=0).repeat(self.input_scale, axis=1)
        return np.clip(output, 0, 1).astype(np.float32)


@pytest.fixture
def fake_predictor():
    """Makes fake predictors; without a function they return the image."""
    return FakePredictor


@pytest.fixture
def textured():
    """Makes a photo with detail of every size, uint8 [height, width, 3], never quite black or white."""

    def make(height, width, *, seed=0):
        rng = np.random.default_rng(seed)
        photo = np.full((height, width, 3), 128, np.float32)
        for sigma, amplitude in ((0, 8), (1.5, 16), (4, 20), (16, 30)):
            noise = rng.normal(0, 1, photo.shape).astype(np.float32)
            if sigma:
                noise = cv2.GaussianBlur(noise, (0, 0), sigma)
            photo += amplitude / max(float(noise.std()), 1e-6) * noise
        return np.rint(np.clip(photo, 5, 250)).astype(np.uint8)

    return make


_BUILD = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
import tf_keras

folder, side = sys.argv[1], 64

def image(size=side):
    return tf_keras.Input((size, size, 3), batch_size=1, name="image")

def halved(image, focus):
    # bokeh = image · (0.5 + 0.5 · focus), out of layers that quantize
    shift = tf_keras.layers.Conv2D(3, 1, name="shift", kernel_initializer=tf_keras.initializers.Constant(0.5),
                                   bias_initializer=tf_keras.initializers.Constant(0.5))(focus)
    return tf_keras.layers.Multiply(name="bokeh")([image, shift])

def write(name, inputs, output, dtype=None):
    @tf.function(input_signature=[tf.TensorSpec(one.shape, tf.float32, name=one.name) for one in inputs])
    def serve(*values):
        result = model(list(values) if len(values) > 1 else values[0])
        return {"bokeh": result}
    model = tf_keras.Model(inputs, output)
    saved = os.path.join(folder, name + "_saved")
    tf.saved_model.save(model, saved, signatures={"serving_default": serve})
    converter = tf.lite.TFLiteConverter.from_saved_model(saved)
    if dtype:
        rng = np.random.default_rng(0)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: (
            {one.name: np.stack([rng.random(one.shape[1:], np.float32)]) for one in inputs} for _ in range(4))
        converter.inference_input_type = converter.inference_output_type = dtype
    open(os.path.join(folder, name + ".tflite"), "wb").write(converter.convert())

for name, dtype in (("focus", None), ("int8", tf.uint8)):
    one, focus = image(), tf_keras.Input((side, side, 1), batch_size=1, name="focus")
    write(name, [one, focus], halved(one, focus), dtype)
one = image()
write("plain", [one], tf_keras.layers.ReLU(name="bokeh")(one))
one, strength = image(), tf_keras.Input((1, 1, 1), batch_size=1, name="strength")
write("strength", [one, strength], tf_keras.layers.Multiply(name="bokeh")([one, strength]))
one = image(side // 2)
write("double", [one], tf_keras.layers.UpSampling2D(2, name="bokeh")(one))
one = image()
write("coarse", [one], tf_keras.layers.AveragePooling2D(2, name="bokeh")(one))
one = tf_keras.Input((None, None, 3), batch_size=1, name="image")
write("open", [one], tf_keras.layers.ReLU(name="bokeh")(one))
vector = tf_keras.Input((4,), batch_size=1, name="vector")
write("wrong", [vector], tf_keras.layers.ReLU(name="bokeh")(vector))
"""
