"""A picture file that is open: its limits, its orientation, and its pixels and transparency in 8 bits.

Only `images` uses this. Pillow decodes; what it would get wrong (floats, 32 bits, 16-bit transparent RGB) is refused.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from pynet_bokeh.errors import UserError

READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "PPM")  # JPEG opens MPO too, a phone's JPEG with a preview behind
MAX_PIXELS = 200_000_000
SIXTEEN_BIT_MODES = {"I", "I;16", "I;16B", "I;16L", "I;16N"}

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS_PER_SAMPLE = 258  # TIFF's tag
_PNG_DEPTH = 24  # where its header says how many bits a value has
_CLEAR = "transparency"


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Opens a picture of at most `MAX_PIXELS`; whatever its decoder says against it becomes one UserError."""
    # Pillow's own limit is lower, warns on standard error and is global; the check below stands in for it.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=READABLE) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise UserError(f"{path}: {width}x{height} pixels; at most {MAX_PIXELS // 10**6} megapixels are read")
            if kind := _unread_kind(picture):
                raise UserError(f"{path}: pixels of 8 or 16 bits are read; it has {kind}")
            yield picture
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except Image.UnidentifiedImageError as error:
        raise UserError(
            f"{path}: not a picture that can be read (JPEG, PNG, WebP, TIFF, BMP and PPM of 8 or 16 bits can)"
        ) from error
    except MemoryError as error:
        raise UserError(f"{path}: not enough memory to decode it") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        if getattr(error, "strerror", None):  # from the file system, not from the decoder
            raise UserError(f"{path}: can't be read ({error.strerror})") from error
        raise UserError(f"{path}: broken picture ({str(error) or type(error).__name__})") from error


def _unread_kind(picture: Image.Image) -> str | None:
    """Floats and 32-bit integers, in words: what is black and what is white among them the file does not say."""
    if picture.mode == "F":
        return "floats"
    # Mode I is also how Pillow hands over 16 bits of a PGM.
    if picture.mode == "I" and picture.format == "TIFF" and max(picture.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 16:
        return "32-bit integers"
    return None


def exif_of(picture: Image.Image) -> Image.Exif:
    """The picture's EXIF; an empty one when it is broken: a photo with broken metadata is still a photo."""
    try:
        # Not picture.getexif(), which decodes all of a PNG in search of a chunk behind the pixels.
        return Image.Image.getexif(picture)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return Image.Exif()


def orientation_of(picture: Image.Image) -> int:
    """EXIF orientation, 1 (upright) to 8, that is still to be undone."""
    if picture.format == "TIFF":
        return 1  # Pillow reports these upright and turns them itself while decoding
    orientation = exif_of(picture).get(ExifTags.Base.Orientation, 1)
    return orientation if orientation in _TRANSPOSE else 1


def upright(picture: Image.Image) -> Image.Image:
    """Decodes `picture` and undoes its EXIF orientation."""
    orientation = orientation_of(picture)
    picture.load()
    return picture.transpose(_TRANSPOSE[orientation]) if orientation != 1 else picture


def rgb(picture: Image.Image, path: Path) -> np.ndarray:
    """A decoded picture → uint8 [H, W, 3]."""
    if picture.mode in SIXTEEN_BIT_MODES:
        return np.repeat(eight_bits(picture, path)[..., np.newaxis], 3, axis=-1)
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def eight_bits(picture: Image.Image, path: Path) -> np.ndarray:
    """16-bit grey [0,65535] → uint8 [H, W] [0,255], rounded."""
    values = np.asarray(picture).astype(np.int64)
    if values.size and (values.min() < 0 or values.max() > 65_535):
        raise UserError(f"{path}: 8- or 16-bit values are read; it holds {values.min()} to {values.max()}")
    return ((values + 128) // 257).astype(np.uint8)


def alpha(picture: Image.Image, path: Path) -> np.ndarray | None:
    """A decoded picture's transparency → uint8 [H, W], 255 opaque; None where all of it is.

    Raises UserError for 16-bit RGB of which one colour is transparent: of such a picture only 8 bits are left by now,
    and among them several colours are that one.
    """
    if not picture.has_transparency_data:
        return None
    clear = picture.info.get(_CLEAR)
    if picture.mode in SIXTEEN_BIT_MODES:
        found = np.where(np.asarray(picture) == clear, 0, 255).astype(np.uint8)
    elif picture.mode == "RGB" and _png_bits(path) == 16:
        raise UserError(
            f"{path}: 16-bit RGB with a transparent colour can't be read; give it an alpha channel, or none"
        )
    else:
        found = np.array(picture.convert("RGBA").getchannel("A"))
    return None if found.min() == 255 else found


def _png_bits(path: Path) -> int:
    """Bits of a value in a PNG; only its own header still says so once Pillow has decoded it."""
    with Path(path).open("rb") as file:
        return file.read(_PNG_DEPTH + 1)[_PNG_DEPTH]
