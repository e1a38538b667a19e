"""Procedural textures for the built-in scenes: what walls, cloth, leaves and lights look like.

A texture takes a random generator and a `Patch` and returns linear light, float32 [H, W, 3], about 0.005 to 1 (lights
more). Chance is drawn in units of the scene, so the same generator gives much the same texture at another resolution.
How many leaves, twigs and lines of print there are goes by the patch's size, which is rounded to pixels: where that
makes one more or one less, all that is drawn afterwards differs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from pynet_bokeh.data.lens import srgb_to_linear

_LINEAR = srgb_to_linear(np.arange(256) / 255)  # 8-bit sRGB to linear light
_SUBPIXEL = 4  # fractional bits of OpenCV's drawing coordinates


@dataclass(frozen=True)
class Patch:
    """A part of a picture: `size` (height, width) in pixels, and how many pixels one unit of the scene is.

    The scene's unit is the short side of the whole picture.
    """

    size: tuple[int, int]
    unit: float

    @cached_property
    def y(self) -> np.ndarray:
        """float32 [H, 1], rows in units from the patch's top."""
        return ((np.arange(self.size[0], dtype=np.float32) + 0.5) / self.unit)[:, None]

    @cached_property
    def x(self) -> np.ndarray:
        """float32 [1, W], columns in units from the patch's left side."""
        return ((np.arange(self.size[1], dtype=np.float32) + 0.5) / self.unit)[None, :]

    def along(self, angle: float) -> np.ndarray:
        """float32 [H, W], the coordinate in units along a direction."""
        return self.x * np.float32(math.cos(angle)) + self.y * np.float32(math.sin(angle))


Texture = Callable[[np.random.Generator, Patch], np.ndarray]


