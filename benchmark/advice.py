"""Warnings: what makes a number doubtful, and what to do about it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.phone import HOT
from benchmark.results import Measurement, Results
from benchmark.samples import GPU, XNNPACK, PhoneState
from benchmark.statistics import Summary

NOISY_VARIATION = 0.10  # standard deviation / mean
NOISY_OUTLIERS = 0.10  # share of the runs
DISTURBED = 0.3  # share of the runs during which another program took a processor away
PROCESSES_APART = 0.15  # slowest process's median over the fastest's
BUSY_LOAD = 0.5  # load average per core before anything was measured
COLD_FIRST = 3.0  # first inference over the median
FEW_RUNS = 10
DRIFT = 0.05  # second half of a process's runs against the first
SLOWING = 0.08  # last process over the first, when each was slower than the one before …
SLOWING_FROM = 4  # … of so many: by chance that is one in 24
LOW_BATTERY = 20  # percent; below it, phones save power
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
    findings = [finding for measurement in results.measurements for finding in _findings(measurement, results)]
    lines = list(of_machine(results))
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


def of_machine(results: Results) -> Iterator[str]:
    """What makes all of its numbers doubtful."""
    load, cores = results.machine.load_average, results.machine.cores
    if load is not None and load > BUSY_LOAD * cores:
        yield (
            f"Other programs kept this machine busy (load average {load:.1f} on {cores} cores) when the benchmark "
            "began; close them and measure again before you compare these numbers."
        )
    states = [state for one in results.measurements for latency in one.rounds for state in (latency.before,) if state]
    charge = min((state.battery_percent for state in states if state.battery_percent is not None), default=100)
    if charge < LOW_BATTERY:
        yield f"The phone's battery was at {charge} %, and phones slow down to save it; charge it and measure again."
    most = max((setting.threads for setting in results.settings()), default=0)
    if most > cores:
        yield f"{most} threads share {cores} cores; give --threads {cores} or fewer."


def _findings(measurement: Measurement, results: Results) -> Iterator[Finding]:
    summary = measurement.summary()
    for check in (_throttling, _noise, _precision, _count, _warm_up, _delegation, _cold):
        for extent, text in check(measurement, summary, results):
            yield Finding(check.__name__, measurement, extent, text)


def _noise(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    medians = [latency.typical_ms for latency in measurement.rounds]
    apart = max(medians) / min(medians) - 1
    slowing = len(medians) >= SLOWING_FROM and all(now > before for before, now in itertools.pairwise(medians))
    if slowing and apart > SLOWING:
        yield (
            apart,
            f"each of {len(medians)} processes was slower than the one before, {apart:.0%} in all, as when a processor "
            "heats up and throttles; let it cool, and give it a --pause between processes.",
        )
    elif apart > PROCESSES_APART:
        yield (
            apart,
            f"the slowest of {len(medians)} processes took {apart:.0%} longer than the fastest, as the machine's speed "
            "changed meanwhile; let it idle (a laptop cool, on mains power), or raise --rounds.",
        )
    elif _disturbed(measurement) > DISTURBED:
        yield (
            _disturbed(measurement),
            f"other programs took a processor away during {_disturbed(measurement):.0%} of the runs; those are left "
            "out where enough others remain; close the programs and measure again.",
        )
    elif summary.variation > NOISY_VARIATION or (summary.outliers or 0) > NOISY_OUTLIERS * summary.count:
        found = "" if summary.outliers is None else f" and {summary.outliers} outliers"
        yield (
            summary.variation,
            f"noisy, standard deviation {summary.variation:.0%} of the mean{found} among "
            f"{summary.count} runs; close other programs, or raise --rounds and --min-seconds.",
        )


def _throttling(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    """What a phone says of itself; what slows another machine down shows in `_noise`."""
    hot = [state for latency in measurement.rounds for state in (latency.before, latency.after) if _hot(state)]
    if hot:
        worst = max(hot, key=lambda state: state.thermal_status)
        degrees = "" if worst.battery_celsius is None else f", its battery at {worst.battery_celsius:.0f} °C"
        yield (
            worst.thermal_status,
            f"the phone throttled while this was measured (Android's thermal status {worst.thermal_status}{degrees}); "
            "let it cool, take off its cover, raise --cool-down.",
        )


def _disturbed(measurement: Measurement) -> float:
    """The share of the runs during which another program took a processor away."""
    marks = [mark for latency in measurement.rounds for mark in latency.disturbed or []]
    return sum(marks) / len(marks) if marks else 0.0


def _hot(state: PhoneState | None) -> bool:
    return state is not None and (state.thermal_status or 0) >= HOT


def _precision(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    if results.precision is not None and summary.precision > results.precision:
        yield (
            summary.precision,
            f"the median is known to ± {_percent(summary.precision)} only, not to the ± {_percent(results.precision)} "
            f"that were wanted, after {len(measurement.rounds)} processes; close other programs, or raise "
            "--max-rounds.",
        )


def _count(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    if summary.count < FEW_RUNS:
        yield -summary.count, f"only {summary.count} timed runs; raise --max-seconds or --rounds for a sharper median."


def _warm_up(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    drifts = [_drift(latency.samples_ms) for latency in measurement.rounds if latency.settled is False]
    if max(drifts, default=0.0) > DRIFT:
        yield (
            max(drifts),
            f"still getting faster or slower, by {max(drifts):.0%}, after a warm-up that ended at its limit; give it "
            "more runs with --warmup N.",
        )


def _delegation(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    part = measurement.rounds[0].delegation
    if part is None and measurement.setting.kernels == GPU and measurement.rounds[0].reported:
        yield 1, "the tool doesn't tell what the GPU took of it, and what it doesn't take runs on the CPU; see its log."
    if part is None or measurement.setting.kernels not in (XNNPACK, GPU):
        return
    left = ", ".join(f"{count} {name}" for name, count in part.left.items())
    if measurement.setting.kernels == GPU:
        adapter = measurement.rounds[0].adapter or ""
        if adapter.endswith("a software driver"):
            yield 1, f"ran on {adapter}: that shows whether it runs, and nothing of how fast a GPU is."
        if part.partitions == 0:
            yield part.nodes, "the GPU took nothing of it, so these are the CPU's times; see what the log says of why."
        elif not part.whole:
            share = f"{part.nodes - part.delegated} of {part.nodes} operators" if part.nodes else "operators"
            yield (
                part.nodes - part.delegated,
                f"{share} fell back from the GPU to the CPU ({left or 'not named'}), which costs copies both ways; "
                "replace them to run it whole.",
            )
    elif part.partitions == 0:
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


def _cold(measurement: Measurement, summary: Summary, results: Results) -> Iterator[tuple[float, str]]:
    ratio = float(np.median([latency.first_ms for latency in measurement.rounds])) / summary.median
    if ratio > COLD_FIRST:
        yield (
            ratio,
            f"the first inference took {ratio:.1f} times as long as later ones; an app should run the model once "
            "before the user waits for it.",
        )


def _percent(share: float) -> str:
    """Two digits, as many as matter here: 7.3 %, 0.1 %, 130 %."""
    return f"{float(f'{100 * share:.2g}'):g} %"


def _drift(samples: Sequence[float]) -> float:
    """By what share the median of the second half differs from the first's; 0 for too few samples to tell."""
    half = len(samples) // 2
    return float(abs(np.median(samples[half:]) / np.median(samples[:half]) - 1)) if half >= 3 else 0.0
