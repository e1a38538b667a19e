"""Image quality, numpy only. Pictures are float [H,W,3] in [0,1]."""

import cv2
import numpy as np

SSIM_WINDOW = 11
SSIM_SIGMA = 1.5


def psnr(a: np.ndarray, b: np.ndarray, *, where: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio in decibels for a peak of 1; infinite for equal pictures.

    `where`, bool [H,W], picks the pixels that count; at least one must.
    """
    if where is not None:
        a, b = a[where], b[where]
    error = float(np.mean(np.square(np.asarray(a, np.float64) - np.asarray(b, np.float64))))
    return float("inf") if error == 0 else float(-10 * np.log10(error))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004): Gaussian window 11×11, σ 1.5, mean over channels and valid region.

    Raises ValueError for pictures smaller than the window.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if min(a.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"SSIM: pictures of {SSIM_WINDOW} pixels a side at least; received {list(a.shape)}")
    inside = slice(SSIM_WINDOW // 2, -(SSIM_WINDOW // 2))

    def mean(x):
        return cv2.GaussianBlur(x, (SSIM_WINDOW, SSIM_WINDOW), SSIM_SIGMA)[inside, inside]

    mean_a, mean_b = mean(a), mean(b)
    covariance = mean(a * b) - mean_a * mean_b
    variances = mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return float(np.mean(luminance * (2 * covariance + c2) / (variances + c2)))


def match_gain(picture: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`picture` times the one number that brings it closest to `target`, clipped to [0,1]; float32.

    The least-squares gain of the sRGB values, Σ picture·target / Σ picture², over all pixels and channels: real pairs
    were exposed one after the other, and what the light did in between says nothing about a rendering.
    """
    energy = float(np.sum(np.square(picture, dtype=np.float64)))
    if energy == 0:
        return np.zeros_like(picture, np.float32)
    gain = float(np.sum(np.multiply(picture, target, dtype=np.float64))) / energy
    return np.clip(picture * np.float32(gain), 0.0, 1.0)
