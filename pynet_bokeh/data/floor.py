"""A floor that runs from the camera into the distance, as strips that each have one distance.

A plane's inverse distance grows linearly with the picture's row (a pinhole camera's perspective), so strips of equal
height are equal steps of blur.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from pynet_bokeh.data import lens, textures
from pynet_bokeh.data.textures import Patch

STRIPS = 20
_FOCAL_LENGTH = 1.2  # in short sides of the picture


@dataclass(frozen=True)
class Floor:
    """Where a floor lies, in units of the scene (its short side), rows from the top.

    Attributes:
        contact: the row of distance 1, where a subject in focus stands; may lie below the picture.
        horizon: the row of infinite distance; above `contact`, perhaps above the picture.
        farthest: the distance at which it ends.
    """

    contact: float
    horizon: float
    farthest: float

    def row(self, distance: float) -> float:
        """The row in which something at `distance` stands."""
        return self.horizon + (self.contact - self.horizon) / distance

    def distance(self, row: float | np.ndarray) -> float | np.ndarray:
        """The distance seen in `row`, below the horizon."""
        return (self.contact - self.horizon) / (row - self.horizon)

    def layers(
        self, rng: np.random.Generator, size: tuple[int, int], unit: int, *, strength: float
    ) -> list[lens.Layer]:
        """Its strips, back to front, for a picture of `size` (height, width) pixels with `unit` pixels a unit.

        Args:
            strength: the widest lens, per unit; each strip reaches as far under the next as that lens lets one see.
        """
        surface = _surface(rng, size, unit)
        top, bottom = self.row(self.farthest), size[0] / unit
        if top >= bottom:  # it ends before the picture begins
            return []
        edges = np.linspace(top, bottom, STRIPS + 1)
        middles = self.distance((edges[1:] + edges[:-1]) / 2)
        radii = [float(lens.blur_radius(one, focus_distance=1.0, strength=strength)) for one in middles]
        strips = []
        for number, distance in enumerate(middles):
            hidden = radii[number] + (radii[number + 1] if number + 1 < STRIPS else 0)
            strips.append(self._strip(surface, size, unit, edges[number], edges[number + 1] + hidden, distance))
        return strips

    def _strip(self, surface, size, unit, top: float, bottom: float, distance: float) -> lens.Layer:
        first, last = math.floor(top * unit), math.ceil(bottom * unit) + 1
        margin = math.ceil(unit * 0.1)
        rows = np.arange(first, last, dtype=np.float32) + 0.5
        columns = np.arange(-margin, size[1] + margin, dtype=np.float32) + 0.5
        away = self.distance(np.maximum(rows / unit, top + 0.25 / unit))[:, None].astype(np.float32)
        across = (columns / unit - size[1] / unit / 2)[None] * away
        along = np.broadcast_to(_FOCAL_LENGTH * away, across.shape)
        # One pixel of the strip covers so many of the texture's, across and along.
        shrunk = distance * math.sqrt(_FOCAL_LENGTH * distance / (self.contact - self.horizon))
        colour = _sampled(surface, across * unit, along * unit, shrunk)
        alpha = np.ones(across.shape, np.float32)
        alpha[0] = 1 - (top * unit - first)
        return lens.Layer(colour * alpha[..., None], alpha, float(distance), (first, -margin))


def _surface(rng: np.random.Generator, size: tuple[int, int], unit: int) -> np.ndarray:
    """What the floor is made of, seen from above: float32 [H, W, 3], linear light."""
    light = rng.choice(textures.SURFACES)(rng, Patch(size, unit))
    return light * np.float32(math.exp(rng.normal(0, 0.3)))


def _sampled(surface: np.ndarray, x: np.ndarray, y: np.ndarray, shrunk: float) -> np.ndarray:
    """The surface at pixels x, y (float32 [h, w]), which goes on as its mirror images; `shrunk` times smaller."""
    factor = 2 ** max(0, round(math.log2(max(shrunk, 1))))
    tall, wide = (max(2, side // factor) for side in surface.shape[:2])
    small = cv2.resize(surface, (wide, tall), interpolation=cv2.INTER_AREA)

    def mirrored(places: np.ndarray, have: int, side: int) -> np.ndarray:
        around = np.mod(places * np.float32(have / side), 2 * have)
        return np.minimum(around, 2 * have - around).clip(0, have - 1).astype(np.float32)

    x, y = mirrored(x, wide, surface.shape[1]), mirrored(y, tall, surface.shape[0])
    return cv2.remap(small, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
