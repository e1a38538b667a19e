"""What an out-of-focus point looks like: the shape of the lens opening, as kernels of any radius."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from pynet_bokeh.data.lens import disc_kernel
from pynet_bokeh.errors import UserError

_SUPERSAMPLING = 8  # sub-pixels per pixel and direction of a polygon or cat's-eye kernel
_SUBPIXEL = 4  # fractional bits of OpenCV's drawing coordinates


@dataclass(frozen=True)
class Aperture:
    """The opening of a lens.

    Attributes:
        blades: 0 for a round opening, otherwise the number of straight edges, 5 to 9.
        rotation: of the blades, in radians.
        cats_eye: how far the two ends of the lens barrel cut the opening in the picture's corners, 0 (not at all) to
            1. There only that part is left which two discs share that lie `cats_eye` radii apart, across the direction
            to the corner; halfway to the corner they are half as far apart.
    """

    blades: int = 0
    rotation: float = 0.0
    cats_eye: float = 0.0

    def __post_init__(self):
        if self.blades != 0 and not 5 <= self.blades <= 9:
            raise UserError(f"blades: 0 (round) or 5 to 9 are allowed; received {self.blades}")
        if not 0 <= self.cats_eye <= 1:
            raise UserError(f"cats_eye: 0 to 1 is allowed; received {self.cats_eye}")

    @property
    def symmetric(self) -> bool:
        """Whether something in front of the focus gets the same shape as something behind it."""
        return self.blades % 2 == 0

    def kernel(self, radius: float, field: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """float32 [2k+1, 2k+1], sums to 1: the light of one point, spread by a circle of confusion of `radius` pixels.

        Args:
            radius: in pixels; negative behind the plane of focus, positive in front, where the image of the opening is
                turned upside down. A polygon has the area of the disc of this radius.
            field: (x, y) of the place in the picture, from its middle; (1, 0) is as far away as a corner.
        """
        cut = self.cats_eye * math.hypot(*field)
        size = abs(radius)
        if self.blades == 0 and cut < 0.02:
            return disc_kernel(size)
        # Rounded so that neighbouring radii share kernels; a hundredth of a pixel can't be seen.
        angle = math.atan2(field[1], field[0])
        kernel = _shaped_kernel(round(size, 2), self.blades, self.rotation, round(cut, 3), round(angle, 3))
        return kernel[::-1, ::-1] if radius > 0 else kernel


@lru_cache(maxsize=256)
def _shaped_kernel(radius: float, blades: int, rotation: float, cut: float, angle: float) -> np.ndarray:
    """The kernel of a blade polygon or disc, cut by two discs `cut` radii apart in the direction `angle`."""
    if radius <= 0.5:
        return np.ones((1, 1), np.float32)
    circumradius = radius
    if blades:
        circumradius = radius * math.sqrt(2 * math.pi / blades / math.sin(2 * math.pi / blades))
    reach = math.ceil(circumradius - 0.5)
    fine = (2 * reach + 1) * _SUPERSAMPLING
    opening = np.zeros((fine, fine), np.uint8)
    corners = blades or 96
    around = rotation + np.arange(corners) * 2 * math.pi / corners
    points = np.stack([np.cos(around), np.sin(around)], axis=-1) * circumradius
    _fill(opening, points, reach)
    if cut > 0:
        around = np.arange(96) * 2 * math.pi / 96
        for end in (-cut / 2, cut / 2):
            barrel = np.zeros_like(opening)
            points = np.stack([np.cos(around) + end * math.cos(angle), np.sin(around) + end * math.sin(angle)], axis=-1)
            _fill(barrel, points * circumradius, reach)
            opening &= barrel
    side = 2 * reach + 1
    kernel = cv2.resize(opening.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    total = kernel.sum()
    if total <= 0:  # nothing of a tiny opening is left
        return np.ones((1, 1), np.float32)
    return kernel / total


def _fill(canvas: np.ndarray, points: np.ndarray, reach: int) -> None:
    """Fills the polygon `points` (x, y in pixels around the middle) in the supersampled `canvas`, in place."""
    fine = (points + reach + 0.5) * _SUPERSAMPLING - 0.5
    cv2.fillPoly(canvas, [np.round(fine * 2**_SUBPIXEL).astype(np.int32)[:, None]], 255, cv2.LINE_8, _SUBPIXEL)
