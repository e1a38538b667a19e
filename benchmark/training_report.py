"""The training benchmark as Markdown: speed and memory by level, memory at the recipes' own batch sizes, pipelines."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmark.report import three_digits
from benchmark.training import TrainingResults
from pynet_bokeh.files import whole_file

TRAINED = ("recipe", "level", "crop", "batch", "steps/s", "pictures/s", "waiting", "first step s", "peak MB")
MEMORY = ("recipe", "level", "crop", "batch", "peak MB", "from")
READ = ("recipe", "crop", "pictures", "pictures/s")


def markdown(results: TrainingResults) -> str:
    """All tables, what they mean, and what failed; readable as plain text too."""
    parts = ["## Training", table(TRAINED, trained_rows(results)) if results.trained else ""]
    if memory := memory_rows(results):
        parts += ["## Memory at the recipe's own batch size", table(MEMORY, memory)]
    if results.read:
        parts += ["## Pictures without a network", table(READ, read_rows(results))]
    parts += [notes(results), "\n".join(f"- **Not measured:** {failure.reason}" for failure in results.failures)]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(path: Path, results: TrainingResults) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(markdown(results), encoding="utf-8")


def trained_rows(results: TrainingResults) -> list[Sequence[str]]:
    """One row per level and batch size, in the order measured."""
    return [
        (
            one.case.recipe,
            str(one.case.level),
            _crop(one.sample.crop),
            str(one.sample.batch),
            three_digits(1 / one.sample.seconds),
            three_digits(one.sample.pictures / one.sample.seconds),
            f"{one.sample.waiting:.0%}",
            three_digits(one.sample.first_s),
            f"{one.sample.peak_mb:.0f}",
        )
        for one in results.trained
    ]


def memory_rows(results: TrainingResults) -> list[Sequence[str]]:
    """Each level's peak memory at the recipe's own batch size, extrapolated from two or more that were measured.

    Memory grows with the batch along a straight line, as all of a step's pictures are kept at once.
    """
    rows = []
    by_level = itertools.groupby(results.trained, key=lambda one: (one.case.recipe, one.case.level))
    for (recipe, level), same in by_level:
        samples = [one.sample for one in same]
        own, crop = samples[0].own_batch, _crop(samples[0].crop)
        peaks = {sample.batch: sample.peak_mb for sample in samples}
        if own in peaks:
            rows.append((recipe, str(level), crop, str(own), f"{peaks[own]:.0f}", "measured"))
        elif len(peaks) > 1:
            batches = ", ".join(str(batch) for batch in sorted(peaks))
            peak = extrapolated(peaks, own)
            rows.append((recipe, str(level), crop, str(own), f"{peak:.0f}", f"extrapolated from batches of {batches}"))
    return rows if any(row[-1] != "measured" for row in rows) else []


def extrapolated(peaks: dict[int, float], batch: int) -> float:
    """The value at `batch` of the straight line that fits `peaks` (MB by batch size) best."""
    slope, offset = np.polyfit(list(peaks), list(peaks.values()), 1)
    return float(offset + slope * batch)


def read_rows(results: TrainingResults) -> list[Sequence[str]]:
    """One row per recipe and kind of pictures."""
    return [
        (
            one.case.recipe,
            _crop(one.sample.crop),
            "scenes drawn on the fly" if one.drawn else "files",
            three_digits(one.sample.pictures / one.sample.seconds),
        )
        for one in results.read
    ]


def notes(results: TrainingResults) -> str:
    """What the numbers mean and where they come from."""
    machine = results.machine
    load = "" if machine.load_average is None else f", load average {machine.load_average:.1f} before it began"
    return (
        f"{machine.cpu}, {machine.cores} cores, {machine.os}, tensorflow {results.tensorflow}{load}. "
        f"Each row is a fresh process that trains for {results.steps} timed steps from pictures in files. steps/s is "
        "of the median step with its wait for pictures, waiting the share of all steps' time in which none were ready, "
        "peak MB the whole process's memory, TensorFlow's own included."
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up; numbers on the right."""
    widths = [max(len(cells[place]) for cells in (columns, *rows)) for place in range(len(columns))]
    right = [all(row[place][:1].isdigit() for row in rows) for place in range(len(columns))]
    rule = ["-" * (width - 1) + ":" if on else "-" * width for width, on in zip(widths, right, strict=True)]
    lines = [
        [cell.rjust(width) if on else cell.ljust(width) for cell, width, on in zip(cells, widths, right, strict=True)]
        for cells in (columns, *rows)
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (lines[0], rule, *lines[1:]))


def _crop(crop: Sequence[int]) -> str:
    return f"{crop[1]}x{crop[0]}"
