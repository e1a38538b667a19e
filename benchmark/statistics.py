"""Statistics of latencies: what to expect, how sure that is, and what doesn't belong."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

OUTLIER_SCORE = 3.5  # Iglewicz and Hoaglin, "How to detect and handle outliers", 1993


@dataclass(frozen=True)
class Summary:
    """Statistics of the timed runs of several processes; times in milliseconds."""

    count: int
    median: float
    p90: float
    mean: float
    std: float  # of a sample, n - 1; 0 for one run
    min: float
    max: float
    interval: tuple[float, float]  # of the median, see `median_interval`
    outliers: int  # runs unlike the others of their own process

    @property
    def variation(self) -> float:
        """The coefficient of variation, standard deviation / mean."""
        return self.std / self.mean


def summarize(rounds: Sequence[Sequence[float]], *, confidence: float = 0.95) -> Summary:
    """Summarizes the samples of `rounds`, one sequence per process; none may be empty."""
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
        medians = np.log([np.median(samples) for samples in rounds])
        half = student_t(len(rounds) - 1, confidence) * medians.std(ddof=1) / math.sqrt(len(rounds))
        # Two processes leave one degree of freedom: 10 % apart then spans a factor of 2. exp() of more is no number.
        half = min(half, 50.0)
        low, high = min(low, math.exp(medians.mean() - half)), max(high, math.exp(medians.mean() + half))
    return float(low), float(high)


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
