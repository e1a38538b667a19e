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
    now = [0.0]
    progress = Progress(stream, clock=lambda: now[0])
    for position, step in enumerate(steps):
        progress(Announcement(step, f"m{step.model}", steps[position:]))
        now[0] += seconds[step.setting]
    progress(Announcement(None, "", []))
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
