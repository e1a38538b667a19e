"""The pictures behind an evaluation's figures on one sheet, to be looked at."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pynet_bokeh import images
from pynet_bokeh.contact_sheet import Cell, contact_sheet, thumbnail
from pynet_bokeh.data.source import Example
from pynet_bokeh.merge import kept_detail

COLUMNS = ("input", "focus mask", "masked disc", "output", "kept by the output", "target")
ROWS = 40
"""Pictures on a sheet at most, evenly spread over the evaluation."""
KEPT_SIDE = 512  # pixels, the short side at which it is judged what the output kept


class EvaluationSheet:
    """Collects rows while an evaluation runs; holds thumbnails only.

    Args:
        path: `.jpg`, `.png` or `.webp`; an older file is replaced.
        count: pictures in the evaluation.

    Raises UserError for another suffix.
    """

    def __init__(self, path: Path, *, count: int):
        images.writable_format(path)
        self._path = Path(path)
        self._chosen = {round(place) for place in np.linspace(0, count - 1, min(count, ROWS))}
        self._rows = []

    def add(self, index: int, example: Example, made: Mapping[str, np.ndarray | None], figures: Mapping) -> None:
        """Adds picture `index`: the example with its mask, what every method made of it, and the methods' figures."""
        if index not in self._chosen:
            return
        kept = _kept(made["input"], made["output"])
        cells = [
            _cell(made["input"], [example.name, *_caption(figures["input"])]),
            _cell(example.extra, [] if example.extra is not None else ["none"]),
            _cell(made["masked_disc"], _caption(figures["masked_disc"])),
            _cell(made["output"], _caption(figures["output"])),
            _cell(kept, ["white: detail kept, black: lost"]),
            _cell(example.bokeh, []),
        ]
        self._rows.append(cells)

    def write(self, *, heading: tuple[str, ...]) -> None:
        """Writes the sheet, whole or not at all."""
        images.write_image(self._path, contact_sheet(COLUMNS, self._rows, heading=heading), quality=90)


def _cell(picture: np.ndarray | None, caption: list[str]) -> Cell:
    if picture is None:
        return Cell(None, tuple(caption))
    small = thumbnail(picture)
    return Cell(small if small.dtype == np.uint8 else images.to_uint8(small), tuple(caption))


def _caption(figures: Mapping | None) -> list[str]:
    """The figures of one method in two lines; what isn't known is left out."""
    if figures is None:
        return ["none"]
    lines = [f"{figures['psnr']:.2f} dB, SSIM {figures['ssim']:.3f}"]
    parts = (
        ("subject_psnr", "subject {:.1f} dB"),
        ("subject_sharpness", "sharp {:.2f}"),
        ("background_detail", "background {:.2f}"),
    )
    known = [form.format(figures[name]) for name, form in parts if figures[name] is not None]
    return [*lines, *([", ".join(known)] if known else [])]


def _kept(photo: np.ndarray, output: np.ndarray) -> np.ndarray:
    """float32 [h,w] in [0,1]: where the output is as sharp as the photo; it shows which focus a network has found."""
    height, width = photo.shape[:2]
    scale = min(1.0, KEPT_SIDE / min(height, width))
    size = round(height * scale), round(width * scale)
    return kept_detail(images.resize(photo, size), images.resize(output, size))
