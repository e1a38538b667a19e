"""Pictures: the only place where files are read (by `decoding`) and written, scaled to [0,1] and resized.

In a file a picture is 8 bits per channel; inside the program it is float32 RGB in [0,1]. TensorFlow is never imported.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from pynet_bokeh import decoding
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import whole_file

READABLE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm")
WRITABLE = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
KEEP_TRANSPARENCY = (".png", ".webp")
MAX_SIDE = {"JPEG": 65_500, "WEBP": 16_383, "PNG": 2**31 - 1}

_MAX_JPEG_EXIF = 65_533  # bytes in one APP1 segment
_GREY_MODES = {"1", "L", "LA", "La"}

# Tags that describe how a TIFF file stores its pixels (and its own ICC profile): wrong in any other file.
_STORAGE_TAGS = {
    *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 284, 288, 289, 290, 291, 292, 293),
    *(301, 317, 318, 319, 320, 322, 323, 324, 325, 330, 338, 339, 347, 513, 514, 529, 530, 531, 532, 34675),
}


# --- reading ---------------------------------------------------------------------------------------------------------


def read_image(path: Path) -> np.ndarray:
    """Decodes a photo, upright: uint8 RGB [H, W, 3].

    An alpha channel is dropped, grey becomes RGB, 16 bits become 8. Raises UserError that names the file when it is
    missing, not a picture, truncated or broken, has floats or 32 bits a value, or more than 200 megapixels.
    """
    with decoding.opened(path) as picture:
        return decoding.rgb(decoding.upright(picture), path)


def read_with_alpha(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The same, and its alpha channel: uint8 [H, W], 255 opaque; None where all of the picture is.

    Raises UserError for 16-bit RGB with a transparent colour, too.
    """
    with decoding.opened(path) as picture:
        upright = decoding.upright(picture)
        return decoding.rgb(upright, path), decoding.alpha(upright, path)


def read_map(path: Path) -> np.ndarray:
    """Decodes a mask or depth map, upright: uint8 [H, W].

    8- and 16-bit grey, palette and RGB pictures are understood; colour becomes luma, an alpha channel is dropped.
    Raises UserError as `read_image` does.
    """
    with decoding.opened(path) as picture:
        upright = decoding.upright(picture)
        if picture.mode in decoding.SIXTEEN_BIT_MODES:
            return decoding.eight_bits(upright, path)
        if upright.mode in _GREY_MODES:
            return np.array(upright.convert("L"))
        return np.array(upright.convert("RGB").convert("L"))


def header_size(path: Path) -> tuple[int, int]:
    """(height, width) of the upright picture; reads the header only. Raises UserError as `read_image` does."""
    with decoding.opened(path) as picture:
        width, height = picture.size
        return (width, height) if decoding.orientation_of(picture) >= 5 else (height, width)


def picture_files(folder: Path) -> list[Path]:
    """The pictures directly in `folder` by suffix, sorted by name, hidden files left out.

    Raises UserError when `folder` isn't a folder or holds no pictures.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder")
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in READABLE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not found:
        raise UserError(f"{folder}: no pictures in it ({', '.join(READABLE_SUFFIXES)} are read)")
    return found


# --- in the program --------------------------------------------------------------------------------------------------


def to_float(image: np.ndarray) -> np.ndarray:
    """uint8 [0,255] → float32 [0,1], any shape."""
    return np.multiply(image, np.float32(1 / 255), dtype=np.float32)


def to_uint8(image: np.ndarray) -> np.ndarray:
    """float [0,1] → uint8 [0,255], any shape; clipped, then rounded to the nearest step."""
    scaled = np.clip(image, 0.0, 1.0) * np.float32(255)
    return np.rint(scaled).astype(np.uint8)


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes [H, W] or [H, W, C] (uint8 or float32) to `size` = (height, width), both in pixels.

    Shrinks with the area filter. Enlarges with the cubic filter, maps ([H, W]) with the linear one. Never leaves the
    input's own range of values, so a picture in [0,1] stays in [0,1].
    """
    height, width = image.shape[:2]
    new_height, new_width = size
    shrunk = min(height, new_height), min(width, new_width)
    if shrunk != (height, width):
        image = _resized(image, shrunk, cv2.INTER_AREA)
    if shrunk == (new_height, new_width):
        return image if image.flags.owndata else image.copy()
    if image.ndim == 2:
        return _resized(image, size, cv2.INTER_LINEAR)
    low, high = image.min(), image.max()
    return np.clip(_resized(image, size, cv2.INTER_CUBIC), low, high)


