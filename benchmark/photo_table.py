"""The cost of a whole photo by stage, as rows for the terminal's and Markdown's tables."""

import statistics

from benchmark.results import Results
from benchmark.samples import KERNELS_IN_WORDS, STAGES

COLUMNS = ("model", "kernels", "threads", *(f"{stage} ms" for stage in STAGES), "total ms", "peak MB")


def rows(results: Results) -> list[tuple[str, ...]]:
    """One row per model and setting that rendered a photo; medians of the repeats. Empty when none did."""
    return [
        (
            one.model,
            KERNELS_IN_WORDS[one.setting.kernels],
            str(one.setting.threads),
            *(f"{statistics.median(one.photo.stages_ms[stage]):.0f}" for stage in STAGES),
            f"{one.photo.total_ms:.0f}",
            f"{one.photo.peak_mb:.0f}",
        )
        for one in results.measurements
        if one.photo is not None
    ]


def heading(results: Results) -> str:
    """Which photo it was."""
    cost = next(one.photo for one in results.measurements if one.photo is not None)
    return (
        f"A whole photo, {cost.width}×{cost.height} ({cost.width * cost.height / 1e6:.1f} megapixels, a file of "
        f"{cost.bytes / 1e6:.1f} MB), from file to file, medians:"
    )
