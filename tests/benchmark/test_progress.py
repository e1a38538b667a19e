"""The progress line and its estimate."""

import io

from benchmark.progress import Progress
from benchmark.samples import Setting
from benchmark.schedule import Announcement, plan

FAST, SLOW = Setting("xnnpack", 4), Setting("builtin", 1)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(stream, seconds, steps):
    """Goes through `steps`, each taking what `seconds` says for its setting."""
    progress, took = Progress(stream), []
    for position, step in enumerate(steps):
        progress(Announcement(step, f"m{step.model}", steps[position:], took))
        took.append((step, seconds[step.setting]))
    progress(Announcement(None, "", [], took))
    return stream.getvalue()


def test_the_time_left_knows_slow_settings_from_fast_ones():
    lines = run(io.StringIO(), {FAST: 1.0, SLOW: 10.0}, plan(1, [FAST, SLOW], rounds=2)).splitlines()
    assert "left" not in lines[0]
    assert lines[0] == "1/6 m0: latency, XNNPACK kernels, 4 threads"
    # After the first round: a slow step, a fast one, and two memory steps taken for the mean of both.
    assert lines[2] == "3/6 m0: latency, built-in kernels, 1 thread · 22 s left"


def test_a_terminal_s_line_is_rewritten_and_taken_away():
    text = run(Terminal(), {FAST: 1.0}, plan(1, [FAST], rounds=2))
    assert "\n" not in text
    assert text.endswith("\r\x1b[K")


def test_a_run_that_goes_on_knows_at_once_how_long_the_rest_will_take():
    stream, steps = io.StringIO(), plan(1, [FAST, SLOW], rounds=2)
    Progress(stream)(Announcement(steps[2], "m0", steps[2:4], [(steps[0], 1.0), (steps[1], 10.0)]))
    assert stream.getvalue() == "3/4 m0: latency, built-in kernels, 1 thread · 11 s left\n"
