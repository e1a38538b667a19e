"""How good renderings of held-out photos are, beside what any camera app could do without a network."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pynet_bokeh import focus_metrics, images, metrics, opening, scores
from pynet_bokeh.baselines import Disc, best_discs
from pynet_bokeh.contact_sheet import strip
from pynet_bokeh.data.source import Example, Source
from pynet_bokeh.errors import UserError
from pynet_bokeh.evaluation_sheet import EvaluationSheet
from pynet_bokeh.render import render_photo
from pynet_bokeh.runtime import Predictor

DISCS = ("disc", "masked_disc")
NUMBERED = "[0-9][0-9][0-9][0-9]_*.jpg"
"""What the pictures are called that an evaluation draws."""
SEARCHED = 32
"""The baselines' discs are those that suit this many examples best, evenly spread over the source."""


def evaluate(
    predictor: Predictor, source: Source, *, use_extra: bool = True, strength: float | None = None, **options
) -> dict:
    """Renders every example at its full size with a network and scores the 8-bit result.

    Args:
        predictor: the network.
        source: photos with targets.
        use_extra: give the examples' maps to a network that takes that kind of map; otherwise it gets the neutral one.
        strength: one for all, see `render_photo`; None takes each example's own lens, and the default where that is not
            known.
        options: those of `evaluate_renderings`, but the name.

    Returns what `evaluate_renderings` does, with "extra_given": bool and "strength"; raises the same.
    """
    use_extra = use_extra and predictor.extra is not None and predictor.extra == source.extra
    given = set()

    def render(example: Example) -> np.ndarray:
        extra = example.extra if use_extra else None
        given.add(extra is not None)
        opened = strength
        if predictor.takes_strength and strength is None:
            opened = opening.strength_of(example.radius, example.image.shape[:2])
        return render_photo(predictor, example.image, extra=extra, strength=opened)

    result = evaluate_renderings(render, source, name=predictor.name, **options)
    return {**result, "extra_given": True in given, "strength": strength}


def evaluate_renderings(
    render: Callable[[Example], np.ndarray],
    source: Source,
    *,
    name: str = "renderings",
    masks: Source | None = None,
    limit: int | None = None,
    match_gain: bool = False,
    baselines: bool = True,
    pictures: Path | None = None,
    sheet: Path | None = None,
    lpips: Callable[[np.ndarray, np.ndarray], float] | None = None,
) -> dict:
    """Scores whatever makes pictures of photos.

    Args:
        render: example → uint8 [H,W,3] of the example's size.
        source: photos with targets; its maps, when they are focus maps, are the masks of the subjects.
        name: what the result calls it.
        masks: the same examples with focus maps, for a source of other maps.
        limit: score the first `limit` examples only.
        match_gain: bring every method's picture to the target's exposure first, see `metrics.match_gain`.
        baselines: score the two discs too, see `baselines.best_discs`; the unchanged input is scored anyway.
        pictures: folder for one `<number>_<name>.jpg` per example: input | output | target. Those of an earlier
            evaluation go, all of them: pictures of two models side by side would pass for one's.
        sheet: picture file for an `EvaluationSheet`, replaced too.
        lpips: a `perceptual.Lpips`; adds its figure to every method's.

    Returns, ready for JSON:
        {"model": name, "data": str, "gain_matched": bool, "max_psnr": 100.0,
         "discs": {"disc": {"radius": share of the short side, "linear": bool}, "masked_disc": {…}}, None where none is,
         "pictures": [{"name": str, "gain": dB, "input": figures, "disc": …, "masked_disc": …, "output": …}, …],
         "mean": {the same without a name}}
        `gain` is the output's PSNR less the input's. Figures are those of `scores.score`, None where they need a mask
        and there is none; a method's are None as a whole where there is no such picture.

    Raises UserError when there is nothing to score, a file is broken, or a photo and its target differ in size.
    """
    count = len(source) if limit is None else min(limit, len(source))
    if count < 1:
        raise UserError(f"{source.describe()}: at least one picture is wanted for an evaluation; received {count}")

    contact = sheet and EvaluationSheet(sheet, count=count)
    discs: dict[str, Disc | None] = dict.fromkeys(DISCS)
    if baselines:
        searched = sorted({round(place) for place in np.linspace(0, count - 1, min(count, SEARCHED))})
        examples = (_masked(_read(source, index), index, source, masks) for index in searched)
        discs = dict(zip(DISCS, best_discs(examples, match=metrics.match_gain if match_gain else None), strict=True))
    rows, drawn = [], set()
    with tqdm(range(count), desc="evaluate", unit="picture") as progress:
        for index in progress:
            example = _read(source, index)
            output = render(example)
            example = _masked(example, index, source, masks)
            made = made_of(example, output, discs)
            rows.append(_row(example, made, match_gain=match_gain, lpips=lpips))
            if contact:
                contact.add(index, example, made, rows[-1])
            if pictures is not None:
                file_name = re.sub(r"[^\w.-]+", "_", example.name)
                path = Path(pictures) / f"{index:04d}_{file_name}.jpg"
                images.write_image(path, strip(example.image, output, example.bokeh))
                drawn.add(path)
            progress.set_postfix(gain=f"{scores.mean(row['gain'] for row in rows):+.2f}")
    for path in set(Path(pictures).glob(NUMBERED)) - drawn if pictures is not None else ():
        path.unlink()
    if contact:
        matched = "; figures after matching the exposure" if match_gain else ""
        contact.write(heading=(f"{name}, {source.describe()}{matched}",))
    return {
        "model": name,
        "data": source.describe(),
        "gain_matched": match_gain,
        "max_psnr": scores.MAX_PSNR,
        "discs": {method: disc and dataclasses.asdict(disc) for method, disc in discs.items()},
        "pictures": rows,
        "mean": {"gain": scores.mean(row["gain"] for row in rows), **scores.means(rows)},
    }


