"""Statistics against closed forms, published tables and simulated coverage."""

import dataclasses
import math

import numpy as np
import pytest

from benchmark.samples import Latency, Reported
from benchmark.statistics import median_interval, order_statistic_interval, outliers, ratio, student_t, summarize


def processes(*rounds):
    """One `Latency` per list of samples."""
    return [Latency(1.0, 1.0, [], [float(ms) for ms in samples], None, None) for samples in rounds]


def told(samples, *, median=True):
    """What a tool that keeps its samples would tell of them."""
    report = Reported(
        count=len(samples),
        mean_ms=float(np.mean(samples)),
        std_ms=float(np.std(samples)),
        min_ms=min(samples),
        max_ms=max(samples),
        median_ms=float(np.median(samples)) if median else None,
    )
    return Latency(1.0, 1.0, [], [], None, None, reported=report)


def test_summary_of_one_to_a_hundred():
    summary = summarize(processes(range(1, 51), range(51, 101)))
    assert summary.count == 100
    assert summary.median == 50.5
    assert summary.mean == 50.5
    assert summary.p90 == pytest.approx(90.1)
    assert summary.std == pytest.approx(math.sqrt(100 * 101 / 12))  # of 1 … n: n(n + 1)/12
    assert (summary.min, summary.max) == (1, 100)
    assert summary.variation == pytest.approx(summary.std / 50.5)


def test_summary_of_a_single_run_has_no_spread():
    summary = summarize(processes([7.0]))
    assert (summary.median, summary.std, summary.interval, summary.outliers) == (7.0, 0.0, (7.0, 7.0), 0)


def test_order_statistics_of_the_textbook():
    # n = 10: the 2nd and the 9th value hold the median with 97.9 %, the 3rd and the 8th only with 89.1 %.
    assert order_statistic_interval(np.arange(1, 11)) == (2, 9)
    assert order_statistic_interval(np.arange(1, 11), confidence=0.89) == (3, 8)
    # n = 5 can't reach 95 % (93.75 % at most), n = 6 can.
    assert order_statistic_interval([5, 1, 4, 2, 3]) == (1, 5)
    assert order_statistic_interval(range(100)) == (39, 60)


@pytest.mark.parametrize(("degrees", "quantile"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (100, 1.9840)])
def test_student_t_is_the_table_s(degrees, quantile):
    assert student_t(degrees) == pytest.approx(quantile, abs=1e-4)


@pytest.mark.parametrize(("between", "within"), [(0.0, 0.05), (0.03, 0.03), (0.1, 0.01)])
def test_the_interval_holds_the_true_median_when_processes_differ(between, within):
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(500):
        rounds = [100 * np.exp(generator.normal(0, between) + generator.normal(0, within, 20)) for _ in range(3)]
        low, high = median_interval(rounds)
        held += low <= 100 <= high
    assert held / 500 >= 0.92


def test_the_interval_of_pooled_runs_alone_would_not():
    """Why `median_interval` looks at processes: runs of one process are not independent."""
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(500):
        rounds = [100 * np.exp(generator.normal(0, 0.1) + generator.normal(0, 0.01, 20)) for _ in range(3)]
        low, high = order_statistic_interval(np.concatenate(rounds))
        held += low <= 100 <= high
    assert held / 500 < 0.85


def test_the_interval_scales_with_the_unit_and_holds_the_median():
    rounds = [[10.0, 10.2, 10.1], [11.0, 11.1, 11.3], [9.9, 9.8, 10.0]]
    low, high = median_interval(rounds)
    assert low <= np.median(np.concatenate(rounds)) <= high
    assert median_interval([[1000 * value for value in samples] for samples in rounds]) == pytest.approx(
        (1000 * low, 1000 * high)
    )
    assert low > 0


def test_outliers_are_found_on_both_sides_and_only_there():
    samples = [10.0, 10.1, 9.9, 10.05, 9.95, 30.0, 10.0, 1.0]
    assert list(outliers(samples)) == [False] * 5 + [True, False, True]
    assert not outliers(np.random.default_rng(0).uniform(9, 11, 1000)).any()


