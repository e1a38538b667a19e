"""How good a network is: its renderings of held-out photos, and the unchanged photos, against the targets."""

import re
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pynet_bokeh import images, metrics
from pynet_bokeh.data.source import Example, Source
from pynet_bokeh.errors import UserError
from pynet_bokeh.render import render_photo, strip
from pynet_bokeh.runtime import Predictor

MAX_PSNR = 100.0
"""Decibels that stand for equal pictures, whose PSNR is infinite: JSON has no infinity, a mean would be one."""
SCORES = ("psnr", "ssim", "input_psnr", "input_ssim", "gain")


def evaluate(
    predictor: Predictor,
    source: Source,
    *,
    limit: int | None = None,
    use_extra: bool = True,
    pictures: Path | None = None,
) -> dict:
    """Renders every example at its full size and scores the 8-bit result.

    Args:
        predictor: the network.
        source: photos with targets.
        limit: score the first `limit` examples only.
        use_extra: give the examples' maps to a network that takes that kind of map; otherwise it gets the neutral one.
        pictures: folder for one `<number>_<name>.jpg` per example: input | output | target. Older ones of these names
            are replaced.

    Returns, ready for JSON:
        {"model": str, "data": str, "extra_given": bool, "max_psnr": 100.0,
         "pictures": [{"name": str, "psnr", "ssim", "input_psnr", "input_ssim", "gain"}, …],
         "mean": {the same figures}}
        `psnr` and `ssim` are the rendering's against the target, `input_…` the unchanged photo's, `gain` is the
        difference of both PSNRs; PSNR in decibels, 100 for equal pictures.

    Raises UserError when there is nothing to score, a file is broken, or a photo and its target differ in size.
    """
    count = len(source) if limit is None else min(limit, len(source))
    if count < 1:
        raise UserError(f"{source.describe()}: at least one picture is wanted for an evaluation; received {count}")
    use_extra = use_extra and predictor.extra is not None and predictor.extra == source.extra
    rows, extra_given = [], False
    with tqdm(range(count), desc="evaluate", unit="picture") as progress:
        for index in progress:
            example = source.read(index)
            _check_size(example)
            extra = example.extra if use_extra else None
            extra_given = extra_given or extra is not None
            output = render_photo(predictor, example.image, extra=extra)
            rows.append({"name": example.name, **score(example, output)})
            if pictures is not None:
                name = re.sub(r"[^\w.-]+", "_", example.name)
                path = Path(pictures) / f"{index:04d}_{name}.jpg"
                images.write_image(path, strip(example.image, output, example.bokeh))
            progress.set_postfix(psnr=f"{_mean(rows, 'psnr'):.2f}", gain=f"{_mean(rows, 'gain'):+.2f}")
    return {
        "model": predictor.name,
        "data": source.describe(),
        "extra_given": extra_given,
        "max_psnr": MAX_PSNR,
        "pictures": rows,
        "mean": {name: _mean(rows, name) for name in SCORES},
    }


def score(example: Example, output: np.ndarray) -> dict[str, float]:
    """PSNR (decibels, 100 at most) and SSIM of `output`, uint8 [H,W,3], and of the unchanged photo."""
    target, photo, output = (images.to_float(image) for image in (example.bokeh, example.image, output))
    psnr, input_psnr = (min(metrics.psnr(image, target), MAX_PSNR) for image in (output, photo))
    return {
        "psnr": psnr,
        "ssim": metrics.ssim(output, target),
        "input_psnr": input_psnr,
        "input_ssim": metrics.ssim(photo, target),
        "gain": psnr - input_psnr,
    }


def table(result: dict) -> str:
    """What `evaluate` returned as text: one line per picture, then the mean; no line ends in spaces."""
    rows = [*result["pictures"], {"name": "mean", **result["mean"]}]
    wide = max(len("picture"), *(len(row["name"]) for row in rows))
    lines = [
        f"model  {result['model']}",
        f"data   {result['data']}{'' if result['extra_given'] else ', no map given'}",
        "",
        f"{'':{wide}}  {'PSNR dB':^23}  {'SSIM':^15}".rstrip(),
        f"{'picture':{wide}}  {'input':>7} {'output':>7} {'gain':>7}  {'input':>7} {'output':>7}",
    ]
    for row in rows:
        lines.append(
            f"{row['name']:{wide}}  {row['input_psnr']:7.2f} {row['psnr']:7.2f} {row['gain']:+7.2f}"
            f"  {row['input_ssim']:7.4f} {row['ssim']:7.4f}"
        )
    lines.insert(-1, "-" * len(lines[-1]))
    if any(MAX_PSNR in (row["psnr"], row["input_psnr"]) for row in result["pictures"]):
        lines.append(f"{MAX_PSNR:.0f} dB stands for equal pictures.")
    return "\n".join(lines)


def _mean(rows: list[dict], name: str) -> float:
    return float(np.mean([row[name] for row in rows]))


def _check_size(example: Example) -> None:
    height, width = example.image.shape[:2]
    if example.bokeh.shape != example.image.shape:
        received = example.bokeh.shape
        raise UserError(f"{example.name}: photo {width}x{height}, target {received[1]}x{received[0]}; they must agree")
    if min(height, width) < metrics.SSIM_WINDOW:
        least = metrics.SSIM_WINDOW
        raise UserError(f"{example.name}: SSIM wants at least {least}x{least} pixels; received {width}x{height}")
