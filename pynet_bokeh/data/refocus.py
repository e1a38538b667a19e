"""A photo and its geometry through a wide-open lens: discs that grow with the distance from the plane of focus.

All in linear light. The background is blurred by a stack of kernels, each computed only where it is used and mixed with
its neighbour by radius; large kernels work on a smaller picture. The subject is laid over it, sharp.
"""

import math
from collections.abc import Sequence
from functools import cached_property

import cv2
import numpy as np

from pynet_bokeh.data.aperture import Aperture

ROUND = Aperture()

_STEP = 1.33  # ratio of neighbouring radii in a stack
_FIRST = 1.0  # pixels, the smallest disc of a stack
_HALF, _QUARTER = 7.0, 20.0  # pixels: from these radii on a half, a quarter of the size is fine enough
_FADE = 0.75  # pixels: below this radius the photo itself shows through more and more
_SHAPELESS = 3.0  # pixels: up to this radius a cat's-eye can't be told from a disc
_FIELD = 4  # cells of the grid over which a cat's-eye changes


class Blurrer:
    """A picture (float32 [H, W, C], linear light) of which blurred parts are asked for.

    Beyond its border the picture goes on as its mirror image.
    """

    def __init__(self, picture: np.ndarray, aperture: Aperture):
        self.aperture = aperture
        self.height, self.width = picture.shape[:2]
        self._full = picture

    @cached_property
    def _half(self) -> np.ndarray:
        below, right = -self.height % 4, -self.width % 4
        return _shrunk(cv2.copyMakeBorder(self._full, 0, below, 0, right, cv2.BORDER_REFLECT), 2)

    @cached_property
    def _quarter(self) -> np.ndarray:
        return _shrunk(self._half, 2)

    def part(self, radius: float, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """Rows `top` to `bottom` and columns `left` to `right` (exclusive) of the picture, blurred: float32 [h, w, C].

        Args:
            radius: in pixels, negative behind the plane of focus.
        """
        if self.aperture.cats_eye and abs(radius) > _SHAPELESS:
            return self._by_field(radius, top, bottom, left, right)
        return self._part(radius, self.aperture.kernel, top, bottom, left, right)

    def _part(self, radius: float, kernel_of, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        size = abs(radius)
        factor = 1 if size < _HALF else 2 if size < _QUARTER else 4
        if factor == 1:
            return _filtered(self._full, kernel_of(radius), top, bottom, left, right)
        picture = self._half if factor == 2 else self._quarter
        # Shrinking by area and enlarging linearly blur too; the kernel makes up for it (a disc's variance is r²/4).
        extra = (factor**2 - 1) / 12 + factor**2 / 6
        radius = math.copysign(math.sqrt(size**2 - 4 * extra) / factor, radius)
        y0, y1 = top // factor - 1, -(-bottom // factor) + 1
        x0, x1 = left // factor - 1, -(-right // factor) + 1
        y0, x0, y1, x1 = max(y0, 0), max(x0, 0), min(y1, picture.shape[0]), min(x1, picture.shape[1])
        small = _filtered(picture, kernel_of(radius), y0, y1, x0, x1)
        large = cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
        large = large.reshape(*large.shape[:2], -1)
        return large[top - y0 * factor : bottom - y0 * factor, left - x0 * factor : right - x0 * factor]

    def _by_field(self, radius: float, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """The part with a kernel that changes over the picture: one for each node of a grid, mixed linearly."""
        out = np.zeros((bottom - top, right - left, self._full.shape[2]), np.float32)
        half_diagonal = math.hypot(self.height, self.width) / 2
        ys = np.linspace(0, self.height - 1, _FIELD + 1)
        xs = np.linspace(0, self.width - 1, _FIELD + 1)
        for y in ys:
            down = np.clip(1 - np.abs(np.arange(top, bottom) - y) / (ys[1] - ys[0]), 0, 1).astype(np.float32)
            rows = np.flatnonzero(down)
            if not rows.size:
                continue
            for x in xs:
                across = np.clip(1 - np.abs(np.arange(left, right) - x) / (xs[1] - xs[0]), 0, 1).astype(np.float32)
                columns = np.flatnonzero(across)
                if not columns.size:
                    continue
                field = (x - (self.width - 1) / 2) / half_diagonal, (y - (self.height - 1) / 2) / half_diagonal

                def kernel_of(size, field=field):
                    return self.aperture.kernel(size, field)

                r0, r1, c0, c1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
                part = self._part(radius, kernel_of, top + r0, top + r1, left + c0, left + c1)
                weight = down[r0:r1, None] * across[None, c0:c1]
                for channel in range(out.shape[2]):
                    out[r0:r1, c0:c1, channel] += part[..., channel] * weight
        return out


def _shrunk(picture: np.ndarray, factor: int) -> np.ndarray:
    height, width, channels = picture.shape
    small = cv2.resize(picture, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    return small.reshape(height // factor, width // factor, channels)


def _filtered(picture: np.ndarray, kernel: np.ndarray, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """A part of `picture` (float32 [H, W, C]) convolved with `kernel`."""
    if kernel.size == 1:
        return picture[top:bottom, left:right]
    reach = kernel.shape[0] // 2
    height, width = picture.shape[:2]
    y0, y1, x0, x1 = max(top - reach, 0), min(bottom + reach, height), max(left - reach, 0), min(right + reach, width)
    # filter2D correlates: turned by half a turn the kernel is the light that each point throws.
    blurred = cv2.filter2D(picture[y0:y1, x0:x1], -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT)
    blurred = blurred.reshape(y1 - y0, x1 - x0, -1)[top - y0 : bottom - y0, left - x0 : right - x0]
    return np.maximum(blurred, 0)  # large kernels are applied in the frequency domain, whose rounding goes below 0


def radii(low: float, high: float) -> list[float]:
    """The radii of a stack that covers `low` to `high` pixels (signed), rising; 0 is one of them when it lies between.

    Both ends are exact, so a background at one distance gets exactly its disc.
    """

    def outwards(near: float, far: float) -> list[float]:
        """From `far` down to `near`, 0 <= near <= far."""
        found = [far]
        while found[-1] / _STEP > max(near, _FIRST):
            found.append(found[-1] / _STEP)
        return found if near == far else [*found, near]

    if low <= 0 <= high:
        below = [-radius for radius in outwards(0, -low)] if low < 0 else [0.0]
        above = outwards(0, high)[::-1] if high > 0 else [0.0]
        return below + above[1:]
    if high < 0:
        return [-radius for radius in outwards(-high, -low)]
    return outwards(low, high)[::-1]


def blur_smoothly(picture: np.ndarray, radius: np.ndarray, aperture: Aperture) -> np.ndarray:
    """`picture` (float32 [H, W, C], linear light) blurred at each pixel by the radius given there.

    Args:
        radius: float32 [H, W] in pixels, signed; must change smoothly (ramps and creases, no steps), for it takes
            every pixel's surroundings to be as far away as itself.
    """
    if aperture.symmetric:
        radius = np.abs(radius)
    stack = radii(float(radius.min()), float(radius.max()))
    blurrer = Blurrer(picture, aperture)
    out = np.zeros_like(picture)
    for number, level in enumerate(stack):
        weight = share_of(radius, stack, number)
        box = box_of(weight)
        if box is None:
            continue
        top, bottom, left, right = box
        part = blurrer.part(level, *box)
        share = weight[top:bottom, left:right]
        for channel in range(picture.shape[2]):
            out[top:bottom, left:right, channel] += part[..., channel] * share
    return out


def share_of(radius: np.ndarray, stack: Sequence[float], number: int) -> np.ndarray:
    """How much of each pixel is taken from kernel `number` of the stack: tents that add up to 1."""
    level = stack[number]
    share = np.ones_like(radius)
    if number > 0:
        below = stack[number - 1]
        np.minimum(share, (radius - below) / np.float32(level - below), out=share)
    if number + 1 < len(stack):
        above = stack[number + 1]
        np.minimum(share, (above - radius) / np.float32(above - level), out=share)
    return np.maximum(share, 0, out=share)


def box_of(weight: np.ndarray) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) of what isn't 0, or None."""
    used = weight > 0
    rows = np.flatnonzero(used.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(used[rows[0] : rows[-1] + 1].any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def refocus(
    photo: np.ndarray,
    depth: np.ndarray,
    *,
    strength: float,
    focus: float = 0.0,
    matte: np.ndarray,
    subject: np.ndarray,
    background: np.ndarray,
    aperture: Aperture = ROUND,
) -> np.ndarray:
    """The photo with its subject in focus: float32 [H, W, 3], linear light.

    Args:
        photo: float32 [H, W, 3], linear light, everything in focus.
        depth: float32 [H, W], inverse depth of the background, smooth, also where the subject hides it.
        strength: radius in pixels per unit of inverse depth.
        focus: inverse depth of the subject.
        matte: float32 [H, W] in [0, 1], the subject's share of each pixel.
        subject: float32 [H, W, 3], its colour, right wherever the matte is above 0.
        background: float32 [H, W, 3], complete.
        aperture: the shape of the opening.
    """
    radius = np.float32(strength) * (depth - np.float32(focus))
    if not np.any(np.abs(radius) > 0.05):
        return photo.copy()
    blurred = blur_smoothly(background, radius, aperture)
    change = np.minimum(np.abs(radius) / np.float32(_FADE), 1)
    out = np.empty_like(photo)
    for channel in range(3):
        one = blurred[..., channel]
        one += (subject[..., channel] - one) * matte
        out[..., channel] = photo[..., channel] + (one - photo[..., channel]) * change
    return out
