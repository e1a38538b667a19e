"""The full-resolution merge: a rendering made at the network's picture size brought to the photo's own size.

Enlarging the network's picture alone would make everything soft. Instead

    result = up(after) + kept · (photo − up(before))

where `before` is the photo at picture size, `after` the network's picture and `kept` [0,1] says how much of the fine
detail the network let through. Where it left things sharp the result is the photo's own pixels; where it blurred, the
network's picture with no fine detail on top.

`kept` is the coefficient of a guided filter, local covariance over local variance (He & Sun 2015, "Fast Guided
Filter", arXiv 1505.00996), taken of the high-pass of both pictures and, as there, estimated small and enlarged (Kopf et
al. 2007, "Joint Bilateral Upsampling"). Unlike there every pixel's vote is bounded: with plain sums the subject's
bright outline, which is kept, outvotes the background's blurred texture beside it, and a seam of sharp grain remains.
"""

import cv2
import numpy as np

from pynet_bokeh import images

# (σ of the high-pass, σ of the window, weight), σ in pixels of the picture. What is above the picture's resolution is
# judged by the finest detail in it; coarser detail and wider windows only speak where there is no finer detail.
SCALES = ((0.7, 1.0, 1.0), (1.5, 3.0, 0.1), (3.0, 8.0, 0.01))
NOISE = 1.5 / 255
"""High-pass amplitude at which a pixel's vote counts half: less is rounding and sensor noise."""
PRIOR = 0.001
"""Weight of "where the picture didn't change, detail is kept", for places without any texture."""
UNCHANGED = 3 / 255
"""Difference between before and after (σ) that still passes for unchanged."""
NONE_KEPT, ALL_KEPT = 0.35, 0.75
"""A blur that halves the picture's finest detail leaves nothing of what is finer still, and a network that keeps
nearly everything means to keep it: between these the coefficient is stretched to [0,1]."""
STRIP = 128  # rows merged at once: all float pictures at full size together stay below 20 MB


def merge(photo: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Brings the network's picture to the photo's size.

    Args:
        photo: uint8 [H,W,3].
        before: float32 [h,w,3] in [0,1], the photo at picture size.
        after: float32 [h,w,3] in [0,1], the network's picture of `before`.

    Returns uint8 [H,W,3]; exactly `after`, rounded, where (H,W) = (h,w).
    """
    if before.shape != after.shape:
        raise ValueError(f"before and after: one shape is wanted; received {before.shape} and {after.shape}")
    height, width = photo.shape[:2]
    if (height, width) == after.shape[:2]:
        return images.to_uint8(after)
    small = np.concatenate([after, before, kept_detail(before, after)[..., np.newaxis]], axis=-1, dtype=np.float32)
    # An enlarged photo (one smaller than the network's picture) is brought back; the rest is the same.
    small = _shrunk(small, (min(height, small.shape[0]), min(width, small.shape[1])))
    result = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        enlarged = enlarged_rows(small, (height, width), top, bottom)
        detail = images.to_float(photo[top:bottom])
        detail -= enlarged[..., 3:6]
        detail *= np.clip(enlarged[..., 6:], 0.0, 1.0)
        detail += enlarged[..., :3]
        result[top:bottom] = images.to_uint8(detail)
    return result


def kept_detail(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How much of the fine detail of `before` is still in `after`: float32 [h,w], 0 blurred away to 1 kept.

    Both pictures are float32 [h,w,3] in [0,1].
    """
    difference = np.square(after - before).mean(axis=-1)
    kept = PRIOR * np.exp(-difference / (2 * UNCHANGED**2))
    total = np.full_like(kept, PRIOR)
    for high_pass, window, weight in SCALES:
        detail_before, detail_after = before - _blur(before, high_pass), after - _blur(after, high_pass)
        variance = np.square(detail_before).mean(axis=-1)
        covariance = np.clip((detail_before * detail_after).mean(axis=-1), -variance, variance)
        bound = variance + NOISE**2
        kept += weight * _blur(covariance / bound, window)
        total += weight * _blur(variance / bound, window)
    stretched = np.clip((kept / total - NONE_KEPT) / (ALL_KEPT - NONE_KEPT), 0.0, 1.0)
    return (stretched * stretched * (3 - 2 * stretched)).astype(np.float32)


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def _shrunk(stack: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float32 [h,w,C] at `size` (height, width), no side longer than before."""
    if stack.shape[:2] == size:
        return stack
    # One by one: OpenCV's area filter is only sure of up to four channels.
    parts = [images.resize(np.ascontiguousarray(stack[..., c]), size) for c in range(stack.shape[-1])]
    return np.stack(parts, axis=-1)


def enlarged_rows(stack: np.ndarray, size: tuple[int, int], top: int, bottom: int) -> np.ndarray:
    """Rows `top` to `bottom` of float32 [h,w,C] enlarged to `size` (height, width) by the cubic filter.

    Cubic convolution (Keys 1981) with OpenCV's −0.75, so that both directions are alike.
    """
    height, width = size
    centre = (np.arange(top, bottom) + 0.5) * (stack.shape[0] / height) - 0.5
    above = np.floor(centre).astype(int)
    distance = np.abs((centre - above)[:, np.newaxis] - np.arange(-1, 3))
    a = -0.75
    near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    far = a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a
    weights = np.where(distance <= 1, near, far).astype(np.float32)

    first = above[0] - 1
    needed = np.clip(np.arange(first, above[-1] + 3), 0, stack.shape[0] - 1)
    rows = cv2.resize(stack[needed], (width, len(needed)), interpolation=cv2.INTER_CUBIC).reshape(len(needed), -1)
    enlarged = np.empty((bottom - top, rows.shape[1]), np.float32)
    for row, (start, four) in enumerate(zip(above - 1 - first, weights, strict=True)):
        np.dot(four, rows[start : start + 4], out=enlarged[row])
    return enlarged.reshape(bottom - top, width, -1)
