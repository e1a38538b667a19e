"""Statistics of latencies: what to expect, how sure that is, and what doesn't belong."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.samples import Latency, Reported

RATIO_CONFIDENCE = 0.99
OUTLIER_SCORE = 3.5  # Iglewicz and Hoaglin, "How to detect and handle outliers", 1993


@dataclass(frozen=True)
class Summary:
    """Statistics of the timed runs of several processes; times in milliseconds.

    `p90` and `outliers` are None where a tool kept its samples to itself; `median` is then the median of what it told
    of each process.
    """

    count: int  # of the runs that the statistics are of, see `Latency.calm_ms`
    median: float
    p90: float | None
    mean: float
    std: float  # of a sample, n - 1; 0 for one run
    min: float
    max: float
    interval: tuple[float, float]  # of the median, see `median_interval`
    outliers: int | None  # runs unlike the others of their own process

    @property
    def variation(self) -> float:
        """The coefficient of variation, standard deviation / mean."""
        return self.std / self.mean

    @property
    def precision(self) -> float:
        """How far the interval reaches from the median, the farther side, as a share: 0.02 for ± 2 %."""
        return max(self.median / self.interval[0], self.interval[1] / self.median) - 1


@dataclass(frozen=True)
class Ratio:
    """How many times as long one model takes as another, with the interval that holds the true ratio."""

    value: float
    interval: tuple[float, float]

    def holds(self, value: float) -> bool:
        """Whether `value` lies within the interval; 1 does where no difference is shown."""
        return self.interval[0] <= value <= self.interval[1]


def summarize(rounds: Sequence[Latency], *, confidence: float = 0.95) -> Summary:
    """Summarizes `rounds`, one `Latency` per process, by their samples or, where there are none, what was told."""
    if all(latency.samples_ms for latency in rounds):
        return _of_samples([latency.calm_ms for latency in rounds], confidence=confidence)
    return _of_reports([latency.reported or _reported(latency.samples_ms) for latency in rounds], confidence=confidence)


def _of_samples(rounds: Sequence[Sequence[float]], *, confidence: float) -> Summary:
    samples = np.concatenate([np.asarray(samples, float) for samples in rounds])
    return Summary(
        count=len(samples),
        median=float(np.median(samples)),
        p90=float(np.percentile(samples, 90)),
        mean=float(samples.mean()),
        std=float(samples.std(ddof=1)) if len(samples) > 1 else 0.0,
        min=float(samples.min()),
        max=float(samples.max()),
        interval=median_interval(rounds, confidence=confidence),
        outliers=sum(int(outliers(samples).sum()) for samples in rounds),
    )


def _of_reports(reports: Sequence[Reported], *, confidence: float) -> Summary:
    """Count, mean and standard deviation are exactly those of all runs together; the median is of the processes'."""
    count = sum(report.count for report in reports)
    mean = sum(report.count * report.mean_ms for report in reports) / count
    square = sum(report.count * (report.std_ms**2 + report.mean_ms**2) for report in reports) / count
    std = math.sqrt(max(0.0, square - mean**2) * count / (count - 1)) if count > 1 else 0.0
    typical = [report.typical_ms for report in reports]
    median = float(np.median(typical))
    # Within one process no more is known than its deviation: normal theory, with the median's 25 % on top.
    half = 1.2533 * student_t(max(1, min(count - 1, 1000)), confidence) * std / math.sqrt(count)
    low, high = max(min(report.min_ms for report in reports), median - half), median + half
    if len(reports) > 1:
        between = _log_interval(typical, confidence)
        low, high = min(low, between[0]), max(high, between[1])
    return Summary(
        count=count,
        median=median,
        p90=None,
        mean=mean,
        std=std,
        min=min(report.min_ms for report in reports),
        max=max(report.max_ms for report in reports),
        interval=(low, high),
        outliers=None,
    )


def _reported(samples: Sequence[float]) -> Reported:
    return Reported(
        count=len(samples),
        mean_ms=float(np.mean(samples)),
        std_ms=float(np.std(samples)),
        min_ms=min(samples),
        max_ms=max(samples),
        median_ms=float(np.median(samples)),
    )


