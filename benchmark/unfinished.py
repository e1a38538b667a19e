"""A run that isn't over: what it gave so far, in a file beside its results, so that the same command can go on."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmark.machine import Machine
from benchmark.records import from_json, to_json
from benchmark.results import Results
from benchmark.samples import Effort, Setting
from benchmark.schedule import Answer
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json, sha256, whole_file

FORMAT = "pynet-bokeh unfinished benchmark"


@dataclass(frozen=True)
class Conditions:
    """What must be the same for answers of two sittings to belong to one run; what only ends a process may differ."""

    executor: str
    machine: Machine  # its load apart
    models: list[list[str]]  # path and SHA-256 of each, in order
    settings: list[Setting]
    rounds: int
    precision: float | None
    max_rounds: int | None
    effort: Effort
    pause: float | None
    cool_down: float
    photo: str | None  # SHA-256 of the picture, or what it is called where it is made up
    tool: str | None  # SHA-256 of a phone's benchmark_model


@dataclass(frozen=True)
class _Content:
    format: str
    conditions: Conditions
    started: str  # ISO 8601, UTC
    seconds: float  # that it took so far
    answers: list[Answer]
    resumed: list[str] = field(default_factory=list)


class Unfinished:
    """The file of a run that has begun or goes on.

    `answers` is what is known already; `keep` adds to it and writes the file, whole each time.
    """

    def __init__(self, path: Path, conditions: Conditions, *, force: bool):
        """Takes up what lies at `path`. Raises UserError when that is of another run, unless `force` is given, which
        has it overwritten."""
        self.path = Path(path)
        self._content = _Content(FORMAT, conditions, _now(), 0.0, [])
        if self.path.exists():
            self._take_up(conditions, force)
        self.answers: Sequence[Answer] = tuple(self._content.answers)
        self._lines = [json.dumps(to_json(answer), allow_nan=False) for answer in self.answers]
        self._began = time.monotonic()

    def keep(self, answer: Answer) -> None:
        """Adds an answer. Raises UserError when the file can't be written."""
        self._lines.append(json.dumps(to_json(answer), allow_nan=False))
        head = to_json(replace(self._content, seconds=self._seconds(), answers=[]))
        del head["answers"]
        text = json.dumps(head)[:-1] + ', "answers": [\n' + ",\n".join(self._lines) + "\n]}\n"
        with whole_file(self.path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    @property
    def count(self) -> int:
        """How many processes' answers are kept."""
        return len(self._lines)

    def whole(self, results: Results) -> Results:
        """The results of the latest sitting, which hold all answers, as those of the whole run."""
        loads = [load for load in (self._content.conditions.machine.load_average, results.machine.load_average) if load]
        return replace(
            results,
            started=self._content.started,
            seconds=round(self._seconds(), 1),
            machine=replace(results.machine, load_average=max(loads, default=results.machine.load_average)),
            resumed=self._content.resumed,
        )

    def remove(self) -> None:
        """The run is over."""
        self.path.unlink(missing_ok=True)

    def _take_up(self, conditions: Conditions, force: bool) -> None:
        try:
            found = _read(self.path)
            if reason := _difference(found.conditions, conditions):
                raise UserError(
                    f"{self.path}: an interrupted run is kept there, but with {reason}; give its command to go on with "
                    "it, or --force to begin anew"
                )
        except UserError:
            if force:
                return
            raise
        self._content = replace(found, resumed=[*found.resumed, _now()])

    def _seconds(self) -> float:
        return self._content.seconds + time.monotonic() - self._began


def beside(out: Path) -> Path:
    """Where the unfinished run lies whose results will be `out`."""
    return out.with_name(f"{out.stem}.unfinished.json")


def identities(paths: Sequence[Path]) -> list[list[str]]:
    """Path and SHA-256 of each model; of one that can't be read, why."""
    found = []
    for path in paths:
        try:
            found.append([str(path), sha256(path)])
        except OSError as error:
            found.append([str(path), str(error.strerror)])
    return found


def _read(path: Path) -> _Content:
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path}: not what an interrupted run left; move it away, or give --force")
    return from_json(_Content, content, where=f"{path}: ")


def _difference(then: Conditions, now: Conditions) -> str | None:
    """The first thing that isn't the same, in words; None where nothing is."""
    if [path for path, _ in then.models] != [path for path, _ in now.models]:
        return "other models"
    changed = [path for (path, digest), (_, other) in zip(then.models, now.models, strict=True) if digest != other]
    if changed:
        return f"another content of {changed[0]}"
    before, after = _facts(then), _facts(now)
    return next((f"{name} {before[name]}, not {after[name]}" for name in before if before[name] != after[name]), None)


def _facts(conditions: Conditions) -> dict[str, str]:
    """Whatever isn't a model, in words by its name."""
    machine = {name: value for name, value in vars(conditions.machine).items() if name != "load_average"}
    nested = ("machine", "models", "effort")
    own = {name: value for name, value in vars(conditions).items() if name not in nested}
    return {
        name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in {**own, **vars(conditions.effort), **machine}.items()
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
