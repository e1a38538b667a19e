"""Things of several parts, as outlines that belong together: lamps, flowers, signs, plants, heaps.

What is in front of a camera is seldom one closed curve, and often it is thin somewhere.
"""

import math
from collections.abc import Callable

import numpy as np

from pynet_bokeh.data import shapes
from pynet_bokeh.data.shapes import Outline

Figure = list[Outline]
"""Outlines around (0, 0), together about 1 across; later ones lie in front."""


def single(rng: np.random.Generator) -> Figure:
    """One closed outline."""
    return [shapes.SUBJECTS[rng.integers(len(shapes.SUBJECTS))](rng)]


def lamp(rng: np.random.Generator) -> Figure:
    """A head on a thin post that runs out of the picture."""
    head = rng.choice([shapes.ellipse, shapes.ellipse, shapes.polygon, shapes.blob])(rng)
    post = _bar((0, 0), (rng.normal(0, 0.03), 2.5), rng.uniform(0.03, 0.12))
    collar = _bar((-0.5, 0), (0.5, 0), 0.2) * rng.uniform(0.2, 0.4) + [0, 0.42]
    return [post, head * rng.uniform(0.7, 1.1), *([collar] if rng.random() < 0.6 else [])]


def sign(rng: np.random.Generator) -> Figure:
    """A board on one or two posts."""
    wide, tall = rng.uniform(0.3, 0.6), rng.uniform(0.2, 0.5)
    board = np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)])
    feet = [0.0] if rng.random() < 0.6 else [-0.7 * wide, 0.7 * wide]
    return [*(_bar((x, 0), (x, 2.5), rng.uniform(0.03, 0.08)) for x in feet), board]


def flower(rng: np.random.Generator) -> Figure:
    """Petals around a middle, on a stalk from any side with leaves along it."""
    petals, slim = int(rng.integers(4, 10)), rng.uniform(0.25, 0.6)
    angles = rng.uniform(0, 2 * math.pi) + np.arange(petals) * 2 * math.pi / petals
    blossom = [_leaf((0, 0), angle, rng.uniform(0.35, 0.5), slim) for angle in angles]
    towards = rng.uniform(0, 2 * math.pi)
    tip = 2.5 * np.array([math.cos(towards), math.sin(towards)])
    leaves = [
        _leaf(tip * rng.uniform(0.2, 0.8), towards + rng.choice([-1, 1]) * rng.uniform(0.4, 1.5), 0.4, 0.45)
        for _ in range(rng.integers(0, 7))
    ]
    return [_bar((0, 0), tuple(tip), rng.uniform(0.02, 0.05)), *leaves, *blossom, shapes.ellipse(rng) * 0.22]


def plant(rng: np.random.Generator) -> Figure:
    """Leaves that spread from one place, perhaps out of a pot."""
    spread = rng.uniform(0.6, math.pi)
    leaves = [
        _leaf(rng.normal(0, 0.08, 2), -math.pi / 2 + rng.uniform(-spread, spread), rng.uniform(0.25, 0.6), slim)
        for slim in rng.uniform(0.12, 0.6, rng.integers(8, 30))
    ]
    if rng.random() < 0.5:
        return leaves
    top, foot, deep = rng.uniform(0.2, 0.35), rng.uniform(0.12, 0.25), rng.uniform(0.3, 0.5)
    return [*leaves, np.array([(-top, 0), (top, 0), (foot, deep), (-foot, deep)])]


def heap(rng: np.random.Generator) -> Figure:
    """Two to five things that touch."""
    kinds = (shapes.blob, shapes.ellipse, shapes.polygon, shapes.stem)
    return [
        kinds[rng.integers(len(kinds))](rng) * rng.uniform(0.3, 0.8) + rng.normal(0, 0.22, 2)
        for _ in range(rng.integers(2, 6))
    ]


FIGURES: tuple[Callable[[np.random.Generator], Figure], ...] = (single, single, lamp, sign, flower, plant, heap)


def _bar(start: tuple[float, float], end: tuple[float, float], width: float) -> Outline:
    """A straight strip."""
    first, last = np.asarray(start, float), np.asarray(end, float)
    along = (last - first) / np.linalg.norm(last - first)
    aside = np.array([-along[1], along[0]]) * width / 2
    return np.stack([first + aside, last + aside, last - aside, first - aside])


def _leaf(root, angle: float, length: float, slimness: float) -> Outline:
    """A pointed oval from `root` on."""
    along = np.concatenate([np.linspace(0, 1, 12), np.linspace(1, 0, 12)[1:-1]])
    side = np.where(np.arange(len(along)) < 12, 1, -1)
    across = side * np.sin(math.pi * along**0.8) * slimness / 2
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return np.asarray(root) + np.stack([along, across], axis=-1) @ turn * length
