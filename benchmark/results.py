"""A benchmark's results: everything that was measured, raw, in one JSON file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.machine import Machine
from benchmark.models import ModelFacts
from benchmark.records import from_json, json_schema, to_json
from benchmark.samples import Effort, Latency, Memory, PhotoCost, Setting
from benchmark.statistics import Summary, summarize
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json, write_json

FORMAT = "pynet-bokeh benchmark"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Measurement:
    """One model in one setting: a `Latency` per fresh process, and the memory of another."""

    model: str  # ModelFacts.name
    setting: Setting
    rounds: list[Latency]
    memory: Memory | None  # None: it failed, see `Results.failures`
    photo: PhotoCost | None = None  # None: it wasn't asked for, or failed

    def summary(self) -> Summary:
        """Statistics over all rounds, from the raw samples, warm-up and first inference left out."""
        return summarize(self.rounds)


@dataclass(frozen=True)
class Failure:
    """What couldn't be measured: a model, or one setting of it."""

    model: str  # its path, as given
    setting: Setting | None  # None: the model as a whole
    reason: str


@dataclass(frozen=True)
class Results:
    """A whole run. `measurements` are ordered as the report shows them: by setting, then model."""

    executor: str
    started: str  # ISO 8601, UTC
    seconds: float  # the run took
    effort: Effort
    machine: Machine
    models: list[ModelFacts]
    measurements: list[Measurement]
    failures: list[Failure]
    precision: float | None = None  # what rounds were repeated for, see `schedule.measure`
    broken_off: bool = False  # the place was gone, such as a phone that was unplugged, before all was measured
    resumed: list[str] = field(default_factory=list)  # when the run was taken up again, ISO 8601, UTC

    def model(self, name: str) -> ModelFacts:
        return next(model for model in self.models if model.name == name)

    @property
    def on_phone(self) -> bool:
        """Whether a phone was measured, not this machine: only that is asked for its battery and temperature."""
        return any(latency.before is not None for one in self.measurements for latency in one.rounds)

    def settings(self) -> Sequence[Setting]:
        """The settings in the order measured."""
        return list(dict.fromkeys(measurement.setting for measurement in self.measurements))


def write(path: Path, results: Results) -> None:
    """Writes `results` as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, "format_version": FORMAT_VERSION, **to_json(results)})


def schema() -> dict:
    """The JSON Schema of the file that `write` makes."""
    whole = json_schema(Results)
    heading = {"format": {"const": FORMAT}, "format_version": {"const": FORMAT_VERSION}}
    return {
        **{key: value for key, value in whole.items() if key != "$ref"},
        "title": "Benchmark results",
        "allOf": [{"$ref": whole["$ref"]}, {"properties": heading, "required": list(heading)}],
    }


def read(path: Path) -> Results:
    """Reads what `write` wrote; UserError names the file and what is wrong with it."""
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path}: not a file of benchmark results (python -m benchmark run --out writes one)")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise UserError(f"{path}: format version {FORMAT_VERSION} is read here; received {version}")
    return from_json(Results, content, where=f"{path}: ")