def ratio(rounds: Sequence[Latency], reference: Sequence[Latency], *, confidence: float = RATIO_CONFIDENCE) -> Ratio:
    """How many times as long `rounds` take as `reference`, both one `Latency` per process, measured apart.

    The ratio of the medians, with Welch's t interval of the processes' medians on a logarithmic scale: processes are
    what is independent, and the two may vary differently. Where one side has a single process, that one's runs
    must do for it; the interval then says nothing of how processes differ. It always holds the ratio itself.

    The confidence is 99 % unless asked otherwise: a comparison has many rows, and at 95 % every twentieth of them would
    show a difference between a model and itself.
    """
    value = summarize(rounds).median / summarize(reference).median
    sides = [_mean_and_error(side) for side in (rounds, reference)]
    variance = sum(error**2 for _, error, _ in sides)
    if variance == 0:
        return Ratio(value, (value, value))
    degrees = variance**2 / sum(error**4 / freedom for _, error, freedom in sides)
    half = min(50.0, student_t(max(1, math.floor(degrees)), confidence) * math.sqrt(variance))
    centre = sides[0][0] - sides[1][0]
    return Ratio(value, (min(value, math.exp(centre - half)), max(value, math.exp(centre + half))))


def _mean_and_error(rounds: Sequence[Latency]) -> tuple[float, float, int]:
    """Mean logarithm of the processes' typical times, its standard error, its degrees of freedom."""
    logs = np.log([latency.typical_ms for latency in rounds])
    if len(logs) > 1:
        return float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(len(logs)), len(logs) - 1
    summary = summarize(rounds)
    freedom = max(1, min(summary.count - 1, 1000))
    return float(logs[0]), 1.2533 * summary.variation / math.sqrt(summary.count), freedom


def median_interval(rounds: Sequence[Sequence[float]], *, confidence: float = 0.95) -> tuple[float, float]:
    """A confidence interval of the median latency, from the positive samples of one or more fresh processes.

    Runs of one process resemble each other (same memory layout, same clock speed), so a hundred of them are not a
    hundred independent measurements; the processes are. The interval is therefore Student's t interval of the
    processes' medians, on a logarithmic scale because disturbances multiply. Where the processes agree by chance it
    would be too narrow: it is widened to hold the interval of all runs by order statistics, which is also what a
    single process gets. It always holds the median of all runs.
    """
    low, high = order_statistic_interval(np.concatenate([np.asarray(r, float) for r in rounds]), confidence=confidence)
    if len(rounds) > 1:
        between = _log_interval([float(np.median(samples)) for samples in rounds], confidence)
        low, high = min(low, between[0]), max(high, between[1])
    return float(low), float(high)


def _log_interval(times: Sequence[float], confidence: float) -> tuple[float, float]:
    """Student's t interval of the geometric mean of two or more positive times."""
    logs = np.log(times)
    half = student_t(len(logs) - 1, confidence) * logs.std(ddof=1) / math.sqrt(len(logs))
    # Two processes leave one degree of freedom: 10 % apart then spans a factor of 2. exp() of more is no number.
    half = min(half, 50.0)
    return math.exp(logs.mean() - half), math.exp(logs.mean() + half)


def order_statistic_interval(samples: Sequence[float], *, confidence: float = 0.95) -> tuple[float, float]:
    """The narrowest symmetric pair of order statistics that holds the median with at least `confidence`.

    How many of n samples lie below the median is binomial(n, 1/2), whatever their distribution. Fewer than six samples
    can't reach 95 %: the smallest and the largest are returned then, the most that can be said.
    """
    ordered = np.sort(np.asarray(samples, float))
    count = len(ordered)
    tail, below = 0.0, 0  # ordered[below] and its mirror image miss the median with probability 2 * tail
    for k in range(count // 2):
        tail += math.exp(math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) - count * math.log(2))
        if 2 * tail > 1 - confidence:
            break
        below = k
    return float(ordered[below]), float(ordered[count - 1 - below])


def outliers(samples: Sequence[float]) -> np.ndarray:
    """Which samples are outliers, as bool [n]: their modified z score, by the median absolute deviation, is over 3.5.

    Where more than half of the samples are equal, so that this deviation is 0, the mean absolute deviation stands in.
    """
    samples = np.asarray(samples, float)
    distance = np.abs(samples - np.median(samples))
    scale = 1.4826 * np.median(distance) or 1.2533 * distance.mean()
    return distance > OUTLIER_SCORE * scale if scale else np.zeros(len(samples), bool)


@functools.cache
def student_t(degrees: int, confidence: float = 0.95) -> float:
    """The two-sided quantile of Student's t: 12.71, 4.30, 3.18 for 1, 2, 3 degrees of freedom at 95 %.

    With t = √n tan(angle), P(|T| < t) is the share of ∫ cos^(n-1) up to the angle, which a fine grid gives to six
    digits; SciPy would be a large dependency for one number.
    """
    angles = np.linspace(0, math.pi / 2, 200_001)
    density = np.cos(angles) ** (degrees - 1)
    probability = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return math.sqrt(degrees) * math.tan(np.interp(confidence, probability / probability[-1], angles))
