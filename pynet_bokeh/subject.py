"""The subject of a photo from a rectangle around it: a focus mask with a soft edge that follows the photo's.

GrabCut (Rother, Kolmogorov and Blake, "GrabCut: interactive foreground extraction using iterated graph cuts", SIGGRAPH
2004; OpenCV's) separates it on a small picture. A guided filter (He and Sun, "Fast guided filter", arXiv 1505.00996)
then fits the mask to the photo's colours, small too, and its coefficients are enlarged: the mask gets the photo's own
edges at full size.
"""

import cv2
import numpy as np

from pynet_bokeh import images
from pynet_bokeh.errors import UserError
from pynet_bokeh.merge import enlarged_rows

Rectangle = tuple[int, int, int, int]
"""(x, y, width, height) in pixels of the upright photo, from its upper left corner."""

SIDE = 512  # pixels, the long side at which GrabCut works: seconds; 256 finds clearly less
ROUNDS = 5  # of GrabCut: 10 find the same subjects
LEAST_SIDE = 8  # pixels of the small picture that a rectangle has to have: colours can't be told apart by fewer
LEAST_SHARE = 0.01  # of the rectangle: less is no subject
SPECK = 0.005  # of the rectangle: islands and holes that are smaller are mistakes
WINDOW = 0.006  # radius of the guided filter's window, as a share of the small picture's long side
SMOOTHNESS = 1e-4  # variance of colour below which the guided filter sees no edge
STRIP = 256  # rows made at once


def mask_of_rectangle(photo: np.ndarray, rectangle: Rectangle) -> np.ndarray:
    """The focus mask of what is inside a rectangle: uint8 [H,W], 255 the subject, 0 the rest, soft in between.

    Args:
        photo: uint8 [H,W,3], upright.
        rectangle: around all of the subject and a little of what is around it; what reaches beyond the photo is cut
            off.

    Raises UserError when the rectangle lies outside of the photo, is too small, leaves nothing around it, or holds
    nothing that differs from what is around it.
    """
    height, width = photo.shape[:2]
    left, top, right, bottom = part_of(rectangle, photo.shape[:2])
    scale = min(1.0, SIDE / max(height, width))
    small = images.resize(photo, (max(1, round(height * scale)), max(1, round(width * scale))))
    scales = small.shape[1] / width, small.shape[0] / height
    left, right = (round(place * scales[0]) for place in (left, right))
    top, bottom = (round(place * scales[1]) for place in (top, bottom))
    if min(right - left, bottom - top) < LEAST_SIDE:
        least = [int(np.ceil(LEAST_SIDE / one)) for one in scales]
        raise UserError(
            f"{_named(rectangle)}: too small; at least {least[0]}x{least[1]} pixels are wanted in this photo"
        )
    if (right - left, bottom - top) == (small.shape[1], small.shape[0]):
        raise UserError(f"{_named(rectangle)}: is the whole photo; leave something that is not the subject around it")
    area = (right - left) * (bottom - top)
    hard = _grabcut(small, (left, top, right - left, bottom - top))
    if np.count_nonzero(hard) < LEAST_SHARE * area:
        raise UserError(f"{_named(rectangle)}: nothing in it differs from what is around it; give --focus MASK instead")
    hard = _without_specks(hard, SPECK * area)
    return _fitted(photo, small, ~_without_specks(~hard, SPECK * area))


def part_of(rectangle: Rectangle, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the part of the rectangle that is in a photo of (height, width).

    Raises UserError when there is none.
    """
    x, y, width, height = rectangle
    left, right = max(0, x), min(x + width, size[1])
    top, bottom = max(0, y), min(y + height, size[0])
    if left >= right or top >= bottom:
        raise UserError(f"{_named(rectangle)}: outside of the photo, which is {size[1]}x{size[0]} pixels")
    return left, top, right, bottom


def _grabcut(photo: np.ndarray, rectangle: Rectangle) -> np.ndarray:
    """bool [h,w]: what GrabCut finds inside (x, y, width, height)."""
    labels = np.zeros(photo.shape[:2], np.uint8)
    cv2.setRNGSeed(0)  # its mixtures of colours begin with random numbers: the same photo gets the same mask
    cv2.grabCut(photo, labels, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_RECT)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _without_specks(region: np.ndarray, least: float) -> np.ndarray:
    """`region`, bool [h,w], without its islands of fewer than `least` pixels, the largest excepted."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
    areas = statistics[:, cv2.CC_STAT_AREA]
    areas[0] = 0  # what is not in the region
    kept = (areas >= least) | (areas == areas.max())
    kept[0] = False
    return kept[labels]


def _fitted(photo: np.ndarray, small: np.ndarray, hard: np.ndarray) -> np.ndarray:
    """The mask `hard`, bool [h,w], as uint8 [H,W] with the edges of `photo`; `small` is the photo at [h,w]."""
    slopes, offset = _guided_coefficients(images.to_float(small), hard.astype(np.float32))
    stack = np.dstack([slopes, offset])
    height, width = photo.shape[:2]
    result = np.empty((height, width), np.uint8)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        enlarged = enlarged_rows(stack, (height, width), top, bottom)
        mask = (enlarged[..., :3] * images.to_float(photo[top:bottom])).sum(axis=-1) + enlarged[..., 3]
        result[top:bottom] = images.to_uint8(mask)
    return result


def _guided_coefficients(guide: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes [h,w,3] and offset [h,w] of mask ≈ slopes · colour + offset, each the mean over the windows around it.

    `guide` is float32 [h,w,3] in [0,1], `mask` float32 [h,w] in [0,1]. He, Sun and Tang, "Guided image filtering",
    ECCV 2010, equations 14 to 16.
    """
    radius = max(2, round(WINDOW * max(mask.shape)))

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT)

    colour, level = mean(guide), mean(mask)
    covariance = mean(guide * mask[..., np.newaxis]) - colour * level[..., np.newaxis]
    products = mean((guide[..., :, np.newaxis] * guide[..., np.newaxis, :]).reshape(*mask.shape, 9))
    spread = products.reshape(*mask.shape, 3, 3) - colour[..., :, np.newaxis] * colour[..., np.newaxis, :]
    slopes = np.linalg.solve(spread + SMOOTHNESS * np.eye(3, dtype=np.float32), covariance[..., np.newaxis])[..., 0]
    offset = level - (slopes * colour).sum(axis=-1)
    return mean(slopes.astype(np.float32)), mean(offset.astype(np.float32))


def _named(rectangle: Rectangle) -> str:
    return f"--focus-rect {','.join(map(str, rectangle))}"
