"""Subjects in places where no photo had them: cut out and set elsewhere, or things of chance with a photo's surface.

A network that has to find the subject itself learns from photos of people to look for people. In a montage the subject
is whatever is whole, in front of everything else and somewhere near the middle.
"""

import math

import cv2
import numpy as np

from pynet_bokeh.data import shapes
from pynet_bokeh.data.textures import Patch

PROPS = 0.5
"""Share of montages whose subject is a thing of chance."""


def backdrop(rng: np.random.Generator, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """As large a part of `picture` (float32 [h,w,3]) as has the shape of `size` (H, W), perhaps mirrored."""
    height, width = picture.shape[:2]
    scale = max(size[0] / height, size[1] / width)
    large = cv2.resize(picture, (math.ceil(width * scale), math.ceil(height * scale)), interpolation=cv2.INTER_AREA)
    top, left = (int(rng.integers(0, have - want + 1)) for have, want in zip(large.shape[:2], size, strict=True))
    part = large[top : top + size[0], left : left + size[1]]
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)


def moved(rng: np.random.Generator, subject: np.ndarray, matte: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A subject (float32 [H,W,3] with its colour carried on outside, matte [H,W]) in another size, at another place.

    One that the picture's lower border cuts stays there. Returns the same shapes.
    """
    height, width = matte.shape
    rows, columns = np.flatnonzero((matte > 0.5).any(axis=1)), np.flatnonzero((matte > 0.5).any(axis=0))
    if not rows.size:
        return subject, matte
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    scale = min(rng.uniform(0.5, 1.2), 0.95 * height / (bottom - top), 0.95 * width / (right - left))
    mirrored = -1 if rng.random() < 0.5 else 1
    lowest = height if bottom >= height - 2 else rng.uniform(max(0.55 * height, scale * (bottom - top)), 0.98 * height)
    middle = np.clip(rng.normal(0.5, 0.17), 0.12, 0.88) * width
    matrix = np.float32(
        [
            [mirrored * scale, 0, middle - mirrored * scale * (left + right) / 2],
            [0, scale, lowest - scale * bottom],
        ]
    )
    out = (width, height)
    colour = cv2.warpAffine(subject, matrix, out, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return colour, np.clip(cv2.warpAffine(matte, matrix, out, flags=cv2.INTER_LINEAR), 0, 1)


def prop(rng: np.random.Generator, size: tuple[int, int], surface: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A silhouette of chance with `surface` (float32 [h,w,3], linear light) on it, lit from one side.

    Returns (colour [H,W,3], matte [H,W]).
    """
    unit = min(size)
    patch = Patch(size, unit)
    middle = (
        size[1] / unit * np.clip(rng.normal(0.5, 0.15), 0.15, 0.85),
        size[0] / unit * np.clip(rng.normal(0.55, 0.13), 0.25, 0.85),
    )
    kind = shapes.SUBJECTS[rng.integers(len(shapes.SUBJECTS))]
    across = rng.uniform(0.18, 0.75)
    outline = shapes.place(kind(rng), middle=middle, size=across, turn=rng.normal(0, 0.2))
    matte = shapes.coverage(outline, patch)
    if rng.random() < 0.3:
        shapes.add_hair(rng, matte, outline, patch)
    part = _part(rng, surface, size)
    tone = np.float32(math.exp(rng.normal(0, 0.4)))
    sideways = patch.along(rng.uniform(0, 2 * math.pi))
    shade = np.exp((sideways - sideways.mean()) * np.float32(rng.uniform(0, 1.5) / across))
    return np.minimum(part * (tone * shade)[..., None], 1).astype(np.float32), matte


def _part(rng: np.random.Generator, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A third to all of `picture`, stretched to `size`."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.33, 1)
    tall, wide = max(2, int(height * share)), max(2, int(width * share))
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    return cv2.resize(picture[top : top + tall, left : left + wide], size[::-1], interpolation=cv2.INTER_LINEAR)
