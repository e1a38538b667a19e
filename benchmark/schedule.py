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
class Answer:
    """What a process gave, of the kind that its step asks for, and the seconds it took from start to end."""

    step: Step
    seconds: float
    latency: Latency | None = None
    memory: Memory | None = None
    photo: PhotoCost | None = None


@dataclass(frozen=True)
class Announcement:
    """What `measure` tells while it runs, before each step and once after the last (`step` None)."""

    step: Step | None
    name: str  # the model's
    remaining: Sequence[Step]  # with `step`, without those that fell away because an earlier one failed
    took: Sequence[tuple[Step, float]] = ()  # seconds of each step that is over


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
    so_far: Sequence[Answer] = (),
    keep: Callable[[Answer], None] = lambda answer: None,
    announce: Callable[[Announcement], None] = lambda announcement: None,
    left_out: Callable[[Failure], None] = lambda failure: None,
) -> Results:
    """Measures every model in every setting, each `rounds` times in a fresh process, interleaved.

    A model that can't be opened is left out, a setting in which it fails too; both stand in `Results.failures` with
    the reason, everything else goes on. Where nothing more can be measured at all (Unavailable), what there is by
    then is the result, and it says that it was broken off.

    Args:
      precision: how far a median's interval may reach from it, as a share: 0.05 for ± 5 %. Those that are not there yet
        after `rounds` get more of them, in turn, until they are or have had `max_rounds` (default: twice `rounds`).
      photo: a picture file to render with each model in each setting, see `photo.measure`.
      so_far: what an earlier run of the same kind gave, which isn't asked for again. What failed in it is.
      keep: is handed each new answer at once.
      left_out: is handed each model that can't be opened, before anything is measured.
    """
    effort = effort or Effort()
    before, started, clock = executor.machine(), datetime.now(UTC), time.monotonic()
    known, failures = _inspect(executor, paths)
    for failure in failures:
        left_out(failure)
    waiting = [
        step for step in plan(len(paths), settings, rounds=rounds, photo=photo is not None) if step.model in known
    ]
    earlier = {answer.step: answer for answer in so_far}
    answers: dict[tuple[int, Setting], list[Answer]] = {}
    took: list[tuple[Step, float]] = []
    broken_off = False
    while waiting and not broken_off:
        step, answer = waiting[0], earlier.get(waiting[0])
        key, began = (step.model, step.setting), time.monotonic()
        if answer is None:
            announce(Announcement(step, known[step.model].name, waiting, took))
            try:
                answer = _ask(executor, step, paths[step.model], effort, photo)
            except UserError as error:
                failures.append(Failure(str(paths[step.model]), step.setting, str(error)))
                broken_off = isinstance(error, Unavailable)
            else:
                keep(answer)
        took.append((step, answer.seconds if answer else time.monotonic() - began))
        waiting = waiting[1:]
        if answer:
            answers.setdefault(key, []).append(answer)
        elif not broken_off:
            waiting = [later for later in waiting if (later.model, later.setting) != key]
            if step.what == LATENCY:
                answers.pop(key, None)
        if precision is not None and step.what == LATENCY and not any(later.what == LATENCY for later in waiting):
            waiting = _more(answers, precision, max_rounds or 2 * rounds, step.round + 1) + waiting
    announce(Announcement(None, "", [], took))

    measurements = [
        Measurement(
            facts.name,
            setting,
            rounds=_latencies(own),
            memory=next((answer.memory for answer in own if answer.memory), None),
            photo=next((answer.photo for answer in own if answer.photo), None),
        )
        for setting in settings
        for index, facts in known.items()
        if (own := answers.get((index, setting)))
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
        broken_off=broken_off,
    )


def _ask(executor: Executor, step: Step, path: Path, effort: Effort, photo: Path | None) -> Answer:
    began = time.monotonic()
    given = {}
    if step.what == LATENCY:
        given["latency"] = executor.latency(path, step.setting, effort)
    elif step.what == MEMORY:
        given["memory"] = executor.memory(path, step.setting)
    else:
        given["photo"] = executor.photo(path, step.setting, photo)
    return Answer(step, round(time.monotonic() - began, 3), **given)


def _latencies(answers: Sequence[Answer]) -> list[Latency]:
    return [answer.latency for answer in answers if answer.latency]


def _more(answers: dict[tuple[int, Setting], list[Answer]], precision: float, most: int, number: int) -> list[Step]:
    """Another round, the `number`th from 0, of whatever is not as precise as wanted and has had fewer than `most`."""
    pairs = [
        key
        for key, own in answers.items()
        if len(rounds := _latencies(own)) < most and summarize(rounds).precision > precision
    ]
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
