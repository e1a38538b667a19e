"""Plots of measured models: how their latencies spread, scale with threads, what memory goes to, what quality costs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmark.inspection import Inspection
from benchmark.plots import COLOURS, TEXT, figure_and_panels, svg
from benchmark.report import three_digits
from benchmark.results import Measurement, Results
from benchmark.samples import XNNPACK

_SIZE = re.compile(r"_\d+x\d+$")
ROW = 0.3  # inches a model takes
MOST_DOTS = 200  # of one process; more would only make the page heavy
GREY = "#8b929c"
LABEL_STEPS = (8, -15, 20, -27)  # points above and below, so that neighbours' names stay apart


@dataclass(frozen=True)
class QualityPoint:
    """A model with both: median latency in ms and PSNR in dB against the targets. `kind` groups by network."""

    name: str
    kind: str
    ms: float
    psnr: float


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names for plots and tables: the picture size that all end with, and `untrained`, left out where they stay apart.

    `pynet_untrained_fp32_1024x1024` becomes `pynet_fp32` beside others of that size.
    """
    short = list(names)
    endings = {_SIZE.search(name).group() if _SIZE.search(name) else "" for name in names}
    if len(endings) == 1:
        short = [_SIZE.sub("", name) for name in short]
    bare = [name.replace("_untrained", "") for name in short]
    short = bare if len(set(bare)) == len(bare) else short
    return dict(zip(names, short, strict=True))