def colour(rng: np.random.Generator) -> np.ndarray:
    """A random reflectance: float32 [3], linear. Mostly muted, sometimes vivid, as things around us are."""
    hue = rng.uniform(0, 6)
    saturation = rng.beta(1.2, 2.2)
    value = rng.uniform(0.2, 0.95)
    wheel = np.clip(np.abs((hue + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1, 0, 1)
    return srgb_to_linear(value * (1 - saturation + saturation * wheel))


def related(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    """A colour that goes with `base`: lighter or darker, a little of another hue."""
    mixed = base * math.exp(rng.normal(0, 0.7))
    share = rng.uniform(0, 0.35)
    return np.clip(mixed * (1 - share) + colour(rng) * share, 0.003, 0.95).astype(np.float32)


def noise(
    rng: np.random.Generator, patch: Patch, *, coarsest: int = 1, finest: int = 9, roughness: float = 0.5
) -> np.ndarray:
    """1/f noise: float32 [H, W], mean about 0, standard deviation about 1.

    Octave k has 2^k cells along the patch's longer side; each is `roughness` times as strong as the one before.
    Octaves too fine for the pixels are left out.
    """
    height, width = patch.size
    side = max(height, width)
    seed = int(rng.integers(2**32))
    total = np.zeros((height, width), np.float32)
    power = 0.0
    for octave in range(coarsest, finest + 1):
        cells = 2**octave
        strength = roughness ** (octave - coarsest)
        power += strength**2
        if cells > side / 1.5:
            continue
        # Every octave has its own stream: leaving out the finest must not change what is drawn afterwards.
        grid = np.random.default_rng([seed, octave]).standard_normal((cells + 3, cells + 3), dtype=np.float32)
        step = cells / side
        placed = np.array([[step, 0, 1 + step / 2], [0, step, 1 + step / 2]])
        octave_noise = cv2.warpAffine(grid, placed, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        total += np.float32(1.5 * strength) * octave_noise  # linear interpolation takes a third of the deviation
    return total / np.float32(math.sqrt(power))


def _mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """[H, W, 3]: `first` where share (float32 [H, W]) is 0, `second` where it is 1."""
    share = cv2.merge([share] * 3)  # numpy would spread [H, W, 1] over the channels too, but slowly
    return first * (1 - share) + second * share


def _weathered(rng: np.random.Generator, patch: Patch, light: np.ndarray) -> np.ndarray:
    """Uneven brightness and grain: no surface is of one colour."""
    grain = noise(rng, patch, coarsest=1, roughness=rng.uniform(0.55, 0.9))
    return light * np.exp(np.float32(rng.uniform(0.08, 0.3)) * grain)[..., None]


def _bars(position: np.ndarray, patch: Patch, *, frequency: float, share: float) -> np.ndarray:
    """Anti-aliased bars: float32 in [0, 1], 1 on `share` of every period of `position` (in periods)."""
    edge = np.float32(patch.unit / frequency)  # pixels per period
    from_middle = np.abs(position - np.floor(position) - np.float32(0.5))
    return np.clip((np.float32(share / 2) - from_middle) * edge + np.float32(0.5), 0, 1)


def plain(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """A painted wall or a cloth: one colour, a gradient, a little grain."""
    base = colour(rng)
    slope = patch.along(rng.uniform(0, 2 * math.pi)) * np.float32(rng.uniform(0, 0.8))
    return _weathered(rng, patch, base * np.exp(-slope)[..., None])


def gradient(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """A sky or a studio backdrop: one colour turns into another."""
    first = colour(rng)
    along = patch.along(rng.normal(math.pi / 2, 0.4))
    share = np.clip((along - along.min()) / np.ptp(along), 0, 1) + 0.06 * noise(rng, patch, finest=5)
    return _mix(first, related(rng, first), np.clip(share, 0, 1))


def clouded(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Stone, plaster, clouds, distant bushes: two or three colours mixed by 1/f noise."""
    first = colour(rng)
    roughness = rng.uniform(0.45, 0.95)
    coarsest = int(rng.integers(1, 4))
    contrast = np.float32(rng.uniform(0.5, 4))
    mixed = [1 / (1 + np.exp(-contrast * noise(rng, patch, coarsest=coarsest, roughness=roughness))) for _ in range(2)]
    return _mix(_mix(first, related(rng, first), mixed[0]), related(rng, first), mixed[1] * np.float32(0.6))


def stripes(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Stripes, straight or wavy, hard-edged: cloth, fences, planks, blinds."""
    first = colour(rng)
    frequency = math.exp(rng.uniform(math.log(4), math.log(40)))
    angle = rng.choice([0, math.pi / 2, rng.uniform(0, math.pi)])
    wave = noise(rng, patch, finest=4) * np.float32(rng.choice([0, rng.uniform(0.1, 0.8)]))
    position = patch.along(angle) * np.float32(frequency) + wave
    bars = _bars(position, patch, frequency=frequency, share=rng.uniform(0.15, 0.85))
    return _weathered(rng, patch, _mix(first, related(rng, first), bars))


def checks(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Checks and plaids: two sets of bars across each other."""
    first = colour(rng)
    angle = rng.uniform(0, math.pi)
    frequency = math.exp(rng.uniform(math.log(4), math.log(25)))
    share = rng.choice([0.5, rng.uniform(0.1, 0.9)])
    bars = [
        _bars(patch.along(angle + turn) * np.float32(frequency), patch, frequency=frequency, share=share)
        for turn in (0, math.pi / 2)
    ]
    either = bars[0] + bars[1] - 2 * bars[0] * bars[1] if rng.random() < 0.5 else (bars[0] + bars[1]) / 2
    return _weathered(rng, patch, _mix(first, related(rng, first), either))


def bricks(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Bricks, tiles, shelves of books: cells of different brightness in rows, with joints between."""
    first = colour(rng)
    rows = math.exp(rng.uniform(math.log(5), math.log(25)))
    columns = rows * rng.uniform(0.3, 2.5)
    shift = rng.choice([0.0, 0.5])
    brightness = np.exp(rng.normal(0, rng.uniform(0.1, 0.6), (64, 64))).astype(np.float32)
    v = patch.y * np.float32(rows)
    row = np.floor(v).astype(np.intp)
    u = patch.x * np.float32(columns) + np.float32(shift) * (row % 2).astype(np.float32)
    cells = brightness[row % 64, np.floor(u).astype(np.intp) % 64]
    filled = _bars(v, patch, frequency=rows, share=rng.uniform(0.8, 0.95)) * _bars(
        u, patch, frequency=columns, share=rng.uniform(0.8, 0.95)
    )
    return _weathered(rng, patch, _mix(related(rng, first), first * cells[..., None], filled))


def windows(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """A house front: a grid of windows, most dark, some lit, the lit ones brighter than white."""
    wall = colour(rng)
    rows, columns = rng.uniform(3, 12, 2)
    lit = rng.random((32, 32, 1)) < rng.choice([0.1, 0.5])
    warm = np.array([1.0, 0.75, 0.4]) * rng.uniform(0.3, 3.0, (32, 32, 1))
    panes = np.where(lit, warm, rng.uniform(0.005, 0.15, (32, 32, 1))).astype(np.float32)
    v, u = patch.y * np.float32(rows), patch.x * np.float32(columns)
    opening = _bars(v, patch, frequency=rows, share=rng.uniform(0.4, 0.8)) * _bars(
        u, patch, frequency=columns, share=rng.uniform(0.3, 0.8)
    )
    cells = panes[np.floor(v).astype(np.intp) % 32, np.floor(u).astype(np.intp) % 32]
    return _mix(_weathered(rng, patch, np.broadcast_to(wall, (*patch.size, 3))), cells, opening)


def leaves(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Foliage, petals, gravel: many ellipses over each other, from dark behind to light in front."""
    base = colour(rng) if rng.random() < 0.4 else srgb_to_linear(rng.uniform([0.2, 0.35, 0.08], [0.6, 0.75, 0.35]))
    picture = clouded_paint(rng, patch, base * np.float32(0.25))
    extent = max(patch.size) / patch.unit
    length = math.exp(rng.uniform(math.log(0.015), math.log(0.08))) * min(1.0, extent * 1.5)
    count = int(min(350, 1.5 * (extent / length) ** 2))
    direction, spread = rng.uniform(0, 360), rng.choice([20.0, 180.0])
    slimness = rng.uniform(0.25, 0.8)
    places = rng.uniform(0, extent, (count, 2))
    lengths = length * rng.uniform(0.5, 1.3, count)
    turns = direction + spread * rng.uniform(-1, 1, count)
    tones = np.exp(
        rng.normal(0, 0.45, (count, 1)) + rng.normal(0, 0.12, (count, 3)) + np.linspace(-1, 0.4, count)[:, None]
    )
    paints = paint(base * tones)
    for place, size, turn, tone in zip(places, lengths, turns, paints, strict=True):
        axes = (
            max(1, round(size * patch.unit * 2**_SUBPIXEL)),
            max(1, round(size * slimness * patch.unit * 2**_SUBPIXEL)),
        )
        middle = (int(place[0] * patch.unit * 2**_SUBPIXEL), int(place[1] * patch.unit * 2**_SUBPIXEL))
        cv2.ellipse(picture, middle, axes, turn, 0, 360, tone, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL)
    return _LINEAR[picture]


def twigs(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Grass, branches, wires: thin bent lines over a ground."""
    base = colour(rng)
    picture = clouded_paint(rng, patch, base)
    extent = max(patch.size) / patch.unit
    count = int(rng.uniform(20, 160) * min(1.0, extent))
    direction, spread = rng.choice([math.pi / 2, rng.uniform(0, math.pi)]), rng.choice([0.25, 3.0])
    starts = rng.uniform(0, extent, (count, 2))
    turns = direction + spread * rng.uniform(-1, 1, (count, 1)) + np.cumsum(rng.normal(0, 0.3, (count, 4)), axis=1)
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=-1) * (rng.uniform(0.02, 0.12, (count, 1, 1)))
    lines = np.concatenate([starts[:, None], starts[:, None] + np.cumsum(steps, axis=1)], axis=1)
    tones = paint(
        np.where(rng.random((count, 1)) < 0.5, base, related(rng, base)) * np.exp(rng.normal(0, 0.6, (count, 1)))
    )
    widths = rng.uniform(0.002, 0.012, count) * patch.unit
    for line, tone, width in zip(_points(lines, patch.unit), tones, widths, strict=True):
        cv2.polylines(picture, [line], False, tone, max(1, round(width)), cv2.LINE_AA, _SUBPIXEL)
    return _LINEAR[picture]


def letters(rng: np.random.Generator, patch: Patch) -> np.ndarray:
    """Print: posters, labels, shop signs."""
    base = colour(rng)
    picture = clouded_paint(rng, patch, base)
    height = rng.uniform(0.03, 0.14)
    tone = paint(related(rng, 1 - base if rng.random() < 0.5 else base * 0.1)[None])[0]
    rows = int(max(patch.size) / patch.unit / (1.6 * height)) + 1
    for row in range(rows):
        text = "".join(chr(code) for code in rng.integers(33, 123, 40))
        place = (int(rng.uniform(-0.1, 0.1) * patch.unit), int((row + 0.8) * 1.6 * height * patch.unit))
        thickness = max(1, round(height * patch.unit / 9))
        cv2.putText(picture, text, place, row % 3, height * patch.unit / 22, tone, thickness, cv2.LINE_AA)
    return _LINEAR[picture]


SURFACES: tuple[Texture, ...] = (plain, clouded, stripes, checks, bricks, letters, leaves)
"""What things are covered with."""

BACKDROPS: tuple[Texture, ...] = (
    *(plain, gradient, clouded, clouded, stripes, checks, bricks, windows, windows, leaves, leaves, leaves),
    *(twigs, twigs, letters),
)
"""What is behind things; a texture named twice is drawn twice as often."""


def paint(light: np.ndarray) -> list[tuple[int, int, int]]:
    """Linear light [N, 3] as 8 bits for OpenCV's drawing functions, by the power 1/2.2: near sRGB, as which it is read
    again (`_LINEAR`)."""
    encoded = np.clip(light, 0, 1) ** (1 / 2.2) * 255
    return [tuple(map(int, tone)) for tone in encoded]


def clouded_paint(rng: np.random.Generator, patch: Patch, base: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3], sRGB: an uneven ground to draw on."""
    tones = np.array(paint(np.stack([base, related(rng, base)])), np.float32)
    share = np.clip(0.5 + 0.4 * noise(rng, patch, coarsest=2, roughness=0.7), 0, 1)
    return _mix(tones[0], tones[1], share).astype(np.uint8)


def _points(lines: np.ndarray, unit: float) -> np.ndarray:
    """Scene coordinates [..., 2] as OpenCV's fixed-point pixel coordinates, int32 [..., 1, 2]."""
    return np.round((lines * unit - 0.5) * 2**_SUBPIXEL).astype(np.int32)[..., None, :]


def add_lights(
    rng: np.random.Generator, patch: Patch, light: np.ndarray, *, count: int, radius: float, radiance: float
) -> None:
    """Adds small bright lights to `light` (float32 [H, W, 3], changed in place), in loose clusters.

    Args:
        count: how many.
        radius: their size in units of the scene, about 0.003.
        radiance: how much brighter than white they are, in the middle of a wide spread.
    """
    height, width = patch.size
    hues = np.array([[1, 0.8, 0.5], [1, 1, 0.95], [1, 0.6, 0.25], [1, 0.15, 0.1], [0.3, 1, 0.4], [0.4, 0.6, 1]])
    main = hues[rng.integers(len(hues))]
    extent = np.array([width, height]) / patch.unit
    clusters = rng.uniform(0, 1, (4, 2)) * extent
    spread = rng.uniform(0.1, 0.6)
    for _ in range(count):
        place = clusters[rng.integers(4)] + rng.normal(0, spread, 2)
        hue = main if rng.random() < 0.6 else hues[rng.integers(len(hues))]
        brightness = radiance * math.exp(rng.normal(0, 0.7))
        pixels = max(0.6, radius * math.exp(rng.normal(0, 0.25)) * patch.unit)
        x, y = place * patch.unit - 0.5
        left, top = max(0, int(x - pixels - 1)), max(0, int(y - pixels - 1))
        right, bottom = min(width, int(x + pixels + 3)), min(height, int(y + pixels + 3))
        if left >= right or top >= bottom:
            continue
        away = np.hypot(np.arange(left, right)[None] - x, np.arange(top, bottom)[:, None] - y)
        covered = np.clip(pixels + 0.5 - away, 0, 1)[..., None]
        region = light[top:bottom, left:right]
        region += (covered * hue * brightness).astype(np.float32)
