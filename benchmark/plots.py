"""The page's two plots, as SVG that takes its text colour from the page: readable on light and dark, at any width."""

import importlib.util
import io
import re
from collections.abc import Sequence
from html import escape

from benchmark.page_inputs import Curve
from benchmark.report import three_digits
from benchmark.results import Results
from benchmark.samples import KERNELS, KERNELS_IN_WORDS
from pynet_bokeh.errors import UserError

WIDTH = 5.4  # inches, at 72 per inch; narrow, so that text of 10 points stays readable on a phone
TEXT = "#010203"  # stands for the page's text colour until `svg` puts it in
COLOURS = ("#3b82f6", "#f08c2e", "#22a06b", "#a855f7")  # each readable on white and on near-black


def training(curves: Sequence[Curve]) -> str:
    """Validation PSNR of each level over the steps of the whole training, beside the unchanged input's."""
    _check_matplotlib()
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = figure_and_panels(3.4, grid="both")
    before, ticks = 0, []
    for curve in curves:
        end = before + curve.steps[-1]
        axes.plot(
            [before + step for step in curve.steps],
            curve.psnr,
            color=COLOURS[0],
            linewidth=1.8,
            marker="o",
            markersize=2.5,
            label="network" if curve is curves[0] else None,
        )
        if curve.input_psnr is not None:
            axes.plot(
                [before, end],
                [curve.input_psnr] * 2,
                color=COLOURS[1],
                linewidth=1.8,
                linestyle=(0, (3, 2)),
                label="input unchanged" if curve is curves[0] else None,
            )
        if before:
            axes.axvline(before, color=TEXT, alpha=0.2, linewidth=0.8)
        ticks.append(((before + end) / 2, str(curve.level)))
        before = end
    axes.set_xlim(0, before)
    axes.set_xlabel("training steps, level after level")
    axes.set_ylabel("validation PSNR, dB")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    top = axes.secondary_xaxis("top")
    top.set_xticks([position for position, _ in ticks], [name for _, name in ticks])
    top.tick_params(length=0, colors=TEXT)
    top.set_xlabel("level", color=TEXT)
    top.spines["top"].set_visible(False)
    axes.legend(loc="upper right", frameon=False, labelcolor=TEXT)  # both curves begin high and stay low
    described = ", ".join(f"level {curve.level} ends at {curve.psnr[-1]:.2f} dB" for curve in curves)
    return svg(figure, "training", f"Validation PSNR over training steps: {described}.")


def latency(results: Results) -> str:
    """Median latency per model and threads, a panel per kind of kernels; the bars' whiskers are 95 % intervals."""
    kinds = [kernels for kernels in KERNELS if any(setting.kernels == kernels for setting in results.settings())]
    threads = sorted({setting.threads for setting in results.settings()})
    panel_height = 0.5 + len(results.models) * (0.16 + 0.17 * len(threads))
    figure, panels = figure_and_panels(0.5 + panel_height * len(kinds), panels=len(kinds))
    for axes, kernels in zip(panels, kinds, strict=True):
        _bars(axes, results, kernels, threads)
        axes.set_title(f"{KERNELS_IN_WORDS[kernels]} kernels", loc="left", color=TEXT, fontsize=10, fontweight="bold")
    panels[-1].set_xlabel("milliseconds, median and its 95 % interval")
    if len(threads) > 1:
        panels[-1].legend(
            loc="upper right",
            bbox_to_anchor=(1.0, -0.5 / panel_height),  # below the axis' label, where nothing else is
            ncols=len(threads),
            frameon=False,
            labelcolor=TEXT,
            borderaxespad=0.1,
            handlelength=1.0,
            columnspacing=1.2,
        )
    described = "; ".join(
        f"{measurement.model} with {measurement.setting} {three_digits(measurement.summary().median)} ms"
        for measurement in results.measurements
    )
    return svg(figure, "latency", f"Median latency: {described}.")


def _bars(axes, results: Results, kernels: str, threads: Sequence[int]) -> None:
    """One panel: a group of bars per model, a bar per number of threads, its median written behind it."""
    names, bar, longest = [model.name for model in results.models], 0.8 / len(threads), 0.0
    for number, count in enumerate(threads):
        rows = [one for one in results.measurements if (one.setting.kernels, one.setting.threads) == (kernels, count)]
        summaries = [measurement.summary() for measurement in rows]
        places = [names.index(row.model) + bar * (number - (len(threads) - 1) / 2) for row in rows]
        axes.barh(
            places,
            [summary.median for summary in summaries],
            bar * 0.9,
            color=COLOURS[number % len(COLOURS)],
            label=f"{count} thread{'s' if count > 1 else ''}",
        )
        for place, summary in zip(places, summaries, strict=True):
            low, high = summary.interval
            error = [[summary.median - low], [high - summary.median]]
            axes.errorbar(summary.median, place, xerr=error, fmt="none", ecolor=TEXT, elinewidth=1.2, capsize=2.5)
            axes.annotate(
                three_digits(summary.median),
                (high, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                color=TEXT,
                fontsize=8.5,
            )
            longest = max(longest, high)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)  # the first model on top
    axes.set_xlim(0, longest * 1.18 or 1)
    axes.tick_params(axis="y", length=0)


def figure_and_panels(height: float, *, panels: int = 1, grid: str = "x"):
    """A transparent figure with its panels one below the other, as (figure, array of axes)."""
    _check_matplotlib()
    # Not pyplot, which keeps figures and looks for a display.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": 10}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots(panels, squeeze=False)[:, 0]
    figure.patch.set_alpha(0)
    for one in axes:
        one.patch.set_alpha(0)
        one.tick_params(colors=TEXT, labelsize=9)
        for label in (one.xaxis.label, one.yaxis.label, one.title):
            label.set_color(TEXT)
        for side, spine in one.spines.items():
            spine.set_color(TEXT)
            spine.set_alpha(0.4)
            spine.set_visible(side in ("left", "bottom"))
        one.grid(axis=grid, color=TEXT, alpha=0.12, linewidth=0.8)
        one.set_axisbelow(True)
    return figure, axes


def _check_matplotlib() -> None:
    """Raises UserError when it is not there: it is an extra, which running and measuring models do without."""
    if importlib.util.find_spec("matplotlib") is None:
        raise UserError("matplotlib is not installed; pip install '.[report]' brings what this needs")


def svg(figure, name: str, description: str) -> str:
    """The figure as an inline <svg>: text in the page's colour, ids of its own, a description for screen readers."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(TEXT, "currentColor")
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'\bid="', f'id="{name}-', drawing)
    drawing = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", drawing)
    drawing = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", drawing, count=1)
    drawing = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", drawing, count=1)
    return drawing.replace("<svg", f'<svg role="img" aria-label="{escape(description)}"', 1)
