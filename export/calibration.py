"""The scales of a run's integer graphs, from real pictures at the exported size; worked out once for all recipes."""

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import tf_keras

from export import artifact, equalize
from export.observing import observe
from export.ranges import Means, Ranges, settled
from export.recipes import Calibration
from pynet_bokeh import files
from pynet_bokeh.data import pipeline
from pynet_bokeh.data.source import Example, Source
from pynet_bokeh.models.network import STRENGTH, Network
from pynet_bokeh.trained import load_model
from pynet_bokeh.training import level as training
from pynet_bokeh.training.run import Run


def at_size(run: Run, picture_size: tuple[int, int]) -> Run:
    """The run with built-in scenes of that size: enlarged ones have no fine detail, whose ranges are the widest."""
    return dataclasses.replace(
        run, recipe=dataclasses.replace(run.recipe, data=dataclasses.replace(run.recipe.data, scene_size=picture_size))
    )


def pictures(run: Run, network: Network, level: int, picture_size: tuple[int, int], wanted: Calibration) -> Iterator:
    """Inputs by name, [1,h,w,C] in [0,1]: centre crops of training pictures, evenly spread; then some of them again as
    through a lens wide open, which no crop as small as those of training may have shown."""
    source, _ = training.open_data(at_size(run, picture_size), network)
    read: list[Shown] = []
    examples = pipeline.validation_examples(
        _Noted(source, read),
        count=min(wanted.pictures, len(source)),
        crop=picture_size,
        input_scale=network.input_scale,
        level=level,
        strength=network.takes_strength,
    )
    for line in shortcomings(read, picture_size, network.extra, wanted.pictures):
        print(f"calibration: {line}", file=sys.stderr)
    batches = [{name: np.asarray(value, np.float32)[None] for name, value in inputs.items()} for inputs, _ in examples]
    yield from batches
    if network.takes_strength:
        count = min(wanted.wide_open, len(batches))
        for number in range(count):
            inputs = batches[number * len(batches) // count]
            yield {**inputs, STRENGTH: np.ones((1, 1, 1, 1), np.float32)}


@dataclasses.dataclass(frozen=True)
class Shown:
    """A training picture that was calibrated on: its name and size, and whether it has a fourth channel."""

    name: str
    height: int
    width: int
    mapped: bool


class _Noted:
    """A source that puts down in `read` what was read of it, without the pixels: 24 photos can be gigabytes."""

    def __init__(self, source: Source, read: list[Shown]):
        self._source, self._read, self.extra = source, read, getattr(source, "extra", None)

    def __len__(self) -> int:
        return len(self._source)

    def read(self, index: int) -> Example:
        example = self._source.read(index)
        height, width = example.image.shape[:2]
        self._read.append(Shown(example.name, height, width, mapped=example.extra is not None))
        return example


def shortcomings(read: Sequence[Shown], picture_size: tuple[int, int], extra: str | None, wanted: int) -> Iterator[str]:
    """Why ranges from these pictures may not fit others: a line each.

    Args:
      read: what was calibrated on.
      picture_size: (height, width) to which they are cropped, or enlarged.
      extra: of the network.
      wanted: how many pictures.
    """
    if read and len(read) < wanted:
        yield f"{len(read)} training pictures instead of {wanted}: the run has no more"
    high, wide = picture_size
    if small := [one for one in read if one.height < high or one.width < wide]:
        yield (
            f"{len(small)} of {len(read)} pictures are smaller than {wide}x{high} and were enlarged "
            f"({small[0].name} is {small[0].width}x{small[0].height}): they lack the fine detail, whose ranges are the "
            "widest"
        )
    if extra and (without := [one for one in read if not one.mapped]):
        yield f"{len(without)} of {len(read)} pictures have no {extra} map; it counts as unknown there"


@dataclasses.dataclass(frozen=True)
class Calibrated:
    """What `calibrated` finds.

    Attributes:
      scales: by which the network is equalized; none where it is not.
      ranges, means: of the network thus equalized.
    """

    scales: equalize.Scales
    ranges: Ranges
    means: Means


def calibrated(
    run: Run, network: Network, level: int, picture_size: tuple[int, int], wanted: Calibration, activations: str
) -> Calibrated:
    """What a run's level is quantized by; kept in `RUN/levelN/calibration/` until weights, pictures or `wanted` change.

    For int8 activations it is equalized. 16 bits have steps to spare: there equalizing would only make kernels uneven
    (4 dB, pynet_mobile).
    """
    origin = {
        "method": artifact.METHOD,
        "weights_sha256": files.sha256(run.weights(level)),
        "data": run.data.as_dict(),
        "scene_size": picture_size,
        "calibration": dataclasses.asdict(wanted),
    }
    origin = json.loads(json.dumps(origin))  # as it is read back
    path = run.level_folder(level) / "calibration" / f"{picture_size[1]}x{picture_size[0]}.json"
    if not (path.is_file() and files.read_json(path)["origin"] == origin):
        _, model = load_model(run, level, picture_size=picture_size, batch=1)
        shown = list(pictures(run, network, level, picture_size, wanted))
        found = {kind: dataclasses.asdict(one) for kind, one in _both(model, shown).items()}
        files.write_json(path, {"origin": origin, **found})
    kept = Calibrated(**files.read_json(path)[activations])
    return dataclasses.replace(kept, ranges={name: tuple(pair) for name, pair in kept.ranges.items()})


def _both(model: tf_keras.Model, shown: list) -> dict[str, Calibrated]:
    """For int16 and int8 activations; equalizes `model`."""
    seen = observe(model, shown)
    found = {"int16": Calibrated({}, *settled(model, seen))}
    scales = equalize.scales(model, seen)
    equalize.apply(model, scales)
    seen = {name: one.divided(np.array(scales.get(name, 1.0))) for name, one in seen.items()}
    return {**found, "int8": Calibrated(scales, *settled(model, seen))}
