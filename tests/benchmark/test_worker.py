"""What happens inside the measuring process, with a clock that is told what to say."""

import itertools
import subprocess
import sys

import pytest

from benchmark.samples import Effort
from benchmark.worker import peak_resident_mb, steady, timed_runs, warm_up


def saying(times):
    """A run that takes the given milliseconds, one after another, the last for ever."""
    times = list(times)
    return lambda: times.pop(0) if len(times) > 1 else times[0]


def test_steady_compares_the_last_three_with_the_three_before():
    assert not steady([10.0] * 5)
    assert steady([50.0, 10.0, 10.0, 10.0, 10.2, 10.1, 10.3])
    assert not steady([12.0, 12.0, 12.0, 10.0, 10.0, 10.0])
    assert steady([10.0, 10.0, 10.0, 10.0, 90.0, 10.0])  # one disturbance is no trend


def test_the_warm_up_ends_when_the_times_settle():
    times, settled = warm_up(saying([40, 30, 20, 15, 12, 11, 10.2, 10.1, 10, 10]), Effort())
    assert settled is True
    assert times[:3] == [40, 30, 20]
    assert 8 <= len(times) <= 12


def test_the_warm_up_is_bounded_by_runs_and_by_time():
    falling = [1000 * 0.8**n for n in range(100)]
    times, settled = warm_up(saying(falling), Effort(warmup_max_runs=7, warmup_max_seconds=100))
    assert (len(times), settled) == (7, False)
    times, settled = warm_up(saying(falling), Effort(warmup_max_seconds=2.0))
    assert (len(times), settled) == (3, False)  # 1.0 + 0.8 + 0.64 s


def test_a_fixed_warm_up_is_taken_literally():
    assert warm_up(saying([5.0]), Effort(warmup=4)) == ([5.0] * 4, None)
    assert warm_up(saying([5.0]), Effort(warmup=0)) == ([], None)


@pytest.mark.parametrize(
    ("milliseconds", "effort", "count"),
    [
        (1.0, Effort(min_runs=10, min_seconds=0.0), 10),
        (1.0, Effort(min_runs=10, min_seconds=0.05), 50),
        (1.0, Effort(min_runs=10, min_seconds=5.0, max_runs=200), 200),
        (500.0, Effort(min_runs=10, min_seconds=0.0, max_seconds=2.0), 4),
        (9000.0, Effort(max_seconds=2.0), 1),
    ],
)
def test_minimums_hold_together_and_any_maximum_ends_it(milliseconds, effort, count):
    times, disturbed = timed_runs(saying([milliseconds]), effort)
    assert len(times) == count
    assert disturbed == [False] * count


def switching(disturbed):
    """What counts switches: it is asked before and after every run, and goes up within the disturbed ones."""
    total = 0
    for one in disturbed:
        yield total
        total += one
        yield total
        total += 5  # between runs


@pytest.mark.parametrize(
    ("pattern", "count", "marked"),
    [([False], 10, 0), ([True, False], 20, 10), ([True, True, True, False], 30, 23), ([True], 30, 30)],
)
def test_disturbed_runs_are_marked_and_made_up_for_with_patience(pattern, count, marked):
    counts = switching(itertools.cycle(pattern))
    effort = Effort(min_runs=10, min_seconds=0.0)
    times, disturbed = timed_runs(saying([1.0]), effort, switches=lambda: next(counts))
    assert (len(times), sum(disturbed)) == (count, marked)
    assert disturbed == [pattern[n % len(pattern)] for n in range(count)]


def test_peak_memory_is_the_process_s_own_not_its_parent_s():
    """`ru_maxrss` of a child starts at its parent's resident set; this must not."""
    program = (
        "import subprocess, sys; ballast = bytearray(250_000_000);"
        "subprocess.run([sys.executable, '-c', "
        "'from benchmark.worker import peak_resident_mb; before = peak_resident_mb();"
        " block = bytearray(50_000_000); print(before, peak_resident_mb())'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = map(float, done.stdout.split())
    assert before < 120
    assert after - before == pytest.approx(50, abs=5)
    assert peak_resident_mb() > 10


@pytest.mark.parametrize("what", ["latency", "memory"])
def test_the_import_of_litert_is_not_charged_to_the_model(what):
    program = (
        "import sys\n"
        "from benchmark import worker\n"
        "assert 'ai_edge_litert.interpreter' not in sys.modules\n"
        "def open_interpreter(*_, **__): raise ValueError('ai_edge_litert.interpreter' in sys.modules)\n"
        "worker.open_session = open_interpreter\n"
        f"worker.main(['{what}', 'a.tflite'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "error: a.tflite: can't be run (True)\n"