def test_outliers_when_most_samples_are_equal():
    assert list(outliers([5.0] * 9 + [50.0])) == [False] * 9 + [True]
    assert not outliers([5.0] * 9).any()


def test_outliers_are_judged_within_their_own_process():
    """Two processes at different speeds are a drift, not twenty outliers."""
    calm = [10.0, 10.1, 9.9, 10.05, 9.95] * 4
    assert summarize(processes(calm, [2 * value for value in calm])).outliers == 0


def test_what_a_tool_tells_adds_up_to_what_its_samples_would():
    generator = np.random.default_rng(2)
    rounds = [list(generator.lognormal(3, 0.1, count)) for count in (20, 50, 35)]
    told_of, raw = summarize([told(samples) for samples in rounds]), summarize(processes(*rounds))
    for name in ("count", "mean", "std", "min", "max"):
        assert getattr(told_of, name) == pytest.approx(getattr(raw, name)), name
    assert told_of.median == pytest.approx(np.median([np.median(samples) for samples in rounds]))
    assert (told_of.p90, told_of.outliers) == (None, None)
    assert told_of.interval[0] < raw.median < told_of.interval[1]


def test_without_a_median_the_mean_stands_in():
    assert summarize([told([1.0, 2.0, 6.0], median=False)]).median == pytest.approx(3.0)


def test_precision_is_the_farther_side_of_the_interval():
    summary = summarize(processes([10.0] * 20, [10.0] * 20, [12.0] * 20))
    low, high = summary.interval
    assert summary.precision == pytest.approx(max(summary.median / low, high / summary.median) - 1)
    assert summarize(processes([5.0] * 9)).precision == 0


@pytest.mark.parametrize(("between", "within"), [(0.0, 0.05), (0.03, 0.03), (0.1, 0.01)])
@pytest.mark.parametrize("counts", [(3, 3), (3, 6)])
def test_the_ratio_s_interval_holds_the_true_ratio(between, within, counts):
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        slow, fast = (
            [ms * np.exp(generator.normal(0, between) + generator.normal(0, within, 15)) for _ in range(count)]
            for ms, count in zip((130.0, 100.0), counts, strict=True)
        )
        held += ratio(processes(*slow), processes(*fast)).holds(1.3)
    assert held / 400 >= 0.97  # 99 % is wanted


def test_the_ratio_turned_round_is_its_inverse():
    slow, fast = processes([20.0, 21.0], [22.0, 20.5], [20.0, 20.1]), processes([10.0, 10.2], [10.1, 10.1])
    there, back = ratio(slow, fast), ratio(fast, slow)
    assert there.value == pytest.approx(1 / back.value)
    assert there.interval == pytest.approx((1 / back.interval[1], 1 / back.interval[0]))
    assert not there.holds(1)
    assert ratio(fast, fast).holds(1)


def test_disturbed_runs_stay_out_unless_hardly_others_are_left():
    slow, calm = [50.0] * 20, [10.0, 10.1, 9.9, 10.2, 9.8]
    marks = [True] * 20 + [False] * 5

    def latency(samples, disturbed):
        return dataclasses.replace(processes(samples)[0], disturbed=disturbed)

    kept = summarize([latency(slow + calm, marks)])
    assert (kept.median, kept.count, kept.max) == (10.0, 5, 10.2)
    assert latency(slow + calm, marks).typical_ms == 10.0
    few = summarize([latency(slow + calm[:4], marks[:-1])])
    assert (few.median, few.count) == (50.0, 24)


def test_single_processes_have_a_ratio_too():
    calm = ratio(processes([10.0, 10.1, 9.9, 10.0]), processes([5.0, 5.1, 4.9, 5.0]))
    assert calm.value == pytest.approx(2)
    assert 1.8 < calm.interval[0] < 2 < calm.interval[1] < 2.2
    assert ratio(processes([4.0]), processes([2.0])).interval == (2.0, 2.0)
