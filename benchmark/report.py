"""Results as a table, for the terminal and as Markdown. Every number stands beside its kernels and threads."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark import photo_table
from benchmark.advice import warnings
from benchmark.machine import Machine
from benchmark.results import Measurement, Results
from benchmark.samples import KERNELS_IN_WORDS

COLUMNS = (
    "model",
    "kernels",
    "threads",
    "median ms",
    "95 % interval",
    "p90 ms",
    "ratio",
    "first ms",
    "peak MB",
    "file MB",
)
LEFT_ALIGNED = ("model", "kernels")


@dataclass(frozen=True)
class Row:
    """One line of the table as text, in the order of COLUMNS."""

    model: str
    kernels: str
    threads: str
    median: str
    interval: str
    p90: str
    ratio: str
    first: str
    peak: str
    size: str

    def cells(self) -> tuple[str, ...]:
        return tuple(vars(self).values())


def rows(results: Results) -> list[Row]:
    """One row per model and setting, in the order measured."""
    return [_row(results, measurement) for measurement in results.measurements]


def ratio_to_first(results: Results, measurement: Measurement) -> float | None:
    """The median over the first model's in the same setting; None where that one couldn't be measured."""
    first = results.models[0].name
    for other in results.measurements:
        if other.model == first and other.setting == measurement.setting:
            return measurement.summary().median / other.summary().median
    return None


def markdown(results: Results) -> str:
    """The table, the machine and the warnings as Markdown."""
    rule = [":---" if column in LEFT_ALIGNED else "---:" for column in COLUMNS]
    lines = [" | ".join(cells) for cells in (COLUMNS, rule, *(_escaped(row.cells()) for row in rows(results)))]
    parts = ["\n".join(f"| {line} |" for line in lines), notes(results)]
    photos = photo_table.rows(results)
    if photos:
        rule = [":---" if column in LEFT_ALIGNED else "---:" for column in photo_table.COLUMNS]
        lines = [" | ".join(cells) for cells in (photo_table.COLUMNS, rule, *(_escaped(row) for row in photos))]
        parts += [photo_table.heading(results), "\n".join(f"| {line} |" for line in lines)]
    parts += ["\n".join(f"- **Warning:** {text}" for text in warnings(results))]
    parts += ["\n".join(f"- **Not measured:** {failure.reason}" for failure in results.failures)]
    return "\n\n".join(part for part in parts if part) + "\n"


def terminal(results: Results) -> str:
    """The same as plain text in columns."""
    parts = [_columns(COLUMNS, [row.cells() for row in rows(results)]), notes(results)] if results.measurements else []
    photos = photo_table.rows(results)
    if photos:
        parts.append(f"{photo_table.heading(results)}\n{_columns(photo_table.COLUMNS, photos)}")
    parts += ["\n".join(f"warning: {text}" for text in warnings(results))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as plain text: numbers to the right, a line below the names."""
    table = [names, *rows]
    widths = [max(len(cells[i]) for cells in table) for i in range(len(names))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in LEFT_ALIGNED else cell.rjust(width)
            for cell, width, column in zip(cells, widths, names, strict=True)
        ).rstrip()
        for cells in table
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def notes(results: Results) -> str:
    """What the numbers mean and where they come from, in two or three sentences."""
    if not results.measurements:
        return ""
    first = results.models[0].name
    processes = _processes([len(measurement.rounds) for measurement in results.measurements])
    processes += ", taken in turn with the other models" if len(results.models) > 1 else ""
    return (
        f"{results.executor}: {machine_facts(results.machine)}. "
        f"Each latency comes from {processes}, warm-up left out; the interval is the median's, "
        f"the ratio is to {first} in the same setting, first ms is the first inference after loading, "
        "and peak MB is the whole process's memory, measured apart." + _sittings(results)
    )


def machine_facts(machine: Machine) -> str:
    """The machine or phone, and what ran the models there."""
    device = f"{machine.device}, " if machine.device else ""
    runtime = machine.litert if machine.device else f"ai-edge-litert {machine.litert}"
    return f"{device}{machine.cpu}, {machine.cores} cores, {machine.os}, {runtime}"


def _sittings(results: Results) -> str:
    count = len(results.resumed)
    times = "" if count == 1 else f" {count} times"
    return f" The run was interrupted and taken up again{times}, last at {results.resumed[-1]}." if count else ""


def three_digits(value: float) -> str:
    """Three significant digits, never an exponent: 0.123, 1.23, 12.3, 123, 1234."""
    return f"{value:.{max(0, 2 - _magnitude(value))}f}"


def signed(decibels: float) -> str:
    """A difference with its sign, a true minus: +0.25, −0.04."""
    return f"{decibels:+.2f}".replace("-", "−")


def _row(results: Results, measurement: Measurement) -> Row:
    summary, ratio = measurement.summary(), ratio_to_first(results, measurement)
    low, high = summary.interval
    return Row(
        model=measurement.model,
        kernels=KERNELS_IN_WORDS[measurement.setting.kernels],
        threads=str(measurement.setting.threads),
        median=three_digits(summary.median),
        interval=f"{three_digits(low)}–{three_digits(high)}",
        p90="–" if summary.p90 is None else three_digits(summary.p90),
        ratio="–" if ratio is None else three_digits(ratio),
        first=three_digits(statistics.median(latency.first_ms for latency in measurement.rounds)),
        peak="–" if measurement.memory is None else f"{measurement.memory.peak_mb:.0f}",
        size=three_digits(results.model(measurement.model).bytes / 1e6),
    )


def _escaped(cells: Sequence[str]) -> Sequence[str]:
    return [cell.replace("|", "\\|") for cell in cells]


def _processes(counts: Sequence[int]) -> str:
    fewest, most = min(counts), max(counts)
    if most == 1:
        return "one fresh process"
    return f"{most if fewest == most else f'{fewest} to {most}'} fresh processes"


def _magnitude(value: float) -> int:
    """The power of ten of the first digit after rounding to three: 0 for 1.23, 1 for 12.3 and for 9.999."""
    return int(f"{value:.2e}".split("e")[1])
