"""The method of the training benchmark: which cases, each in a fresh process, what becomes of the answers."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmark import machine
from benchmark.process import ask
from benchmark.records import to_json
from benchmark.training_samples import PipelineSample, RecipeFacts, TrainingCase, TrainingSample, scene_size
from pynet_bokeh.cli import duration
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import write_json

FORMAT = "pynet-bokeh training benchmark"
FORMAT_VERSION = 1
SCENES, HELD_OUT = 8, 1
FINEST = 1


@dataclass(frozen=True)
class Wanted:
    """What is to be measured.

    Attributes:
      recipes: names or files.
      levels: those of them; None for all.
      batches: batch sizes; empty for each level's own.
      crop: (height, width); None for the recipe's own.
      changes: `key.key=value` for all recipes.
      folder: photo pairs; None has built-in scenes written to files first.
      steps: that are timed.
      vgg_weights: None has them drawn at random, at the same cost.
      process_seconds: a process that takes longer is ended.
    """

    recipes: Sequence[str]
    levels: Sequence[int] | None = None
    batches: Sequence[int] = ()
    crop: tuple[int, int] | None = None
    changes: Sequence[str] = ()
    folder: Path | None = None
    steps: int = 10
    vgg_weights: str | None = None
    process_seconds: float = 1800.0


@dataclass(frozen=True)
class TrainingMeasurement:
    """A level trained for some steps."""

    case: TrainingCase
    sample: TrainingSample


@dataclass(frozen=True)
class PipelineMeasurement:
    """A recipe's pictures without its network, out of files or drawn on the fly."""

    case: TrainingCase
    drawn: bool
    sample: PipelineSample


@dataclass(frozen=True)
class TrainingFailure:
    """What couldn't be measured."""

    case: TrainingCase
    reason: str


@dataclass(frozen=True)
class TrainingResults:
    """A whole run of the training benchmark."""

    started: str  # ISO 8601, UTC
    seconds: float
    steps: int
    tensorflow: str
    machine: machine.Machine
    trained: list[TrainingMeasurement]
    read: list[PipelineMeasurement]
    failures: list[TrainingFailure]


def measure(wanted: Wanted, *, announce: Callable[[str], None] = lambda text: None) -> TrainingResults:
    """Measures every level of every recipe at every batch size, then each recipe's pictures without a network.

    A case that fails, for lack of memory for example, is among the failures, and the others go on. Raises UserError for
    a recipe that can't be read or lacks a level, and for VGG19's weights that no level takes.
    """
    before, started, clock = machine.describe(), datetime.now(UTC), time.monotonic()
    facts = {recipe: _describe(recipe, wanted) for recipe in wanted.recipes}
    cases = [case for recipe in wanted.recipes for case in _cases(recipe, facts[recipe], wanted)]
    if wanted.vgg_weights and not any(case.level in facts[case.recipe].vgg_levels for case in cases):
        raise UserError(f"--vgg-weights: for levels with a vgg loss; none of {', '.join(wanted.recipes)} has one here")
    finest = {case.recipe: replace(case, batch=None) for case in cases}  # the last of each
    tasks = [("train", case, False) for case in cases]
    tasks += [("pipeline", case, drawn) for case in finest.values() for drawn in (False, True)]
    trained, read, failures = [], [], []
    with tempfile.TemporaryDirectory(prefix="pynet_bokeh_scenes_") as folder:
        for number, (what, case, drawn) in enumerate(tasks, start=1):
            each = (time.monotonic() - clock) / (number - 1) if number > 1 else None
            left = f" · {duration(each * (len(tasks) - number + 1))} left" if each else ""
            announce(f"{number}/{len(tasks)} {what} {title(case)}{', scenes drawn on the fly' if drawn else ''}{left}")
            try:
                pictures = None if drawn else wanted.folder or _scenes(facts[case.recipe], wanted, Path(folder))
                placed = replace(case, folder=pictures and str(pictures))
                if what == "train":
                    trained.append(TrainingMeasurement(case, _ask(TrainingSample, what, placed, wanted)))
                else:
                    read.append(PipelineMeasurement(case, drawn, _ask(PipelineSample, what, placed, wanted)))
            except UserError as error:
                failures.append(TrainingFailure(case, str(error)))
    return TrainingResults(
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        steps=wanted.steps,
        tensorflow=facts[wanted.recipes[0]].tensorflow,
        machine=before,
        trained=trained,
        read=read,
        failures=failures,
    )


def title(case: TrainingCase) -> str:
    """A case in a few words."""
    return f"{case.recipe} level {case.level}" + (f", batch {case.batch}" if case.batch else "")


def write(path: Path, results: TrainingResults) -> None:
    """Writes `results` as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, "format_version": FORMAT_VERSION, **to_json(results)})


def _describe(recipe: str, wanted: Wanted) -> RecipeFacts:
    return _ask(RecipeFacts, "describe", TrainingCase(recipe, FINEST, changes=list(wanted.changes)), wanted)


def _cases(recipe: str, facts: RecipeFacts, wanted: Wanted) -> list[TrainingCase]:
    """Every level at every batch size, coarsest first."""
    levels = facts.levels if wanted.levels is None else wanted.levels
    if absent := sorted(set(levels) - set(facts.levels)):
        raise UserError(f"--levels: recipe {recipe} trains {facts.levels}; received {absent[0]}")
    crop = wanted.crop and list(wanted.crop)
    return [
        TrainingCase(recipe, level, batch, crop, list(wanted.changes))
        for level in sorted(levels, reverse=True)
        for batch in wanted.batches or (None,)
    ]


def _scenes(facts: RecipeFacts, wanted: Wanted, folder: Path) -> Path:
    """Built-in scenes as files, in the size that the recipe draws them in, once for each size and fourth channel."""
    height, width = size = scene_size(wanted.crop) if wanted.crop else tuple(facts.scene_size)
    root = folder / f"{width}x{height}_{facts.extra}"
    for split, name, count in (("train", "train", SCENES), ("validation", "test", HELD_OUT)):
        if not (root / name).is_dir():
            write_pairs(SceneSource(size, extra=facts.extra, split=split, count=count), root / name, label=root.name)
    return root


def _ask(kind, what: str, case: TrainingCase, wanted: Wanted):
    options = ["--vgg-weights", wanted.vgg_weights] if wanted.vgg_weights else []
    return ask(
        kind,
        "benchmark.training_worker",
        [what, json.dumps(to_json(case)), "--steps", str(wanted.steps), *options],
        subject=title(case),
        runner="TensorFlow",
        setting=f"{wanted.steps} steps",
        seconds=wanted.process_seconds,
        hint="; give it more with --process-seconds",
    )
