"""Progress on standard error: which process runs, how many are left, how long that will take."""

import statistics
import time
from collections.abc import Callable
from typing import TextIO

from benchmark.samples import Setting
from benchmark.schedule import Announcement, Step
from pynet_bokeh.cli import duration


class Progress:
    """Called by `measure` with each `Announcement`; writes one line, rewritten in place on a terminal.

    The time left comes from what the same model took in the same setting before; a model not met yet is given the mean
    of all steps so far.
    """

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic):
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._took: dict[tuple[str, int, Setting], list[float]] = {}
        self._running: tuple[Step, float] | None = None
        self._done = 0

    def __call__(self, announcement: Announcement) -> None:
        now = self._clock()
        if self._running:
            step, since = self._running
            self._took.setdefault(_key(step), []).append(now - since)
            self._done += 1
        self._running = (announcement.step, now) if announcement.step else None
        if announcement.step is None:
            self.clear()
            return
        step, total = announcement.step, self._done + len(announcement.remaining)
        left = self.seconds_left(announcement.remaining)
        text = f"{self._done + 1}/{total} {announcement.name}: {step.what}, {step.setting}"
        text += f" · {duration(left)} left" if left is not None else ""
        self._stream.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        self._stream.flush()

    def seconds_left(self, remaining) -> float | None:
        """The expected duration of `remaining`, or None while nothing is known."""
        if not self._took:
            return None
        means = {key: statistics.fmean(times) for key, times in self._took.items()}
        typical = statistics.fmean(means.values())
        return sum(means.get(_key(step), typical) for step in remaining)

    def clear(self) -> None:
        """Takes the line away, so that an error or the table starts on an empty one."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _key(step: Step) -> tuple[str, int, Setting]:
    return step.what, step.model, step.setting
