"""Plausible scenes around a subject of which only the outline is known: a map of inverse depth for a mask.

Inverse depth is relative: 0 at the subject, negative farther away, positive nearer. What counts is its shape; the lens
scales it.
"""

import math

import numpy as np

KINDS = ("ground", "wall", "far")
# How often each is drawn. Feet on a blurred floor look like a cut-out, so where they are seen a floor is likely.
_SHARES_WITH_FEET, _SHARES_CUT = (0.75, 0.15, 0.1), (0.3, 0.4, 0.3)
_SOLID = 0.5  # of the matte: from here on a pixel is the subject's


def draw(rng: np.random.Generator, matte: np.ndarray, *, kind: str | None = None) -> np.ndarray:
    """float32 [H, W], the inverse depth of what surrounds the subject, also where the subject hides it.

    Scaled such that the background reaches −1: at the 1st percentile of what is seen of it.

    Args:
        rng: the only source of chance.
        matte: float32 [H, W] in [0, 1], the subject.
        kind: `ground` (a floor on which the subject stands, running up to a wall), `wall` (behind the subject, at any
            angle) or `far` (one distance); drawn when None.
    """
    height, width = matte.shape
    drawn = rng.choice(KINDS, p=_SHARES_CUT if contact_row(matte) >= height - 2 else _SHARES_WITH_FEET)
    kind = kind or str(drawn)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    sideways = (columns - (width - 1) / 2) / width
    if kind == "ground":
        depth = _ground(rng, matte, rows, sideways)
    elif kind == "wall":
        depth = _wall(rng, rows / height - 0.5, sideways)
    else:
        depth = np.full(matte.shape, -1, np.float32)
    return depth / farthest(depth, matte)


def farthest(depth: np.ndarray, matte: np.ndarray) -> np.float32:
    """How far behind the subject the background reaches, above 0: the 99th percentile of what is seen of it."""
    seen = depth[matte < _SOLID]
    seen = seen if seen.size else depth
    return np.float32(max(-np.percentile(seen[::7] if seen.size > 7000 else seen, 1), 1e-6))


def _ground(rng: np.random.Generator, matte: np.ndarray, rows: np.ndarray, sideways: np.ndarray) -> np.ndarray:
    """A floor, in focus under the subject's feet, nearer below them, and from some row on a wall that stands on it."""
    height = len(rows)
    contact = contact_row(matte)
    if contact >= height - 2:  # the picture cuts the subject: its feet are somewhere below
        contact = height * rng.uniform(1.0, 1.5)
    tilt = math.tan(rng.normal(0, 0.02)) * matte.shape[1]
    horizon = min(rng.uniform(0.2, 0.6) * height, contact - 0.15 * height)
    floor = (rows + tilt * sideways - contact) / (contact - horizon)
    # The wall leans by up to a third of its distance from one side to the other, and meets the floor without a step.
    wall = -1 + rng.uniform(-0.33, 0.33) * sideways
    return np.maximum(floor, wall) if rng.random() < 0.85 else _rounded(floor, wall)


def _rounded(floor: np.ndarray, wall: np.ndarray) -> np.ndarray:
    """The larger of both with a soft crease, as where a lawn rises to a hedge."""
    softness = 0.15
    return wall + softness * np.logaddexp(0, (floor - wall) / softness)


def _wall(rng: np.random.Generator, down: np.ndarray, sideways: np.ndarray) -> np.ndarray:
    """A plane behind the subject at any angle, as far away at its nearest as 0.1 to 0.8 of its farthest."""
    angle = rng.normal(0, 0.7) + math.pi * rng.integers(0, 2)
    plane = math.cos(angle) * sideways + math.sin(angle) * down
    nearest = rng.uniform(0.1, 0.8)
    low, high = plane.min(), plane.max()
    return -(nearest + (1 - nearest) * (plane - low) / max(high - low, 1e-6)).astype(np.float32)


def contact_row(matte: np.ndarray) -> int:
    """The lowest row in which the subject is seen by more than a few pixels, where it touches the ground."""
    seen = np.flatnonzero((matte > _SOLID).sum(axis=1) >= 3)
    return int(seen[-1]) if seen.size else matte.shape[0] - 1
