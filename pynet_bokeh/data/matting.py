"""A subject and what is behind it: soft edges from a hard mask, both colours continued where the other hides them."""

import cv2
import numpy as np

_TINY = 1e-12  # below any share that one known pixel of a picture has


def soft_matte(photo: np.ndarray, mask: np.ndarray, *, reach: int = 4) -> np.ndarray:
    """How much of each pixel the subject covers: float32 [H, W] in [0, 1], from a hard mask with jagged edges.

    The mask is smoothed and then drawn towards the edges of the photo by a guided filter (He, Sun and Tang, "Guided
    image filtering", ECCV 2010), within `reach` pixels of its outline; elsewhere it stays what it is.

    Args:
        photo: float32 [H, W, 3], sRGB in [0, 1].
        mask: float32 [H, W] in [0, 1].
    """
    # Slits and holes of a few pixels are slips of the mask, not gaps in the subject.
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    smooth = cv2.GaussianBlur(mask, (0, 0), 1.2)
    side = 2 * reach + 1
    refined = _guided(photo, smooth, side, eps=2e-3)
    # Guided filters leave a veil on both sides of the edge; it is cut off.
    refined = np.clip((refined - 0.15) / 0.7, 0, 1)
    matte = 0.5 * refined + 0.5 * np.clip((smooth - 0.1) / 0.8, 0, 1)
    hard = (mask > 0.5).astype(np.uint8)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    matte[cv2.erode(hard, ring) > 0] = 1
    matte[cv2.dilate(hard, ring) == 0] = 0
    return matte


def _guided(photo: np.ndarray, values: np.ndarray, side: int, *, eps: float) -> np.ndarray:
    """The guided filter with a colour picture as guide: in each window `values` become an affine map of the colour."""

    def mean(picture):
        return cv2.blur(picture, (side, side))

    guide_mean, value_mean = mean(photo), mean(values)
    covariance = mean(photo * values[..., None]) - guide_mean * value_mean[..., None]
    # The symmetric 3x3 matrix of each window, and its inverse by cofactors.
    r, g, b = cv2.split(photo)
    mr, mg, mb = cv2.split(guide_mean)
    rr, gg, bb = (mean(c * c) - m * m + eps for c, m in ((r, mr), (g, mg), (b, mb)))
    rg, rb, gb = mean(r * g) - mr * mg, mean(r * b) - mr * mb, mean(g * b) - mg * mb
    i_rr, i_gg, i_bb = gg * bb - gb * gb, rr * bb - rb * rb, rr * gg - rg * rg
    i_rg, i_rb, i_gb = gb * rb - rg * bb, rg * gb - gg * rb, rb * rg - rr * gb
    determinant = rr * i_rr + rg * i_rg + rb * i_rb
    cr, cg, cb = cv2.split(covariance)
    slope = cv2.merge(
        [
            (i_rr * cr + i_rg * cg + i_rb * cb) / determinant,
            (i_rg * cr + i_gg * cg + i_gb * cb) / determinant,
            (i_rb * cr + i_gb * cg + i_bb * cb) / determinant,
        ]
    )
    add = np.ones((1, 3), np.float32)  # sums over the channels, faster than numpy does
    offset = value_mean - cv2.transform(slope * guide_mean, add)
    return cv2.transform(mean(slope) * photo, add) + mean(offset)


def fill(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`picture` (float32 [H, W, C]) where `known` (float32 [H, W] in [0, 1]) is 1, continued smoothly where it is 0.

    Push-pull (Gortler et al., "The lumigraph", SIGGRAPH 1996): what is unknown is taken from a coarser picture in which
    only known pixels were averaged. All zero when nothing is known.
    """
    levels = []
    height, width = known.shape
    weighted = np.dstack([picture * known[..., None], known])
    while max(height, width) > 1:
        levels.append(weighted)
        height, width = (height + 1) // 2, (width + 1) // 2
        weighted = cv2.resize(weighted, (width, height), interpolation=cv2.INTER_AREA)
    total = weighted[..., -1:]
    filled = weighted[..., :-1] / np.maximum(total, _TINY)
    for weighted in reversed(levels):
        height, width = weighted.shape[:2]
        coarse = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
        coarse = coarse.reshape(height, width, -1)
        share = weighted[..., -1:]
        # A known share above one half is as good as known: coarse levels must not wash out what is there.
        trust = np.minimum(2 * share, 1)
        filled = coarse + (weighted[..., :-1] / np.maximum(share, _TINY) - coarse) * trust
    return filled