def check_map_shape(chart: np.ndarray, photo_size: tuple[int, int], *, name: str, stretch: float = 0.0) -> None:
    """Raises UserError when a map [H, W] of any size is of another shape than the photo, (height, width) in pixels.

    Such a map is another photo's, or was not turned or cut when the photo was. A side rounded to a whole pixel is no
    other shape.

    Args:
        name: what the message calls the map.
        stretch: share of a side by which it may be off beyond that.
    """
    height, width = photo_size
    map_height, map_width = chart.shape
    off = abs(map_height * width - map_width * height)  # 0 for one shape; a pixel of the map is a side of the photo
    if off > max(stretch * map_height * width, width, height):
        allowed = f"; {100 * stretch:.0f} % of difference is allowed" if stretch else ""
        raise UserError(
            f"{name}: {map_width}x{map_height} pixels, which is another shape than the photo's {width}x{height}"
            f"{allowed}"
        )


# --- writing ---------------------------------------------------------------------------------------------------------


def write_image(path: Path, image: np.ndarray, *, like: Path | None = None, quality: int = 95) -> None:
    """Encodes uint8 [H, W, 3] or [H, W] as `.jpg`, `.jpeg`, `.png` or `.webp` (by suffix), whole or not at all.

    Args:
        path: the file; its folder is made when it is missing.
        image: upright pixels; as [H, W, 4] with an alpha channel, for `.png` and `.webp`.
        like: the file the picture was made from: its ICC profile and EXIF are kept, with the orientation reset to
            upright, the size brought up to date and the stale thumbnail dropped.
        quality: 1 to 100, for JPEG and WebP.

    Raises UserError for another suffix, a picture too large for the format, or a place that can't be written.
    """
    path = Path(path)
    file_format = writable_format(path)
    if not 1 <= quality <= 100:
        raise UserError(f"quality: 1 to 100 is allowed; received {quality}")
    channels = (3, 4) if path.suffix.lower() in KEEP_TRANSPARENCY else (3,)
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in channels)):
        raise ValueError(f"image: uint8 [H, W, 3] or [H, W] is wanted; received {image.dtype} {list(image.shape)}")
    height, width = image.shape[:2]
    limit = MAX_SIDE[file_format]
    if max(height, width) > limit:
        raise UserError(f"{path}: {file_format} holds {limit} pixels a side at most; received {width}x{height}")
    options = {} if like is None else _metadata(like, image, file_format)
    if file_format != "PNG":
        options["quality"] = quality
    if file_format == "JPEG" and quality >= 90:
        options["subsampling"] = "4:4:4"  # halved chroma would blur coloured edges that the model left sharp
    with whole_file(path) as temporary:
        Image.fromarray(image).save(temporary, format=file_format, **options)


def writable_format(path: Path) -> str:
    """The encoder for `path`'s suffix: "JPEG", "PNG" or "WEBP"; raises UserError for any other suffix."""
    try:
        return WRITABLE[Path(path).suffix.lower()]
    except KeyError:
        raise UserError(f"{path}: pictures are written as {', '.join(WRITABLE)}") from None


# --- below -----------------------------------------------------------------------------------------------------------


def _resized(image: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    """cv2.resize with (height, width), keeping a channel axis of length 1."""
    height, width = size
    return cv2.resize(image, (width, height), interpolation=interpolation).reshape(height, width, *image.shape[2:])


def _metadata(like: Path, image: np.ndarray, file_format: str) -> dict:
    """Options for Pillow's `save` that carry over ICC profile and EXIF of the file `like` to `image`."""
    with decoding.opened(like) as source:
        options = {}
        profile = source.info.get("icc_profile")
        # A CMYK photo's profile would be wrong for the RGB picture made from it. Bytes 16..20 say the colour space.
        if profile and profile[16:20] == (b"GRAY" if image.ndim == 2 else b"RGB "):
            options["icc_profile"] = profile
        exif = decoding.exif_of(source)
        for tag in _STORAGE_TAGS & set(exif):
            del exif[tag]
        if not exif:
            return options
        exif[ExifTags.Base.Orientation] = 1
        details = exif.get_ifd(ExifTags.IFD.Exif)
        height, width = image.shape[:2]
        for tag, pixels in ((ExifTags.Base.ExifImageWidth, width), (ExifTags.Base.ExifImageHeight, height)):
            if tag in details:
                details[tag] = pixels
        encoded = exif.tobytes()  # without IFD1, the thumbnail
        if file_format == "JPEG" and len(encoded) > _MAX_JPEG_EXIF:
            details.pop(ExifTags.Base.MakerNote, None)
            encoded = exif.tobytes()
        if file_format != "JPEG" or len(encoded) <= _MAX_JPEG_EXIF:
            options["exif"] = encoded
        return options
