"""One measurement of training, in a process of its own: `python -m benchmark.training_worker --help`.

The real thing runs: `training.train_level` on a run in a temporary folder, timed by its own journal. Prints one JSON
object on standard output. Errors are one line on standard error, exit code 2.
"""

import argparse
import contextlib
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from benchmark.records import from_json, to_json
from benchmark.training_samples import (
    WARM_UP_STEPS,
    PipelineSample,
    RecipeFacts,
    TrainingCase,
    TrainingSample,
    scene_size,
)
from benchmark.worker import peak_resident_mb
from pynet_bokeh import cli
from pynet_bokeh.errors import UserError


def describe(case: TrainingCase) -> RecipeFacts:
    """What the case's recipe trains."""
    from pynet_bokeh.models import registry
    from pynet_bokeh.training import recipe

    own = recipe.load(case.recipe, case.changes)
    network = registry.build(own.network, own.network_config)
    levels = sorted(set(own.level) & set(network.pictures), reverse=True)
    return RecipeFacts(
        network=own.network,
        extra=network.extra,
        levels=levels,
        vgg_levels=[level for level in levels if _takes_vgg(own.level[level])],
        scene_size=list(own.data.scene_size),
        tensorflow=metadata.version("tensorflow"),
    )


def train(case: TrainingCase, folder: Path, *, steps: int, vgg_weights: str | None = None) -> TrainingSample:
    """Trains a level for `steps` steps after the warm-up, in `folder`, from untrained weights."""
    baseline = peak_resident_mb()
    from pynet_bokeh import vgg, weights
    from pynet_bokeh.models import registry
    from pynet_bokeh.training import journal, level

    run, own_batch = _run(case, folder, steps=WARM_UP_STEPS + steps)
    network = registry.build(run.recipe.network, run.recipe.network_config)
    coarser = case.level + 1
    if coarser in network.pictures:
        weights.save(network.variables(coarser), run.weights(coarser))
    if _takes_vgg(run.recipe.level[case.level]) and vgg_weights is None:
        vgg_weights = str(folder / "vgg19.weights.h5")
        vgg.write_untrained(vgg_weights)
    del network
    with contextlib.redirect_stdout(sys.stderr):  # its last line; this process answers on standard output
        level.train_level(run, case.level, vgg_weights=vgg_weights)
    records = [record for record in journal.read(run.level_folder(case.level)) if "seconds" in record]
    schedule, adversarial = run.recipe.level[case.level], run.recipe.adversarial
    times = [_differences([record[name] for record in records]) for name in ("seconds", "waited")]
    return TrainingSample(
        network=run.recipe.network,
        crop=list(run.recipe.data.crop),
        batch=schedule.batch,
        own_batch=own_batch,
        pictures=schedule.batch * (adversarial.discriminator_steps if adversarial and case.level == 1 else 1),
        first_s=records[0]["seconds"],
        step_s=times[0][WARM_UP_STEPS - 1 :],
        waited_s=times[1][WARM_UP_STEPS - 1 :],
        baseline_mb=baseline,
        peak_mb=peak_resident_mb(),
    )


def read(case: TrainingCase, folder: Path, *, batches: int) -> PipelineSample:
    """Takes `batches` batches of a level's pictures, after those that were made ahead, and does nothing with them."""
    from pynet_bokeh.models import registry
    from pynet_bokeh.training import level

    run, _ = _run(case, folder, steps=WARM_UP_STEPS + batches)
    network = registry.build(run.recipe.network, run.recipe.network_config)
    schedule = run.recipe.level[case.level]
    source, _ = level.open_data(run, network)
    data = iter(level.training_batches(run, network, source, case.level, 0, schedule.steps, schedule.batch))
    for _ in itertools.islice(data, WARM_UP_STEPS):
        pass
    before = time.perf_counter()
    count = sum(1 for _ in data)
    return PipelineSample(
        crop=list(run.recipe.data.crop),
        batch=schedule.batch,
        pictures=count * schedule.batch,
        seconds=time.perf_counter() - before,
        peak_mb=peak_resident_mb(),
    )


def _takes_vgg(schedule) -> bool:
    return "vgg" in (*schedule.losses, *schedule.first_stage_losses)


def _run(case: TrainingCase, folder: Path, *, steps: int):
    """A run of the case and the batch size of its recipe. One picture is validated, at the end; nothing is saved
    before."""
    from pynet_bokeh.training import recipe
    from pynet_bokeh.training.run import open_or_create

    own = recipe.load(case.recipe, case.changes)
    if case.level not in own.level:
        raise UserError(f"recipe {case.recipe}: [level.{case.level}] is missing; {sorted(own.level)} are there")
    crop = case.crop or list(own.data.crop)
    changes = [*case.changes, f"data.crop={crop}", f"data.validation_crop={crop}", "data.validation_count=1"]
    changes += ["data.crop_scales=[1]"]  # one size, so that every step has as many pictures
    changes += [f"data.scene_size={list(scene_size(crop))}"] if case.crop else []
    changes += [f"level.{case.level}.batch={case.batch}"] if case.batch else []
    often = {"steps": steps, "log_every": 1, "validate_every": steps, "checkpoint_every": steps}
    changes += [f"level.{case.level}.{name}={value}" for name, value in often.items()]
    data = {"folders": (case.folder,)} if case.folder else {}
    return open_or_create(folder / "run", recipe.load(case.recipe, changes), data), own.level[case.level].batch


def _differences(values: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(values)]


def _measure(arguments: argparse.Namespace) -> int:
    case = from_json(TrainingCase, json.loads(arguments.case), where="case: ")
    cli.import_tensorflow()
    with tempfile.TemporaryDirectory(prefix="pynet_bokeh_training_") as folder:
        if arguments.what == "describe":
            record = describe(case)
        elif arguments.what == "train":
            record = train(case, Path(folder), steps=arguments.steps, vgg_weights=arguments.vgg_weights)
        else:
            record = read(case, Path(folder), batches=arguments.steps)
    print(json.dumps(to_json(record)))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m benchmark.training_worker", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("describe", "train", "pipeline"))
    parser.add_argument("case", help="benchmark.training_samples.TrainingCase as JSON")
    parser.add_argument("--steps", type=cli.positive, default=10, metavar="N", help="timed steps, or batches")
    parser.add_argument("--vgg-weights", metavar="FILE", help="default: weights drawn at random")
    return cli.run(_measure, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
