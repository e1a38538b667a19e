"""The method: what is measured in which order, and how the pieces become results."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmark import models
from benchmark.executor import Executor, Unavailable
from benchmark.results import Failure, Measurement, Results
from benchmark.samples import CPU_KERNELS, Effort, Latency, Memory, PhotoCost, Setting
from benchmark.statistics import summarize
from pynet_bokeh.errors import UserError

LATENCY = "latency"
MEMORY = "memory"
PHOTO = "photo"


@dataclass(frozen=True)
class Step:
    """One process to start."""

    what: str  # LATENCY, MEMORY or PHOTO
    model: int  # index
    setting: Setting
    round: int  # from 0


def plan(model_count: int, settings: Sequence[Setting], *, rounds: int, photo: bool = False) -> list[Step]:
    """The order of all processes: `rounds` of latency, then one of memory, and one of a whole photo on the CPU.

    Within a round the models of one setting follow each other directly, so that a machine that slows down slows all of
    them; every second round runs backwards, so that a steady drift favours neither the first nor the last.
    """
    pairs = [(model, setting) for setting in settings for model in range(model_count)]
    steps = []
    for number in range(rounds):
        ordered = pairs if number % 2 == 0 else pairs[::-1]
        steps += [Step(LATENCY, model, setting, number) for model, setting in ordered]
    steps += [Step(MEMORY, model, setting, 0) for model, setting in pairs]
    photos = [Step(PHOTO, model, setting, 0) for model, setting in pairs if setting.kernels in CPU_KERNELS]
    return steps + photos if photo else steps


@dataclass(frozen=True)
class Announcement:
    """What `measure` tells while it runs, before each step and once after the last (`step` None)."""

    step: Step | None
    name: str  # the model's
    remaining: Sequence[Step]  # with `step`, without those that fell away because an earlier one failed


def measure(
    executor: Executor,
    paths: Sequence[Path],
    settings: Sequence[Setting],
    *,
    rounds: int = 3,
    precision: float | None = None,
    max_rounds: int | None = None,
    effort: Effort | None = None,
    photo: Path | None = None,
    announce: Callable[[Announcement], None] = lambda announcement: None,
) -> Results:
    """Measures every model in every setting, each `rounds` times in a fresh process, interleaved.

    A model that can't be opened is left out, a setting in which it fails too; both stand in `Results.failures` with
    the reason, everything else goes on. Where nothing more can be measured at all (Unavailable), what there is by
    then is the result.

    Args:
      precision: how far a median's interval may reach from it, as a share: 0.05 for ± 5 %. Those that are not there yet
        after `rounds` get more of them, in turn, until they are or have had `max_rounds` (default: twice `rounds`).
      photo: a picture file to render with each model in each setting, see `photo.measure`.
    """
    effort = effort or Effort()
    before, started, clock = executor.machine(), datetime.now(UTC), time.monotonic()
    known, failures = _inspect(executor, paths)
    waiting = [
        step for step in plan(len(paths), settings, rounds=rounds, photo=photo is not None) if step.model in known
    ]
    latencies: dict[tuple[int, Setting], list[Latency]] = {}
    memories: dict[tuple[int, Setting], Memory] = {}
    photos: dict[tuple[int, Setting], PhotoCost] = {}
    while waiting:
        announce(Announcement(waiting[0], known[waiting[0].model].name, waiting))
        step, waiting = waiting[0], waiting[1:]
        path, key = paths[step.model], (step.model, step.setting)
        try:
            if step.what == LATENCY:
                latencies.setdefault(key, []).append(executor.latency(path, step.setting, effort))
            elif step.what == MEMORY:
                memories[key] = executor.memory(path, step.setting)
            else:
                photos[key] = executor.photo(path, step.setting, photo)
        except UserError as error:
            failures.append(Failure(str(path), step.setting, str(error)))
            if isinstance(error, Unavailable):
                break
            waiting = [later for later in waiting if (later.model, later.setting) != key]
            if step.what == LATENCY:
                latencies.pop(key, None)
        if precision is not None and step.what == LATENCY and not any(later.what == LATENCY for later in waiting):
            waiting = _more(latencies, precision, max_rounds or 2 * rounds, step.round + 1) + waiting
    announce(Announcement(None, "", []))

    measurements = [
        Measurement(
            facts.name,
            setting,
            latencies[index, setting],
            memories.get((index, setting)),
            photos.get((index, setting)),
        )
        for setting in settings
        for index, facts in known.items()
        if latencies.get((index, setting))
    ]
    return Results(
        executor=executor.name,
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        effort=effort,
        machine=before,
        precision=precision,
        models=list(known.values()),
        measurements=measurements,
        failures=failures,
    )


def _more(latencies: dict[tuple[int, Setting], list[Latency]], precision: float, most: int, number: int) -> list[Step]:
    """Another round, the `number`th from 0, of whatever is not as precise as wanted and has had fewer than `most`."""
    pairs = [key for key, rounds in latencies.items() if len(rounds) < most and summarize(rounds).precision > precision]
    return [Step(LATENCY, model, setting, number) for model, setting in (pairs if number % 2 == 0 else pairs[::-1])]


def _inspect(executor: Executor, paths: Sequence[Path]) -> tuple[dict[int, models.ModelFacts], list[Failure]]:
    """What is known of each model, by its index, before any is run; those that can't be opened become failures."""
    known, failures = {}, []
    for index, (path, name) in enumerate(zip(paths, models.names(paths), strict=True)):
        try:
            models.check(path)
            known[index] = models.facts(path, name=name, signature=executor.inspect(path))
        except UserError as error:
            failures.append(Failure(str(path), None, str(error)))
    return known, failures
