"""What the Java tests compare with: pictures, and what pynet_bokeh and OpenCV make of them, as raw files and JSON."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps

from benchmark.samples import Latency
from benchmark.statistics import summarize
from pynet_bokeh import images, merge


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


def write_statistics(path: Path) -> None:
    """Statistics of latencies by benchmark.statistics."""
    rng = np.random.default_rng(8)
    lists = [[12.5], [1.0, 2.0], [3.0] * 7, [3.0] * 7 + [90.0], rng.lognormal(3, 0.1, 31).tolist()]
    lists.append([*rng.lognormal(2, 0.02, 20).tolist(), 70.0, 80.0])
    Folder(path, "statistics").cases(
        [
            {
                "samples": samples,
                "mad": float(np.median(np.abs(samples - np.median(samples)))),
                **{key: value for key, value in vars(summarize([_latency(samples)])).items() if key != "interval"},
            }
            for samples in lists
        ]
    )


def _latency(samples: list[float]) -> Latency:
    return Latency(initialisation_ms=0.0, first_ms=0.0, warmup_ms=[], samples_ms=samples, settled=None, delegation=None)


def write_orientations(path: Path) -> None:
    """JPEGs turned in every way by their EXIF, in both byte orders, and what Pillow says of them."""
    folder, cases = Folder(path, "orientations"), []
    stored = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for order in ("<", ">"):
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif.endian = order
            exif[ExifTags.Base.Make] = "a maker"
            exif[ExifTags.Base.Orientation] = orientation
            upright = ImageOps.exif_transpose(_with_exif(Image.fromarray(stored), orientation))
            cases.append(
                {
                    "name": f"orientation {orientation}, {order}",
                    "file": folder.content(_jpeg(exif.tobytes())),
                    "orientation": orientation,
                    "stored": folder.array(stored),
                    "upright": folder.array(np.asarray(upright)),
                }
            )
    beyond = Image.Exif()
    beyond[ExifTags.Base.Orientation] = 9
    for name, content in (
        ("no EXIF", _jpeg(b"")),
        ("orientation 9", _jpeg(beyond.tobytes())),
        ("no JPEG", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    ):
        cases.append({"name": name, "file": folder.content(content), "orientation": 1, "stored": None})
    folder.cases(cases)


def write_filters(path: Path) -> None:
    """OpenCV's filters, as images.py and merge.py use them, on noise of 8 bits and of floats."""
    folder, rng = Folder(path, "filters"), np.random.default_rng(5)
    cases = []

    def case(name, kind, source, result, **more):
        cases.append({"name": name, "filter": kind, "from": folder.array(source), "to": folder.array(result), **more})

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


def _jpeg(exif: bytes) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 16), (200, 100, 50)).save(content, "JPEG", exif=exif)
    return content.getvalue()


def _with_exif(picture: Image.Image, orientation: int) -> Image.Image:
    picture.getexif()[ExifTags.Base.Orientation] = orientation
    return picture


def _natural(rng, shape) -> np.ndarray:
    """uint8 noise of several scales, down to single pixels."""
    noise = rng.normal(0, 40, shape) + 60 * cv2.GaussianBlur(rng.normal(0, 6, shape), (0, 0), 4) + 128
    return np.rint(np.clip(noise, 0, 255)).astype(np.uint8)
