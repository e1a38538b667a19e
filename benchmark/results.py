"""A benchmark's results: everything that was measured, raw, in one JSON file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.machine import Machine
from benchmark.models import ModelFacts
from benchmark.records import from_json, json_schema, to_json
from benchmark.samples import KERNELS, STAGES, Effort, Latency, Memory, PhotoCost, Setting
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
    found = from_json(Results, content, where=f"{path}: ")
    _check(found, where=f"{path}: ")
    return found


def _check(results: Results, *, where: str) -> None:
    """Raises UserError for what can't have been measured, which a file that was edited may hold."""
    names = [model.name for model in results.models]
    for number, model in enumerate(results.models):
        _above_zero([model.bytes], where=f"{where}models[{number}].bytes")
    for number, one in enumerate(results.measurements):
        place = f"{where}measurements[{number}]"
        if one.model not in names:
            raise UserError(f"{place}.model: one of {', '.join(names)} is wanted; received {one.model!r}")
        if one.setting.kernels not in KERNELS:
            raise UserError(
                f"{place}.setting.kernels: {', '.join(KERNELS)} is wanted; received {one.setting.kernels!r}"
            )
        _above_zero([one.setting.threads], where=f"{place}.setting.threads")
        if not one.rounds:
            raise UserError(f"{place}.rounds: one or more are wanted; received none")
        for index, latency in enumerate(one.rounds):
            _check_latency(latency, where=f"{place}.rounds[{index}]")
        if one.memory:
            _above_zero([one.memory.peak_mb], where=f"{place}.memory.peak_mb")
        if one.photo:
            counts = {stage: len(times) for stage, times in one.photo.stages_ms.items()}
            if sorted(counts) != sorted(STAGES) or len(set(counts.values())) != 1 or 0 in counts.values():
                raise UserError(
                    f"{place}.photo.stages_ms: times of {', '.join(STAGES)} are wanted, as many of each; "
                    f"received {counts}"
                )


def _check_latency(latency: Latency, *, where: str) -> None:
    told, marks = latency.reported, latency.disturbed
    if not latency.samples_ms and told is None:
        raise UserError(f"{where}: samples_ms or reported is wanted; received neither")
    _above_zero([latency.first_ms, *latency.samples_ms], where=f"{where}: times in ms")
    if told:
        _above_zero([told.count, told.mean_ms, told.typical_ms, told.min_ms], where=f"{where}.reported")
    if marks is not None and len(marks) != len(latency.samples_ms):
        raise UserError(f"{where}.disturbed: one for each sample ({len(latency.samples_ms)}); received {len(marks)}")


def _above_zero(values: Sequence[float], *, where: str) -> None:
    for value in values:
        if value <= 0:
            raise UserError(f"{where}: above 0 is wanted; received {value:g}")
