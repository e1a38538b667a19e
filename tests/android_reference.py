"""What the Java tests compare with: pictures, and what pynet_bokeh and OpenCV make of them, as raw files and JSON."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from pynet_bokeh import images, merge
from pynet_bokeh.photos import bundled_photos
from pynet_bokeh.render import render_photo
from pynet_bokeh.runtime import Tensor, TflitePredictor

PHOTO_STRENGTHS = (0.3, 0.6, 1.0)


class Folder:
    """A folder of reference files; those of one `kind` begin with its name."""

    def __init__(self, path: Path, kind: str):
        self._path, self._kind, self._count = path, kind, 0

    def array(self, values: np.ndarray) -> dict:
        """Writes float32 or uint8 values; how Java finds them."""
        name = self._name(values.dtype)
        np.ascontiguousarray(values).tofile(self._path / name)
        return {"file": name, "shape": list(values.shape), "dtype": values.dtype.name}

    def text(self, content) -> str:
        """Writes JSON and returns the file's name."""
        name = self._name("json")
        (self._path / name).write_text(json.dumps(content))
        return name

    def content(self, content: bytes) -> str:
        """Writes bytes and returns the file's name."""
        name = self._name("bin")
        (self._path / name).write_bytes(content)
        return name

    def cases(self, cases: list[dict]) -> None:
        """Writes the list that the Java test begins with."""
        (self._path / f"{self._kind}.json").write_text(json.dumps(cases))

    def _name(self, suffix) -> str:
        self._count += 1
        return f"{self._kind}_{self._count:03d}.{suffix}"


class RecordingPredictor:
    """A network as a .tflite of a fixed size is, edges quantized or not, whose picture a function computes.

    What comes out differs from what went in as a bokeh network's does: blurred where the focus is dark, in `sigma` pixels
    times the strength. It keeps the bytes that a .tflite would have been given and have given back.
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
            "format": 1,
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
        "format": 1,
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


def write_filters(path: Path) -> None:
    """OpenCV's filters, as images.py and merge.py use them, on noise of 8 bits and of floats."""
    folder, rng = Folder(path, "filters"), np.random.default_rng(5)
    cases = []

    def case(name, kind, source, result, **more):
        cases.append(
            {"name": name, "filter": kind, "from": folder.array(source), "to": folder.array(result), **more}
        )

    photo = _natural(rng, (301, 452, 3))
    for size in ((171, 257), (150, 226), (301, 226), (43, 64), (301, 452), (400, 600), (602, 300), (1, 1)):
        case(f"photo {size}", "photo", photo, images.resize(photo, size))
    even = _natural(rng, (300, 450, 3))
    for size in ((150, 225), (100, 150), (75, 90), (100, 225), (300, 225)):
        case(f"blocks {size}", "photo", even, images.resize(even, size))
    for size in ((171, 257), (120, 60), (602, 904), (150, 600)):
        case(f"map {size}", "map", photo[..., 0], images.resize(photo[..., 0], size))
    floats = images.to_float(photo)
    for size in ((171, 257), (150, 226), (301, 113)):
        case(f"floats {size}", "shrunk", floats, images.resize(floats, size))
    for sigma in (0.7, 1.5, 3.0, 8.0):
        case(f"blur {sigma}", "blur", floats, merge._blur(floats, sigma), sigma=sigma)
    tiny = floats[:3, :2]
    case("blur of a tiny picture", "blur", tiny, merge._blur(tiny, 8.0), sigma=8.0)
    stack = np.dstack([floats, floats[::-1], floats[:, ::-1, :1]])[:60, :90].copy()
    for size in ((211, 301), (60, 300), (240, 90), (64, 91)):
        case(f"rows {size}", "enlarged_rows", stack, merge.enlarged_rows(stack, size, 0, size[0]))
    folder.cases(cases)


def write_renders(path: Path) -> None:
    """Renders of the bundled photos and of odd sizes by `render_photo`, with what the network was given and gave back."""
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


def _tensor(name, shape, dtype, edge) -> Tensor:
    return Tensor(name, shape, np.dtype(dtype), float(edge[0]), edge[1])


def _natural(rng, shape) -> np.ndarray:
    """uint8 noise of several scales, down to single pixels."""
    noise = rng.normal(0, 40, shape) + 60 * cv2.GaussianBlur(rng.normal(0, 6, shape), (0, 0), 4) + 128
    return np.rint(np.clip(noise, 0, 255)).astype(np.uint8)
