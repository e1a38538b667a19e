"""Warnings: what makes a number doubtful, and what to do about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.results import Measurement, Results
from benchmark.samples import XNNPACK
from benchmark.statistics import Summary

NOISY_VARIATION = 0.10  # standard deviation / mean
NOISY_OUTLIERS = 0.10  # share of the runs
PROCESSES_APART = 0.15  # slowest process's median over the fastest's
BUSY_LOAD = 0.5  # load average per core before anything was measured
COLD_FIRST = 3.0  # first inference over the median
FEW_RUNS = 10
DRIFT = 0.05  # second half of a process's runs against the first
GROUPED_FROM = 3  # so many rows with one trouble become one line


@dataclass(frozen=True)
class Finding:
    """A trouble of one row: `text` says what and what to do, `extent` how bad it is among its `topic`."""

    topic: str
    measurement: Measurement
    extent: float
    text: str


def warnings(results: Results) -> list[str]:
    """One line each: the machine's first, then trouble by trouble."""
    findings = [finding for measurement in results.measurements for finding in _findings(measurement)]
    lines = list(_machine(results))
    for topic in dict.fromkeys(finding.topic for finding in findings):
        lines += _lines([finding for finding in findings if finding.topic == topic], len(results.measurements))
    return lines


def _lines(same: Sequence[Finding], row_count: int) -> list[str]:
    """Findings of one topic as a line each, or as one about the worst where every row would say the same."""
    if len(same) < GROUPED_FROM:
        return [f"{finding.measurement.model} ({finding.measurement.setting}): {finding.text}" for finding in same]
    worst = max(same, key=lambda finding: finding.extent)
    return [
        f"{len(same)} of {row_count} rows, the worst {worst.measurement.model} ({worst.measurement.setting}): "
        f"{worst.text}"
    ]


def _machine(results: Results) -> Iterator[str]:
    load, cores = results.machine.load_average, results.machine.cores
    if load is not None and load > BUSY_LOAD * cores:
        yield (
            f"Other programs kept this machine busy (load average {load:.1f} on {cores} cores) when the benchmark "
            "began; close them and measure again before you compare these numbers."
        )
    most = max((setting.threads for setting in results.settings()), default=0)
    if most > cores:
        yield f"{most} threads share {cores} cores; give --threads {cores} or fewer."


def _findings(measurement: Measurement) -> Iterator[Finding]:
    summary = measurement.summary()
    for check in (_noise, _count, _warm_up, _delegation, _cold):
        for extent, text in check(measurement, summary):
            yield Finding(check.__name__, measurement, extent, text)


def _noise(measurement: Measurement, summary: Summary) -> Iterator[tuple[float, str]]:
    medians = [float(np.median(latency.samples_ms)) for latency in measurement.rounds]
    apart = max(medians) / min(medians) - 1
    if apart > PROCESSES_APART:
        yield (
            apart,
            f"the slowest of {len(medians)} processes took {apart:.0%} longer than the fastest, as the machine's speed "
            "changed meanwhile; let it idle (a laptop cool, on mains power), or raise --rounds.",
        )
    elif summary.variation > NOISY_VARIATION or summary.outliers > NOISY_OUTLIERS * summary.count:
        yield (
            summary.variation,
            f"noisy, standard deviation {summary.variation:.0%} of the mean and {summary.outliers} outliers among "
            f"{summary.count} runs; close other programs, or raise --rounds and --min-seconds.",
        )


def _count(measurement: Measurement, summary: Summary) -> Iterator[tuple[float, str]]:
    if summary.count < FEW_RUNS:
        yield -summary.count, f"only {summary.count} timed runs; raise --max-seconds or --rounds for a sharper median."


def _warm_up(measurement: Measurement, summary: Summary) -> Iterator[tuple[float, str]]:
    drifts = [_drift(latency.samples_ms) for latency in measurement.rounds if latency.settled is False]
    if max(drifts, default=0.0) > DRIFT:
        yield (
            max(drifts),
            f"still getting faster or slower, by {max(drifts):.0%}, after a warm-up that ended at its limit; give it "
            "more runs with --warmup N.",
        )


def _delegation(measurement: Measurement, summary: Summary) -> Iterator[tuple[float, str]]:
    part = measurement.rounds[0].delegation
    if part is None or measurement.setting.kernels != XNNPACK:
        return
    left = ", ".join(f"{count} {name}" for name, count in part.left.items())
    if part.partitions == 0:
        yield (
            part.nodes,
            f"XNNPACK took none of its {part.nodes} operators ({left}), so these are the built-in kernels' times.",
        )
    elif part.partitions > 1:
        yield (
            part.partitions,
            f"XNNPACK runs {part.delegated} of {part.nodes} operators in {part.partitions} pieces, the rest runs on "
            f"built-in kernels ({left}); replace those operators to get one piece.",
        )


def _cold(measurement: Measurement, summary: Summary) -> Iterator[tuple[float, str]]:
    ratio = float(np.median([latency.first_ms for latency in measurement.rounds])) / summary.median
    if ratio > COLD_FIRST:
        yield (
            ratio,
            f"the first inference took {ratio:.1f} times as long as later ones; an app should run the model once "
            "before the user waits for it.",
        )


def _drift(samples: Sequence[float]) -> float:
    """By what share the median of the second half differs from the first's; 0 for too few samples to tell."""
    half = len(samples) // 2
    return float(abs(np.median(samples[half:]) / np.median(samples[:half]) - 1)) if half >= 3 else 0.0
