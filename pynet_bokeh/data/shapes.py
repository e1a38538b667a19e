"""Silhouettes of things: closed outlines in units of the scene, drawn as anti-aliased coverage."""

import math
from collections.abc import Callable

import cv2
import numpy as np

from pynet_bokeh.data.textures import Patch

_SUBPIXEL = 4  # fractional bits of OpenCV's drawing coordinates
_SUPERSAMPLING = 2  # OpenCV's own anti-aliasing is a little too wide; drawn at twice the size it becomes exact enough

Outline = np.ndarray
"""float32 [N, 2], x and y around (0, 0), about 1 across."""


def ellipse(rng: np.random.Generator) -> Outline:
    """A ball, a fruit, a cup."""
    slimness = rng.uniform(0.55, 1.0)
    around = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    return 0.5 * np.stack([np.cos(around) * slimness, np.sin(around)], axis=-1)


def blob(rng: np.random.Generator) -> Outline:
    """A stone, a bush, a cat from behind: a circle whose radius wavers."""
    around = np.linspace(0, 2 * math.pi, 96, endpoint=False)
    radius = np.ones_like(around)
    for harmonic in range(2, 8):
        radius += rng.normal(0, 0.28 / harmonic) * np.cos(harmonic * around + rng.uniform(0, 2 * math.pi))
    radius = np.clip(radius, 0.3, 1.8) * 0.45
    return np.stack([np.cos(around) * radius * rng.uniform(0.6, 1.0), np.sin(around) * radius], axis=-1)


def polygon(rng: np.random.Generator) -> Outline:
    """A box, a sign, a bottle's facets: three to seven straight edges."""
    corners = int(rng.integers(3, 8))
    around = np.sort(rng.uniform(0, 2 * math.pi, 1) + np.arange(corners) * 2 * math.pi / corners)
    around = around + rng.uniform(-0.25, 0.25, corners)
    radius = 0.5 * rng.uniform(0.75, 1.1, corners)
    return np.stack([np.cos(around) * radius, np.sin(around) * radius], axis=-1)


def bust(rng: np.random.Generator) -> Outline:
    """Head, neck and shoulders; runs on below, so that the picture's edge can cut it."""
    head, neck = rng.uniform(0.16, 0.22), rng.uniform(0.07, 0.11)
    shoulders, slope = rng.uniform(0.34, 0.5), rng.uniform(0.03, 0.14)
    face = np.linspace(0.5 * math.pi + 0.5, 2.5 * math.pi - 0.5, 40)
    crown = np.stack([np.cos(face) * head * 0.85, np.sin(face) * head * 1.15 - 0.28], axis=-1)
    chin = 0.28 * head - 0.02
    right = [(neck, chin), (neck * 1.3, chin + 0.06), (shoulders * 0.8, chin + 0.1 + slope), (shoulders, chin + 0.3)]
    lower = [(shoulders * 1.05, 0.9), (-shoulders * 1.05, 0.9)]
    left = [(-x, y) for x, y in reversed(right)]
    return np.concatenate([crown, right, lower, left])


def stem(rng: np.random.Generator) -> Outline:
    """A post, a trunk, a bottle: tall, with a width that changes."""
    heights = np.linspace(-0.6, 0.9, 8)
    widths = rng.uniform(0.08, 0.22) * np.exp(np.cumsum(rng.normal(0, 0.16, 8)))
    right = np.stack([np.clip(widths, 0.04, 0.4), heights], axis=-1)
    return np.concatenate([right, right[::-1] * [-1, 1]])


SHAPES: tuple[Callable[[np.random.Generator], Outline], ...] = (ellipse, blob, blob, polygon, bust, stem)
SUBJECTS: tuple[Callable[[np.random.Generator], Outline], ...] = (bust, bust, blob, blob, ellipse, polygon, stem)


def place(outline: Outline, *, middle: tuple[float, float], size: float, turn: float) -> Outline:
    """The outline at `middle` (x, y), `size` across, turned by `turn` radians; all in units of the scene."""
    cosine, sine = math.cos(turn), math.sin(turn)
    turned = outline @ np.array([[cosine, sine], [-sine, cosine]])
    return turned * size + np.asarray(middle)


def coverage(outline: Outline, patch: Patch) -> np.ndarray:
    """float32 [H, W] in [0, 1], how much of each pixel of `patch` lies inside the outline (in the patch's units)."""
    height, width = (side * _SUPERSAMPLING for side in patch.size)
    mask = np.zeros((height, width), np.uint8)
    points = (outline * patch.unit * _SUPERSAMPLING - 0.5) * 2**_SUBPIXEL
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)[:, None]], 255, cv2.LINE_AA, _SUBPIXEL)
    small = cv2.resize(mask, patch.size[::-1], interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255


def add_hair(rng: np.random.Generator, alpha: np.ndarray, outline: Outline, patch: Patch) -> None:
    """Draws short fine strands outwards along a part of the outline into `alpha` (float32 [H, W], in place)."""
    middle = outline.mean(axis=0)
    start, share = rng.random(), rng.uniform(0.2, 1.0)
    length = rng.uniform(0.015, 0.06)
    strands = np.zeros(patch.size, np.uint8)
    for _ in range(int(rng.uniform(40, 160))):
        root = outline[int((start + share * rng.random()) * len(outline)) % len(outline)]
        outwards = (root - middle) / (np.linalg.norm(root - middle) + 1e-6)
        sideways = rng.normal(0, 0.5) * np.array([-outwards[1], outwards[0]])
        tip = root + length * rng.uniform(0.3, 1.3) * (outwards + sideways)
        line = np.stack([root - 0.02 * outwards, root, (root + tip) / 2 + rng.normal(0, 0.004, 2), tip])
        points = np.round((line * patch.unit - 0.5) * 2**_SUBPIXEL).astype(np.int32)[:, None]
        cv2.polylines(strands, [points], False, int(rng.uniform(90, 255)), 1, cv2.LINE_AA, _SUBPIXEL)
    np.maximum(alpha, strands.astype(np.float32) / 255, out=alpha)
