"""Pictures inside the page: JPEG data URIs, small enough together for a page that is sent by mail."""

import base64
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pynet_bokeh import images

SIDES = (1400, 1100, 850, 640, 480, 320)  # longest side in pixels; the first at which all pictures fit is taken
QUALITY = 85
LIMIT = 6_000_000  # bytes of all data URIs


@dataclass(frozen=True)
class Embedded:
    """A picture's data URI and its size in pixels, for the space the page keeps for it."""

    uri: str
    width: int
    height: int


def embed(paths: Sequence[Path], *, limit: int = LIMIT) -> dict[Path, Embedded]:
    """The pictures as data URIs of `limit` bytes together at most, all shrunk alike until they fit.

    Raises UserError naming a picture that can't be decoded.
    """
    pictures = {path: images.read_image(path) for path in dict.fromkeys(paths)}
    with tempfile.TemporaryDirectory() as folder:
        for side in SIDES:
            embedded = {path: _encode(picture, side, Path(folder) / "one.jpg") for path, picture in pictures.items()}
            if sum(len(one.uri) for one in embedded.values()) <= limit:
                break
            # What was shrunk once is shrunk further from there: the photos may have 12 megapixels each.
            pictures = {path: _shrink(picture, side) for path, picture in pictures.items()}
    return embedded


def _shrink(picture, side: int):
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    return images.resize(picture, (max(1, round(height * scale)), max(1, round(width * scale))))


def _encode(picture, side: int, file: Path) -> Embedded:
    small = _shrink(picture, side)
    images.write_image(file, small, quality=QUALITY)
    uri = "data:image/jpeg;base64," + base64.b64encode(file.read_bytes()).decode("ascii")
    return Embedded(uri, width=small.shape[1], height=small.shape[0])
