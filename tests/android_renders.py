"""Renders by pynet_bokeh for the Java tests: by networks that keep what they are given, and by real .tflite models."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from android_reference import Folder
from export.artifact import FORMAT
from pynet_bokeh import images
from pynet_bokeh.photos import bundled_photos
from pynet_bokeh.render import render_photo
from pynet_bokeh.runtime import Tensor, TflitePredictor

PHOTO_STRENGTHS = (0.3, 0.6, 1.0)


class RecordingPredictor:
    """A network as a .tflite of a fixed size is, edges quantized or not, whose picture a function computes.

    What comes out differs from what went in as a bokeh network's does: blurred where the focus is dark, in `sigma`
    pixels times the strength. It keeps the bytes that a .tflite would have been given and have given back.
    """

    name = "recording"
    size_multiple = 1
    finds_focus = False

    def __init__(self, size, *, dtype="uint8", input_scale=1, extra="focus", takes_strength=True, sigma=9.0):
        self.input_size, self.input_scale, self.extra = size, input_scale, extra
        self.takes_strength = takes_strength
        self._sigma = sigma
        # Not 1/255 everywhere: a calibrated edge is anything.
        edges = {"uint8": (np.float32(1 / 255), 0), "int8": (np.float32(0.0041), -121), "float32": (0.0, 0)}
        height, width = size
        picture = height * input_scale, width * input_scale
        shapes = {"image": (1, height, width, 3), "focus": (1, height, width, 1), "strength": (1, 1, 1, 1)}
        if extra is None:
            del shapes["focus"]
        elif extra != "focus":
            shapes = {extra if name == "focus" else name: shape for name, shape in shapes.items()}
        if not takes_strength:
            del shapes["strength"]
        self.inputs = {name: _tensor(name, shape, dtype, edges[dtype]) for name, shape in shapes.items()}
        self.output = _tensor("bokeh", (1, *picture, 3), dtype, edges[dtype])

    def sidecar(self, *, file="model.tflite", content=b"") -> dict:
        """What `python -m export tflite` would write of it."""
        height, width = self.output.shape[1:3]
        return {
            "format": FORMAT,
            "file": file,
            "bytes": len(content),
            "sha256": "0" * 64,
            "network": self.name,
            "quantization": "none",
            "picture_size": {"height": height, "width": width},
            "input_scale": self.input_scale,
            "inputs": {name: facts(tensor) for name, tensor in self.inputs.items()},
            "output": {"bokeh": facts(self.output)},
        }

    def __call__(self, image, extra=None, strength=None):
        given = {"image": image}
        if self.extra is not None:
            given[self.extra] = extra[..., np.newaxis]
        if self.takes_strength:
            given["strength"] = np.full((1, 1, 1), strength, np.float32)
        self.given = {name: self.inputs[name].quantize(value) for name, value in given.items()}
        seen = cv2.resize(image, self.output.shape[2:0:-1], interpolation=cv2.INTER_CUBIC)
        sharp = 0.5 if extra is None else cv2.resize(extra, self.output.shape[2:0:-1])[..., np.newaxis]
        blurred = cv2.GaussianBlur(seen, (0, 0), self._sigma * (1.0 if strength is None else max(strength, 0.05)))
        self.given_back = self.output.quantize(blurred + (seen - blurred) * sharp)
        return np.clip(self.output.dequantize(self.given_back), 0.0, 1.0)


def write_renders(path: Path) -> None:
    """Renders of the bundled photos and of odd sizes, with what the network was given and gave back."""
    folder = Folder(path, "renders")
    cases = []
    for photo, strength in zip(bundled_photos(), PHOTO_STRENGTHS, strict=True):
        pixels, focus = images.read_image(photo.path), images.read_map(photo.focus)
        network = RecordingPredictor((256, 256))
        cases.append(render_case(folder, photo.path.name, network, pixels, focus, strength))
    coffee = images.read_image(bundled_photos()[-1].path)
    small = images.resize(coffee, (120, 181))
    mask = np.zeros(small.shape[:2], np.uint8)
    mask[30:90, 60:120] = 255
    for name, network, pixels, given, strength in (
        ("float edges", RecordingPredictor((192, 320), dtype="float32"), coffee, None, 0.8),
        ("int8 edges", RecordingPredictor((320, 192), dtype="int8"), coffee, None, 0.5),
        ("image alone, blended", RecordingPredictor((128, 192), extra=None, takes_strength=False), coffee, None, 0.35),
        ("depth, half-size input", RecordingPredictor((64, 96), input_scale=2, extra="depth"), coffee, None, 0.9),
        ("small photo", RecordingPredictor((256, 256)), small, mask, 0.7),
        ("small photo, half-size input", RecordingPredictor((128, 128), input_scale=2), small, mask, 0.7),
        ("the network's size", RecordingPredictor((120, 181)), small, mask, 0.7),
        ("smaller in one direction", RecordingPredictor((64, 256)), small, mask, 1.0),
        ("a strip", RecordingPredictor((64, 64)), small[:7], None, 1.0),
        ("no room for mirrored edges", RecordingPredictor((8, 12)), small, mask, 1.0),
    ):
        cases.append(render_case(folder, name, network, pixels, given, strength))
    folder.cases(cases)


def render_case(folder: Folder, name: str, network, photo: np.ndarray, focus, strength: float) -> dict:
    """Renders one photo and writes all that Java needs to do the same."""
    rendered = render_photo(network, photo, extra=focus, strength=strength)
    return {
        "name": name,
        "sidecar": folder.text(network.sidecar()),
        "height": photo.shape[0],
        "width": photo.shape[1],
        "photo": folder.array(photo)["file"],
        "map": None if focus is None else folder.array(focus),
        "strength": strength,
        "inputs": {key: folder.array(value)["file"] for key, value in network.given.items()},
        "output": folder.array(network.given_back)["file"],
        "rendered": folder.array(rendered)["file"],
    }


def write_inference(path: Path, models: Sequence[Path], *, tolerance: Mapping[str, int]) -> None:
    """Renders of a bundled photo by LiteRT in Python, for models with a sidecar beside them.

    `tolerance` is by how many of 255 Java's rendering may be off, by backend: another version of the kernels rounds
    otherwise.
    """
    folder, cases = Folder(path, "inference"), []
    for model in models:
        sidecar = json.loads(model.with_suffix(".json").read_text())
        for photo, backend, threads in zip(bundled_photos(), ("xnnpack", "builtin", "xnnpack"), (1, 2, 2), strict=True):
            predictor = TflitePredictor(model, threads=threads, xnnpack=backend == "xnnpack")
            pixels, focus = images.read_image(photo.path), images.read_map(photo.focus) if predictor.extra else None
            rendered = render_photo(predictor, pixels, extra=focus, strength=0.8)
            cases.append(
                {
                    "name": f"{model.stem}, {photo.path.name}, {backend}, {threads} threads",
                    "model": folder.content(model.read_bytes()),
                    "sidecar": folder.text(sidecar),
                    "backend": backend,
                    "threads": threads,
                    "tolerance": tolerance[backend],
                    "height": pixels.shape[0],
                    "width": pixels.shape[1],
                    "photo": folder.array(pixels)["file"],
                    "map": None if focus is None else folder.array(focus),
                    "strength": 0.8,
                    "rendered": folder.array(rendered)["file"],
                }
            )
    folder.cases(cases)


def sidecar_of(model: Path, *, quantization: str) -> dict:
    """What `python -m export tflite` writes of a .tflite, as far as the demo reads it."""
    described = TflitePredictor(model, threads=1).describe()
    ((_, output),) = described["outputs"].items()
    content = model.read_bytes()
    return {
        "format": FORMAT,
        "file": model.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "network": model.stem,
        "quantization": quantization,
        "picture_size": dict(zip(("height", "width"), output["shape"][1:3], strict=True)),
        "input_scale": output["shape"][1] // described["inputs"]["image"]["shape"][1],
        "inputs": described["inputs"],
        "output": described["outputs"],
    }


def facts(tensor: Tensor) -> dict:
    """A tensor as a sidecar says it."""
    quantization = {"scale": float(tensor.scale), "zero_point": int(tensor.zero_point)} if tensor.scale else None
    return {"shape": list(tensor.shape), "dtype": tensor.dtype.name, "quantization": quantization}


def _tensor(name, shape, dtype, edge) -> Tensor:
    return Tensor(name, shape, np.dtype(dtype), float(edge[0]), edge[1])
