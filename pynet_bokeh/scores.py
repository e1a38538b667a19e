"""The figures of one picture against its target, of every method alike, and their means."""

from collections.abc import Callable, Iterable

import numpy as np

from pynet_bokeh import focus_metrics, metrics

METHODS = ("input", "disc", "masked_disc", "output")
"""The photo unchanged, the two baselines that blur, and what is being judged."""
FIGURES = ("psnr", "ssim", "subject_psnr", "subject_sharpness", "background_detail")
MAX_PSNR = 100.0
"""Decibels that stand for equal pictures, whose PSNR is infinite: JSON has no infinity, a mean would be one."""


def score(
    picture: np.ndarray,
    photo: np.ndarray,
    target: np.ndarray,
    *,
    where: focus_metrics.Regions | None = None,
    match_gain: bool = False,
    lpips: Callable[[np.ndarray, np.ndarray], float] | None = None,
) -> dict[str, float | None]:
    """The `FIGURES` of one picture; all pictures float32 [H,W,3] in [0,1].

    Args:
        picture: a rendering of `photo`.
        photo: everything in focus.
        target: the real lens's picture.
        where: the regions of the focus mask; without them the last three figures are None.
        match_gain: bring `picture` to the target's exposure first (`metrics.match_gain`), for all figures but
            `subject_sharpness`, which compares with the photo.
        lpips: a `perceptual.Lpips`; adds the figure `lpips`.

    `psnr` and `subject_psnr` (where the mask is above 0.5) are decibels, 100 at most; `ssim` has 1 for equal pictures;
    the other two are those of `focus_metrics`, 1 being what one wants.
    """
    matched = metrics.match_gain(picture, target) if match_gain else picture
    figures = {
        "psnr": min(metrics.psnr(matched, target), MAX_PSNR),
        "ssim": metrics.ssim(matched, target),
        **dict.fromkeys(FIGURES[2:]),
    }
    if where is not None:
        if where.subject.any():
            figures["subject_psnr"] = min(metrics.psnr(matched, target, where=where.subject), MAX_PSNR)
        figures["subject_sharpness"] = focus_metrics.subject_sharpness(picture, photo, where)
        figures["background_detail"] = focus_metrics.background_detail(matched, target, where)
    if lpips is not None:
        figures["lpips"] = lpips(matched, target)
    return figures


def means(rows: Iterable[dict]) -> dict:
    """The mean of every figure of every method in `rows`, of the rows that have it; None where none has."""
    rows = list(rows)
    result = {}
    for method in METHODS:
        there = [row[method] for row in rows if row[method] is not None]
        result[method] = {name: mean(one[name] for one in there) for name in there[0]} if there else None
    return result


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what isn't None; None of nothing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