def made_of(example: Example, output: np.ndarray, discs: Mapping[str, Disc | None]) -> dict[str, np.ndarray | None]:
    """Every method's picture of `example`, float32 [H,W,3] in [0,1]; `example.extra` is the focus mask, or None.

    `output`, uint8 [H,W,3], is what is judged. A method without a disc, or without the mask it needs, has None.
    """
    photo = images.to_float(example.image)
    mask = None if example.extra is None else images.to_float(example.extra)
    disc, masked_disc = (discs[method] for method in DISCS)
    return {
        "input": photo,
        "disc": disc and disc(photo, None)[0],
        "masked_disc": masked_disc and masked_disc(photo, mask)[1],
        "output": images.to_float(output),
    }


def _row(example: Example, made: Mapping[str, np.ndarray | None], **options) -> dict:
    target = images.to_float(example.bokeh)
    where = None if example.extra is None else focus_metrics.regions(example.extra)
    figures = {
        method: None if picture is None else scores.score(picture, made["input"], target, where=where, **options)
        for method, picture in made.items()
    }
    return {"name": example.name, "gain": figures["output"]["psnr"] - figures["input"]["psnr"], **figures}


def _masked(example: Example, index: int, source: Source, masks: Source | None) -> Example:
    """`example` with the mask of its subject as the extra, or none."""
    if masks is not None:
        return dataclasses.replace(example, extra=masks.read(index).extra)
    return example if source.extra == "focus" else dataclasses.replace(example, extra=None)


def _read(source: Source, index: int) -> Example:
    example = source.read(index)
    height, width = example.image.shape[:2]
    if example.bokeh.shape != example.image.shape:
        received = example.bokeh.shape
        raise UserError(f"{example.name}: photo {width}x{height}, target {received[1]}x{received[0]}; they must agree")
    if min(height, width) < metrics.SSIM_WINDOW:
        least = metrics.SSIM_WINDOW
        raise UserError(f"{example.name}: SSIM wants at least {least}x{least} pixels; received {width}x{height}")
    return example
