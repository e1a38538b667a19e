"""Subjects in places where no photo had them: cut out and set elsewhere, or things of chance with a photo's surface.

A network that has to find the subject itself learns from photos of people to look for people. In a montage the subject
is whatever is whole, in front of everything else and somewhere near the middle.
"""

import math

import cv2
import numpy as np

from pynet_bokeh.data import figures, shapes, textures
from pynet_bokeh.data.textures import Patch

PROPS = 0.5
"""Share of montages whose subject is a thing of chance."""
_BYSTANDERS = 0.3  # share of backdrops that keep the people who were in them
_DISTRACTORS = 0.3  # share of backdrops with a thing of chance in the distance
_DRAWN = 0.15  # share of backdrops that no camera saw
_DISTANT = 0.65  # of the others: seen from farther away
_NEAR = 0.25  # share of subjects seen from near: head and shoulders of a person
_ENLARGED = 3  # times at most: a subject seen from near
_TRIES = 30  # windows among which a near backdrop's is chosen


def backdrop(
    rng: np.random.Generator, photo: np.ndarray, filled: np.ndarray, matte: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """What is behind a montage's subject, made of another photo: float32 [H, W, 3] in linear light.

    Near: a part beside its subject, stretched to `size`. Distant: all of it made smaller, with its mirror images around
    it. Some are textures of chance. Were all of them enlarged photos, a network would learn that what has fine detail
    is in front, and miss a lamp's globe before a thicket.

    Args:
        rng: the only source of chance.
        photo: float32 [h, w, 3] in linear light.
        filled: the same without its subject; shows where no part without subject was found.
        matte: float32 [h, w], the subject.
        size: height and width wanted.
    """
    drawn, distant, bystanders, distracted, mirrored = rng.random(5) < (
        _DRAWN,
        _DISTANT,
        _BYSTANDERS,
        _DISTRACTORS,
        0.5,
    )
    if drawn:
        light = np.minimum(rng.choice(textures.BACKDROPS)(rng, Patch(size, min(size))), 1).astype(np.float32)
    elif distant:
        light = _distant(rng, photo if bystanders else filled, size)
    else:
        light = _near(rng, photo, photo if bystanders else filled, matte, size)
    if distracted:
        colour, cover = prop(rng, size, photo, across=(0.08, 0.3))
        light = light + cover[..., None] * (colour - light)
    return np.ascontiguousarray(light[:, ::-1] if mirrored else light)


def _distant(rng: np.random.Generator, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`picture`, covering `size` or made smaller by up to 3, with its mirror images around it."""
    scale = max(side / have for side, have in zip(size, picture.shape, strict=False)) / math.exp(rng.uniform(0, 1.1))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tall, wide = small.shape[:2]
    down, across = (int(rng.integers(0, side)) for side in (tall, wide))
    whole = np.pad(small, ((down, size[0]), (across, size[1]), (0, 0)), mode="symmetric")
    return whole[: size[0], : size[1]]


def _near(rng, photo, picture, matte, size) -> np.ndarray:
    """A part of `photo` without subject, stretched to `size`; where none is found, a part of `picture`."""
    height, width = matte.shape
    largest = min(height / size[0], width / size[1])
    windows = []
    for share, narrow in zip(rng.uniform(0.35, 1, _TRIES), rng.uniform(0.6, 1, _TRIES), strict=True):
        tall, wide = max(2, int(size[0] * largest * share)), max(2, int(size[1] * largest * share * narrow))
        top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
        windows.append((slice(top, top + tall), slice(left, left + wide)))
    hidden = [float(matte[window].mean()) for window in windows]
    chosen = int(np.argmin(hidden))
    source = photo if hidden[chosen] < 0.003 else picture
    return cv2.resize(source[windows[chosen]], size[::-1], interpolation=cv2.INTER_LINEAR)


def moved(rng: np.random.Generator, subject: np.ndarray, matte: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A subject (float32 [H,W,3] with its colour carried on outside, matte [H,W]) in another size, at another place.

    One that the picture's lower border cuts stays there; of one seen from near only the upper part is. Returns the same
    shapes.
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
    (near_rng,) = rng.spawn(1)
    if near_rng.random() < _NEAR:
        shown, head = near_rng.uniform(0.25, 0.6) * (bottom - top), near_rng.uniform(0.03, 0.3) * height
        scale = min((height - head) / shown, 1.6 * width / (right - left), _ENLARGED)
        lowest = head + scale * (bottom - top)
    matrix = np.float32(
        [
            [mirrored * scale, 0, middle - mirrored * scale * (left + right) / 2],
            [0, scale, lowest - scale * bottom],
        ]
    )
    out = (width, height)
    colour = cv2.warpAffine(subject, matrix, out, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return colour, np.clip(cv2.warpAffine(matte, matrix, out, flags=cv2.INTER_LINEAR), 0, 1)


def prop(
    rng: np.random.Generator, size: tuple[int, int], surface: np.ndarray, *, across: tuple[float, float] = (0.18, 0.75)
) -> tuple[np.ndarray, np.ndarray]:
    """A figure of chance with `surface` (float32 [h,w,3], linear light) on it, lit from one side; its size is drawn
    from `across`, in parts of the short side.

    Returns (colour [H,W,3], matte [H,W]).
    """
    unit = min(size)
    patch = Patch(size, unit)
    middle = (
        size[1] / unit * np.clip(rng.normal(0.5, 0.15), 0.15, 0.85),
        size[0] / unit * np.clip(rng.normal(0.55, 0.13), 0.25, 0.85),
    )
    scale, turn = rng.uniform(*across), rng.normal(0, 0.2)
    colour, matte = _surface(rng, surface, size), np.zeros(size, np.float32)
    parts = figures.FIGURES[rng.integers(len(figures.FIGURES))](rng)
    shared = _surface(rng, surface, size)  # petals and leaves look alike
    for number, part in enumerate(parts):
        outline = shapes.place(part, middle=middle, size=scale, turn=turn)
        cover = shapes.coverage(outline, patch)
        if number == 0 and rng.random() < 0.3:
            shapes.add_hair(rng, cover, outline, patch)
        own = shared if rng.random() < 0.7 else _surface(rng, surface, size)
        tone = np.float32(math.exp(rng.normal(0, 0.2)))
        colour += cover[..., None] * (own * tone - colour)
        np.maximum(matte, cover, out=matte)
    sideways = patch.along(rng.uniform(0, 2 * math.pi))
    shade = np.exp((sideways - sideways.mean()) * np.float32(rng.uniform(0, 1.5) / scale))
    return np.minimum(colour * np.clip(shade, 0.2, 4)[..., None], 1).astype(np.float32), matte


def _surface(rng: np.random.Generator, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A part of `picture` in another tone and tint; half of them smooth, as glass, petals and paint are."""
    part = _part(rng, picture, size)
    if rng.random() < 0.5:
        small = cv2.resize(part, (6, 6), interpolation=cv2.INTER_AREA)
        part = cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC) + 0.1 * (part - part.mean(axis=(0, 1)))
    return np.maximum(part, 0) * np.exp(rng.normal(0, 0.4) + rng.normal(0, 0.25, 3)).astype(np.float32)


def _part(rng: np.random.Generator, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A third to all of `picture`, stretched to `size`."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.33, 1)
    tall, wide = max(2, int(height * share)), max(2, int(width * share))
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    return cv2.resize(picture[top : top + tall, left : left + wide], size[::-1], interpolation=cv2.INTER_LINEAR)
