"""Progress on standard error: which process runs, how many are left, how long that will take."""

import statistics
from collections.abc import Sequence
from typing import TextIO

from benchmark.samples import Setting
from benchmark.schedule import Announcement, Step
from pynet_bokeh.cli import duration


class Progress:
    """Called by `measure` with each `Announcement`; writes one line, rewritten in place on a terminal."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._terminal = stream.isatty()

    def __call__(self, announcement: Announcement) -> None:
        step, done = announcement.step, len(announcement.took)
        if step is None:
            self.clear()
            return
        text = f"{done + 1}/{done + len(announcement.remaining)} {announcement.name}: {step.what}, {step.setting}"
        left = seconds_left(announcement.took, announcement.remaining)
        text += f" · {duration(left)} left" if left is not None else ""
        self._stream.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Takes the line away, so that an error or the table starts on an empty one."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def seconds_left(took: Sequence[tuple[Step, float]], remaining: Sequence[Step]) -> float | None:
    """The expected duration of `remaining`, or None while nothing is known.

    Each step is given what the same model took in the same setting before; where that is not known, the mean of all.
    """
    if not took:
        return None
    times: dict[tuple[str, int, Setting], list[float]] = {}
    for step, seconds in took:
        times.setdefault(_key(step), []).append(seconds)
    means = {key: statistics.fmean(own) for key, own in times.items()}
    typical = statistics.fmean(means.values())
    return sum(means.get(_key(step), typical) for step in remaining)


def _key(step: Step) -> tuple[str, int, Setting]:
    return step.what, step.model, step.setting
