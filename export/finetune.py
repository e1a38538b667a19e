"""Quantization-aware fine-tuning of a run, by the run's own data and losses and the one training loop."""

import dataclasses
import json
import shutil
from pathlib import Path

import tf_keras

from export import artifact, quantize
from export.recipes import QatSchedule
from pynet_bokeh import files, levels, losses, weights
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import Network
from pynet_bokeh.training import level as training
from pynet_bokeh.training import loop
from pynet_bokeh.training.run import Run

CROPS = ("crop", "validation_crop")


def finetune(
    run: Run,
    network: Network,
    model: tf_keras.Model,
    level: int,
    schedule: QatSchedule,
    *,
    vgg_weights: str | None = None,
) -> Path:
    """Calibrates and fine-tunes the fake-quantized network of a level; returns the file of its weights.

    The result is kept in `RUN/levelN/qat/` and taken from there when neither the float weights, the schedule, the
    losses nor the pictures have changed since; an interrupted fine-tuning goes on.

    Args:
      network, model: the run's network at any size, with its float weights.
    """
    run, schedule = _affordable(run, level, schedule)
    folder = run.level_folder(level) / "qat"
    stored = folder / "weights.npz"
    origin = {
        "weights_sha256": artifact.sha256(run.weights(level)),
        "schedule": dataclasses.asdict(schedule),
        "losses": run.recipe.level[level].losses,
        "pictures": {**dataclasses.asdict(run.recipe.data), **run.data.as_dict()},
    }
    origin = json.loads(json.dumps(origin))  # as it is read back
    if folder.exists() and (
        not (folder / "origin.json").is_file() or files.read_json(folder / "origin.json") != origin
    ):
        shutil.rmtree(folder)
    quantized = quantize.quantize(model)
    if not stored.is_file():
        files.write_json(folder / "origin.json", origin)
        _train(run, network, model, quantized, level, schedule, folder, vgg_weights)
        weights.save(quantize.named_variables(quantized), stored)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return stored


def _affordable(run: Run, level: int, schedule: QatSchedule) -> tuple[Run, QatSchedule]:
    """The run and the schedule with pictures and batches as small as the smaller of both wants them: what the recipe
    needs days on a large GPU for, the ranges don't need."""
    data = run.recipe.data
    crops = {name: tuple(min(side, schedule.crop) for side in getattr(data, name)) for name in CROPS}
    registry.check_size(run.recipe.network, crops["crop"], what=f"crops for --qat-crop {schedule.crop}")
    recipe = dataclasses.replace(run.recipe, data=dataclasses.replace(data, **crops))
    batch = min(schedule.batch, recipe.level[level].batch)
    return dataclasses.replace(run, recipe=recipe), dataclasses.replace(schedule, batch=batch)


def _train(run, network, model, quantized, level, schedule, folder, vgg_weights) -> None:
    source, validation = training.open_data(run, network)

    def batches(start_step, steps):
        return training.training_batches(run, network, source, level, start_step, steps, schedule.batch)

    calibration = (inputs for inputs, _ in batches(0, schedule.calibration_batches))
    quantize.calibrate(quantized, model, calibration)
    own = run.recipe.level[level]
    if schedule.steps:
        every = max(1, schedule.steps // 4)
        loop.fit(
            quantized,
            losses.weighted(own.losses, picture_size=levels.size(run.recipe.data.crop, level), vgg_weights=vgg_weights),
            lambda start_step: batches(start_step, schedule.steps),
            schedule=dataclasses.replace(
                own,
                steps=schedule.steps,
                batch=schedule.batch,
                learning_rate=schedule.learning_rate,
                schedule="cosine",
                warmup=0,
                log_every=min(own.log_every, every),
                validate_every=every,
                checkpoint_every=every,
            ),
            folder=folder,
            label=f"QAT level {level}",
            validate=training.Validation(
                quantized, training.validation_examples(run, network, validation, level), folder
            ),
        )
    quantize.pin_inputs(quantized)
