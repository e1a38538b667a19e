"""Everything a report page is made from, read from files and checked before any of it is drawn."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark import models, results
from benchmark.results import Results
from pynet_bokeh import sidecar, tflite_files
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json
from pynet_bokeh.images import picture_files
from pynet_bokeh.levels import LEVELS


@dataclass(frozen=True)
class Curve:
    """One level's validation: PSNR in dB by training step, and that of the unchanged input at this level's size."""

    level: int
    steps: list[int]
    psnr: list[float]
    input_psnr: float | None


@dataclass(frozen=True)
class TrainingRun:
    """A run's recipe and curves, coarsest level first, and what the training took."""

    folder: Path
    recipe: dict[str, Any]
    data: dict[str, Any]
    curves: list[Curve]
    steps: int
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """Means over the validation scenes: PSNR in dB and SSIM against the targets."""

    name: str
    psnr: float
    ssim: float
    input_psnr: float  # of the input, returned unchanged
    input_ssim: float
    pictures: int | None

    @property
    def gain(self) -> float:
        """By how many dB the output is nearer to the target than the unchanged input."""
        return self.psnr - self.input_psnr


@dataclass(frozen=True)
class Artifact:
    """A .tflite and its sidecar, empty when there is none."""

    path: Path
    bytes: int
    sidecar: dict[str, Any]

    @property
    def agreement(self) -> float | None:
        """PSNR in dB against the float network under XNNPACK, where the sidecar has it."""
        value: Any = self.sidecar
        for key in ("verification", "kernels", "xnnpack", "psnr"):
            value = value.get(key) if isinstance(value, dict) else None
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True)
class Pair:
    """A photo and what a model made of it."""

    name: str
    original: Path
    rendered: Path


@dataclass(frozen=True)
class PageInputs:
    """What the page shows; empty or None where nothing was given."""

    run: TrainingRun | None = None
    evaluations: list[Evaluation] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    benchmark: Results | None = None
    pairs: list[Pair] = field(default_factory=list)
    scenes: list[Path] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


def gather(
    *,
    run: Path | None = None,
    evaluations: Mapping[str, Path] | None = None,
    models: Sequence[Path] = (),
    benchmark: Path | None = None,
    pictures: Path | None = None,
    originals: Path | None = None,
    scenes: Path | None = None,
    commands: Sequence[str] = (),
) -> PageInputs:
    """Reads what is given; see `python -m benchmark report --help`. UserError names a file that is missing or wrong."""
    return PageInputs(
        run=read_run(run) if run else None,
        evaluations=[read_evaluation(name, path) for name, path in (evaluations or {}).items()],
        artifacts=read_artifacts(models),
        benchmark=results.read(benchmark) if benchmark else None,
        pairs=pair_pictures(pictures, originals),
        scenes=picture_files(scenes) if scenes else [],
        commands=list(commands),
    )


def read_run(folder: Path) -> TrainingRun:
    """Reads `recipe.json` and each level's `metrics.jsonl`; levels not trained yet are left out."""
    path = folder / "recipe.json"
    if not path.is_file():
        raise UserError(f"{folder}: not a training run (recipe.json is missing)")
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: not a run's recipe")
    curves, steps, seconds = [], 0, 0.0
    for level in LEVELS:
        records = _records(folder / f"level{level}" / "metrics.jsonl")
        validated = [record for record in records if "validation_psnr" in record]
        if validated:
            curves.append(
                Curve(
                    level=level,
                    steps=[record["step"] for record in validated],
                    psnr=[record["validation_psnr"] for record in validated],
                    input_psnr=validated[-1].get("input_psnr"),
                )
            )
        steps += max((record["step"] for record in records), default=0)
        seconds += _seconds([record["seconds"] for record in records if "seconds" in record])
    return TrainingRun(folder, content.get("recipe", content), content.get("data", {}), curves, steps, seconds)


def _records(path: Path) -> list[dict]:
    """The lines of a journal; one that an interrupted training cut short ends it, a wrong one is a UserError."""
    if not path.is_file():
        return []
    records, lines = [], path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError as error:
            if number == len(lines):
                break
            raise UserError(f"{path}: line {number} is not JSON ({error})") from error
        if not isinstance(record, dict) or not isinstance(record.get("step"), int):
            raise UserError(f"{path}: line {number} has no step; it reads {line[:60]!r}")
        records.append(record)
    return records


def _seconds(clock: Sequence[float]) -> float:
    """The time a level took, from a clock that starts at 0 again when training is resumed."""
    ends = [now for now, later in itertools.pairwise(clock) if later < now]
    return sum(ends) + (clock[-1] if clock else 0.0)


def read_evaluation(name: str, path: Path) -> Evaluation:
    """Reads the means that `python -m pynet_bokeh evaluate` wrote."""
    content = read_json(path)
    try:
        means = content["mean"]
        return Evaluation(
            name=name,
            psnr=float(means["output"]["psnr"]),
            ssim=float(means["output"]["ssim"]),
            input_psnr=float(means["input"]["psnr"]),
            input_ssim=float(means["input"]["ssim"]),
            pictures=len(content["pictures"]) if "pictures" in content else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not what evaluate writes ({type(error).__name__}: {error})") from error


def read_artifacts(paths: Sequence[Path]) -> list[Artifact]:
    """The .tflite files given, or in the folders given, with their sidecars."""
    artifacts = []
    for path in tflite_files.find(paths):
        models.check(path)
        artifacts.append(Artifact(path, path.stat().st_size, sidecar.read(path)))
    return artifacts


def pair_pictures(pictures: Path | None, originals: Path | None) -> list[Pair]:
    """Rendered photos with the originals of the same stem, by name.

    Rendered pictures without an original are left out, unless none has one, which is a UserError.
    """
    if pictures is None and originals is not None:
        raise UserError("--originals: needs --pictures DIR, the same photos rendered")
    if pictures is None:
        return []
    if originals is None:
        raise UserError("--pictures: needs --originals DIR, the photos before rendering")
    before = {path.stem: path for path in picture_files(originals)}
    rendered = picture_files(pictures)
    pairs = [Pair(path.stem, before[path.stem], path) for path in rendered if path.stem in before]
    if not pairs:
        raise UserError(
            f"{pictures}: none of its pictures has an original of the same name in {originals}; "
            f"found {rendered[0].name} there and {next(iter(before.values())).name} here"
        )
    return pairs
