"""Whether a rendering is sharp where it must be and as blurred as a real lens elsewhere.

PSNR alone misleads: blurring everything brings a photo closer to its target. What is measured here is detail: the root
mean square, over a region, of

    detail(x) = Laplacian(Gaussian(luma(x), σ = 1 pixel))

with luma of the sRGB values (Rec. 601 weights) and the Laplacian of 4 neighbours. The Gaussian before it damps sensor
noise and JPEG's grain, which are strongest in the finest pixels. Root mean square, not mean square: half of it is half
the contrast of what is seen.

Pictures are float [H,W,3] in [0,1]; ratios have no unit.
"""

from dataclasses import dataclass

import cv2
import numpy as np

DETAIL_SIGMA = 1.0  # pixels
CORE = 0.01
"""What is left out inside the subject's edge, as a share of the picture's short side: masks are off by some pixels, and
the edge's own contrast changes when what is behind it is blurred."""
MARGIN = 0.03
"""What is left out around the subject: there a blurred background and a halo of the subject can't be told apart."""
LEAST = 0.0005
"""Share of the picture's pixels below which a region says nothing."""


@dataclass(frozen=True)
class Regions:
    """Where to measure, bool [H,W] each.

    Attributes:
        subject: mask above 0.5.
        core: the subject without a rim of `CORE` times the short side.
        background: what is farther from the subject than `MARGIN` times the short side.
    """

    subject: np.ndarray
    core: np.ndarray
    background: np.ndarray


def regions(mask: np.ndarray) -> Regions:
    """The regions of a focus mask, uint8 [H,W], subject = 255. The picture's border is no edge of the subject."""
    subject = mask > 127
    short = min(mask.shape)
    return Regions(
        subject,
        _distance_to(~subject) > CORE * short,
        _distance_to(subject) > MARGIN * short,
    )


def subject_sharpness(picture: np.ndarray, photo: np.ndarray, where: Regions) -> float | None:
    """Detail of `picture` over that of the photo it was made from, in the subject's core: 1 as sharp as the photo.

    None where there is no core, or the photo has no detail in it.
    """
    return _detail_ratio(picture, photo, where.core)


def background_detail(picture: np.ndarray, target: np.ndarray, where: Regions) -> float | None:
    """Detail of `picture` over that of the real lens's picture in the background: 1 as blurred, below 1 more blurred.

    None where there is no background, or the target has no detail in it.
    """
    return _detail_ratio(picture, target, where.background)


def detail(picture: np.ndarray) -> np.ndarray:
    """float32 [H,W]: the Laplacian of the slightly blurred luma."""
    luma = cv2.cvtColor(np.asarray(picture, np.float32), cv2.COLOR_RGB2GRAY)
    return cv2.Laplacian(cv2.GaussianBlur(luma, (0, 0), DETAIL_SIGMA), cv2.CV_32F, ksize=1)


def _detail_ratio(picture: np.ndarray, reference: np.ndarray, where: np.ndarray) -> float | None:
    if np.count_nonzero(where) < LEAST * where.size:
        return None
    energy, of_reference = (
        float(np.sqrt(np.mean(np.square(detail(one)[where], dtype=np.float64)))) for one in (picture, reference)
    )
    return energy / of_reference if of_reference > 0 else None


def _distance_to(region: np.ndarray) -> np.ndarray:
    """Pixels from each pixel to the nearest one of `region`, float32 [H,W]; infinite when it is empty."""
    if not region.any():
        return np.full(region.shape, np.inf, np.float32)
    return cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
