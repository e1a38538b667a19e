"""A photo with its subject's mask taken apart: the subject, the background behind it, its small lights."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from pynet_bokeh import images
from pynet_bokeh.data import lens, matting
from pynet_bokeh.errors import UserError

SOLID = 0.97  # of the matte: from here on a pixel shows nothing of the background
LARGEST_ENLARGEMENT = 1.25
_GAP = 2  # pixels around the matte that may hold some of the subject's colour


@dataclass(frozen=True)
class Cutout:
    """What all variants of a photo share. Pictures are float32 [H, W, 3] in linear light, maps float32 [H, W]."""

    encoded: np.ndarray  # uint8 [H, W, 3], sRGB
    photo: np.ndarray
    matte: np.ndarray
    subject: np.ndarray
    background: np.ndarray
    spots: np.ndarray  # small bright spots of the background


@lru_cache(maxsize=4)  # the variants of a photo follow one another
def cut_out(photo_path: Path, mask_path: Path, short_side: int) -> Cutout:
    """The photo and its mask, made smaller to `short_side`. Raises UserError naming a file that won't do."""
    encoded, mask = pictures(photo_path, mask_path, short_side, "mask")
    if not (mask > 127).any():
        raise UserError(f"{mask_path}: no subject in this mask; white is the subject")
    mask = images.to_float(mask)
    matte = matting.soft_matte(images.to_float(encoded), mask)
    photo = to_linear(encoded)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _GAP + 1, 2 * _GAP + 1))
    free = (cv2.dilate(matte, ring) <= 0.02).astype(np.float32)
    return Cutout(
        encoded=encoded,
        photo=photo,
        matte=matte,
        subject=_continued(photo, matte),
        background=matting.fill(photo, free),
        spots=spots_of(encoded) * free,
    )


def pictures(photo_path: Path, chart_path: Path, short_side: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The photo (uint8 [H, W, 3]) and its mask or depth map (uint8 [H, W]) at the size at which they are written."""
    photo, chart = images.read_image(photo_path), images.read_map(chart_path)
    if chart.shape != photo.shape[:2]:
        sizes = [f"{width}x{height}" for height, width in (chart.shape, photo.shape[:2])]
        raise UserError(f"{chart_path}: the {what} is {sizes[0]}, the photo {sizes[1]}; one size is wanted")
    factor = min(short_side / min(chart.shape), LARGEST_ENLARGEMENT)
    size = round(chart.shape[0] * factor), round(chart.shape[1] * factor)
    return images.resize(photo, size), images.resize(chart, size)


def _continued(photo: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The subject's colour, from its inside carried on to where the matte fades."""
    inside = cv2.erode((matte >= SOLID).astype(np.float32), np.ones((3, 3), np.uint8))
    if not inside.any():
        return photo
    # Near: an average of the inside within a few pixels; push-pull only beyond.
    weight = cv2.GaussianBlur(inside, (0, 0), 2)
    near = cv2.GaussianBlur(photo * inside[..., None], (0, 0), 2) / np.maximum(weight, 1e-4)[..., None]
    outside = np.where((weight > 0.01)[..., None], near, matting.fill(photo, inside))
    trust = np.clip((matte - 0.7) / 0.28, 0, 1)[..., None]
    return (photo * trust + outside * (1 - trust)).astype(np.float32)


def spots_of(encoded: np.ndarray) -> np.ndarray:
    """float32 [H, W] in [0, 1]: what is nearly white, small, and much brighter than all around it (white top-hat)."""
    short = min(encoded.shape[:2])
    side = 2 * max(2, round(short * 0.008)) + 1
    bright = encoded.max(axis=-1)
    dark = encoded.min(axis=-1)
    opened = cv2.morphologyEx(bright, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    above = bright.astype(np.float32) - opened
    level = np.clip((bright.astype(np.float32) - 215) / 35, 0, 1) * np.clip((dark.astype(np.float32) - 90) / 80, 0, 1)
    return level * np.clip((above - 40) / 50, 0, 1)


_LINEAR = lens.srgb_to_linear(np.arange(256, dtype=np.float32) / 255)
_ENCODED = images.to_uint8(lens.linear_to_srgb(np.arange(65536, dtype=np.float32) / 65535))


def to_linear(encoded: np.ndarray) -> np.ndarray:
    """uint8 sRGB to float32 linear light."""
    return cv2.LUT(encoded, _LINEAR)


def to_srgb(light: np.ndarray) -> np.ndarray:
    """float32 linear light to uint8 sRGB; clipped. By table: to the same 8 bits as lens.linear_to_srgb gives."""
    scaled = np.minimum(light, 1)
    scaled *= 65535
    scaled += 0.5
    return _ENCODED[scaled.astype(np.uint16)]
