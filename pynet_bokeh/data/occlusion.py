"""A photo with a depth map through a wide-open lens: what is near spreads over what is far, which goes on behind it.

The picture is cut into slices by circle of confusion, each is blurred by one kernel, and they are laid over each other
from near to far. Behind every step in depth the far surface is continued, so that there is something to see through a
blurred edge.
"""

import math

import cv2
import numpy as np

from pynet_bokeh.data import matting
from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.refocus import ROUND, Blurrer, box_of, radii, share_of

_STEP = 2.0  # pixels: a change of the radius by more within 5 pixels is a step from one surface to another


def refocus_depth(
    photo: np.ndarray, depth: np.ndarray, *, focus: float, strength: float, aperture: Aperture = ROUND
) -> np.ndarray:
    """The photo focused at one depth: float32 [H, W, 3], linear light.

    Args:
        photo: float32 [H, W, 3], linear light, everything in focus.
        depth: float32 [H, W], inverse depth: nearer is larger.
        focus: the inverse depth that stays sharp.
        strength: radius in pixels per unit of inverse depth.
        aperture: the shape of the opening.
    """
    radius = np.float32(strength) * (depth.astype(np.float32) - np.float32(focus))
    if not np.any(np.abs(radius) > 0.05):
        return photo.copy()
    hidden, behind, behind_radius = continued_behind(photo, radius)
    out = np.zeros_like(photo)
    left_over = np.ones_like(radius)  # the part of each pixel's light that comes from farther away
    _add_surface(out, left_over, photo, np.ones_like(radius), radius, aperture)
    # What is hidden only fills what the seen surfaces leave open, wherever it is.
    _add_surface(out, left_over, behind, hidden, behind_radius, aperture)
    return out / np.maximum(1 - left_over, 1e-3)[..., None]


def _add_surface(
    out: np.ndarray,
    left_over: np.ndarray,
    colour: np.ndarray,
    there: np.ndarray,
    radius: np.ndarray,
    aperture: Aperture,
) -> None:
    """Adds `colour` where `there` is 1 to `out` slice by slice, the nearest first, and takes it from `left_over`."""
    used = radius[there > 0]
    if not used.size:
        return
    stack = radii(float(used.min()), float(used.max()))
    height, width = radius.shape
    for number in reversed(range(len(stack))):
        level = stack[number]
        weight = share_of(radius, stack, number) * there
        box = box_of(weight)
        if box is None:
            continue
        reach = math.ceil(abs(level) * 1.2) + 2
        top, bottom = max(box[0] - reach, 0), min(box[1] + reach, height)
        left, right = max(box[2] - reach, 0), min(box[3] + reach, width)
        layer = np.dstack([colour * weight[..., None], weight])
        part = Blurrer(layer, aperture).part(level, top, bottom, left, right)
        here = slice(top, bottom), slice(left, right)
        # Slices of one surface add up, they don't cover each other; what is farther gets what they leave.
        share = np.minimum(part[..., 3], left_over[here])
        out[here] += part[..., :3] * (share / np.maximum(part[..., 3], 1e-6))[..., None]
        left_over[here] -= share


def continued_behind(photo: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What goes on behind the near side of every step in depth.

    Args:
        photo: float32 [H, W, 3].
        radius: float32 [H, W], signed circle of confusion in pixels, near is larger.

    Returns:
        float32 [H, W], 1 where something is hidden that a lens may see; its colour, float32 [H, W, 3]; its radius,
        float32 [H, W].
    """
    nothing = np.zeros_like(radius), photo, radius
    window = np.ones((5, 5), np.uint8)
    high, low = cv2.dilate(radius, window), cv2.erode(radius, window)
    step = high - low > _STEP
    if not step.any():
        return nothing
    middle = (high + low) / 2
    reach = float(np.abs(radius).max()) * 1.2 + 3
    near = _side(step & (radius > middle), middle, radius, reach, above=True)
    far = _side(step & (radius <= middle), middle, radius, reach, above=False)
    # The edge itself mixes both colours in a photo: it is no example of what is behind.
    far &= cv2.erode(far.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if not far.any() or not near.any():
        return nothing
    known = far.astype(np.float32)
    colour, behind = matting.fill(photo, known), matting.fill(radius[..., None], known)[..., 0]
    hidden = near & (behind < radius - _STEP / 2)
    return hidden.astype(np.float32), colour, behind


def _side(edge: np.ndarray, middle: np.ndarray, radius: np.ndarray, reach: float, *, above: bool) -> np.ndarray:
    """bool [H, W]: what lies within `reach` of the `edge` pixels and on their side of the step."""
    if not edge.any():
        return edge
    distance, labels = cv2.distanceTransformWithLabels(
        (~edge).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    threshold = np.zeros(labels.max() + 1, np.float32)
    threshold[labels[edge]] = middle[edge]
    limit = threshold[labels]
    return (distance <= reach) & ((radius > limit) if above else (radius <= limit))