def distributions(rows: Sequence[Measurement]) -> str:
    """All timed runs of each model in one setting, a dot each, processes apart; the tick is the median."""
    rows = [row for row in rows if any(latency.samples_ms for latency in row.rounds)]
    figure, (axes,) = figure_and_panels(0.8 + ROW * 1.2 * len(rows))
    for place, row in enumerate(rows):
        for number, latency in enumerate(row.rounds):
            step = max(1, len(latency.samples_ms) // MOST_DOTS)
            samples = latency.samples_ms[::step]
            offset = 0.6 * ((number + 0.5) / len(row.rounds) - 0.5)
            axes.plot(
                samples,
                [place + offset] * len(samples),
                linestyle="none",
                marker="o",
                markersize=2.6,
                markeredgewidth=0,
                alpha=0.45,
                color=COLOURS[number % len(COLOURS)],
            )
        median = row.summary().median
        axes.plot([median, median], [place - 0.38, place + 0.38], color=TEXT, linewidth=1.4)
    _names(axes, [row.model for row in rows])
    _logarithmic(axes, [ms for row in rows for latency in row.rounds for ms in latency.samples_ms])
    axes.set_xlabel("ms of each run; a line of dots is a process")
    described = "; ".join(f"{row.model} median {three_digits(row.summary().median)} ms" for row in rows)
    return svg(figure, "distributions", f"Latency of every timed run: {described}.")


def thread_scaling(results: Results) -> str:
    """How many times as fast each model is with more threads under XNNPACK, beside the ideal."""
    settings = [setting for setting in results.settings() if setting.kernels == XNNPACK]
    threads = sorted({setting.threads for setting in settings})
    figure, (axes,) = figure_and_panels(3.0 + 0.1 * len(results.models), grid="both")
    axes.plot(threads, [count / threads[0] for count in threads], color=GREY, linestyle=(0, (3, 2)), label="ideal")
    described, short = [], short_names([model.name for model in results.models])
    for number, model in enumerate(results.models):
        medians = {
            one.setting.threads: one.summary().median
            for one in results.measurements
            if one.model == model.name and one.setting.kernels == XNNPACK
        }
        if threads[0] not in medians or len(medians) < 2:
            continue
        counts = sorted(medians)
        speedups = [medians[threads[0]] / medians[count] for count in counts]
        style = {"linestyle": ("-", "--", ":")[number // len(COLOURS) % 3], "color": COLOURS[number % len(COLOURS)]}
        axes.plot(counts, speedups, marker="o", markersize=4, linewidth=1.6, label=short[model.name], **style)
        described.append(f"{model.name} {three_digits(speedups[-1])} times with {counts[-1]} threads")
    axes.set_xticks(threads, [str(count) for count in threads])
    axes.set_xlabel("threads")
    axes.set_ylabel("times as fast as with one" if threads[0] == 1 else f"times as fast as with {threads[0]}")
    axes.set_ylim(0)
    _legend(figure)
    return svg(figure, "scaling", f"Speed with more threads: {'; '.join(described)}.")


def memory(rows: Sequence[Measurement], inspections: Mapping[str, Inspection]) -> str:
    """Measured peak memory, and what it goes to by the model's file: weights, activations, XNNPACK's pointers."""
    rows = [row for row in rows if row.memory]
    figure, (axes,) = figure_and_panels(1.4 + ROW * 1.2 * len(rows))
    labelled: set[str] = set()
    for place, row in enumerate(rows):
        left, parts = 0.0, [("Python and LiteRT", GREY, row.memory.baseline_mb or 0.0)]
        if found := inspections.get(row.model):
            parts += [
                ("weights, twice", COLOURS[0], 2 * found.weights_bytes / 1e6),
                ("activations", COLOURS[1], found.peak.bytes / 1e6),
                ("lists of pointers", COLOURS[2], found.indirection_bytes / 1e6),
            ]
        for label, colour, size in parts:
            axes.barh(place, size, 0.55, left=left, color=colour, label=None if label in labelled else label)
            labelled.add(label)
            left += size
        axes.plot([row.memory.peak_mb] * 2, [place - 0.4, place + 0.4], color=TEXT, linewidth=2)
        axes.annotate(
            f"{row.memory.peak_mb:.0f}",
            (max(left, row.memory.peak_mb), place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=TEXT,
            fontsize=8.5,
        )
    _names(axes, [row.model for row in rows])
    axes.set_xlim(0, axes.get_xlim()[1] * 1.1)
    axes.set_xlabel("MB; tick: measured, bars: estimated")
    _legend(figure)
    described = "; ".join(f"{row.model} {row.memory.peak_mb:.0f} MB" for row in rows)
    return svg(figure, "memory", f"Peak memory: {described}.")


def pareto(points: Sequence[QualityPoint], *, unchanged: float | None = None) -> str:
    """Quality against latency; the line joins the models that no other beats in both."""
    figure, (axes,) = figure_and_panels(3.4, grid="both")
    short, kinds = short_names([point.name for point in points]), list(dict.fromkeys(point.kind for point in points))
    front = pareto_front(points)
    axes.step([one.ms for one in front], [one.psnr for one in front], where="post", color=GREY, linewidth=1.2)
    for number, point in enumerate(sorted(points, key=lambda one: one.ms)):
        colour = COLOURS[kinds.index(point.kind) % len(COLOURS)]
        axes.plot(point.ms, point.psnr, marker="o" if point in front else "X", markersize=7, color=colour)
        axes.annotate(
            short[point.name],
            (point.ms, point.psnr),
            xytext=(0, LABEL_STEPS[number % len(LABEL_STEPS)]),
            textcoords="offset points",
            ha="center",
            color=TEXT,
            fontsize=8,
        )
    if unchanged is not None:
        axes.axhline(unchanged, color=GREY, linestyle=(0, (3, 2)), linewidth=1.2)
        axes.annotate(
            "photo unchanged", (0.99, unchanged), xycoords=("axes fraction", "data"), xytext=(0, 3),
            textcoords="offset points", ha="right", color=TEXT, fontsize=8,
        )  # fmt: skip
    _logarithmic(axes, [point.ms for point in points])
    axes.margins(y=0.25)
    axes.set_xlabel("ms, median")
    axes.set_ylabel("PSNR, dB")
    described = "; ".join(f"{one.name} {one.psnr:.2f} dB at {three_digits(one.ms)} ms" for one in points)
    best = ", ".join(one.name for one in front)
    return svg(figure, "pareto", f"Quality against latency: {described}. Beaten by none in both: {best}.")


def pareto_front(points: Sequence[QualityPoint]) -> list[QualityPoint]:
    """The points that no other one beats in both, fastest first."""
    front: list[QualityPoint] = []
    for point in sorted(points, key=lambda one: (one.ms, -one.psnr)):
        if not front or point.psnr > front[-1].psnr:
            front.append(point)
    return front


def _legend(figure) -> None:
    """Below the plot, in two columns, where constrained layout makes room for it."""
    figure.legend(loc="outside lower left", ncols=2, frameon=False, labelcolor=TEXT, fontsize=8, handlelength=2.2)


def _names(axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), short_names(names).values(), fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)  # the first on top
    axes.tick_params(axis="y", length=0)


def _logarithmic(axes, values: Sequence[float]) -> None:
    """A logarithmic x axis around `values`, numbers at 1, 2 and 5: more in a narrow range, fewer in a wide one."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    low, high = min(values), max(values)
    axes.set_xlim(low / 1.25, high * 1.6)
    steps = tuple(range(1, 10)) if high / low < 4 else (1, 2, 5) if high / low < 300 else (1,)
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=steps))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
