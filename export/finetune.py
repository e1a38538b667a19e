"""Quantization-aware fine-tuning of a run, by the run's own data and losses and the one training loop."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from export import artifact, equalize, quantize
from export.calibration import Calibrated, at_size
from export.recipes import FLOAT, QatSchedule
from export.verify import joint_psnr
from pynet_bokeh import files, levels, losses, weights
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT, Network
from pynet_bokeh.trained import load_model
from pynet_bokeh.training import level as training
from pynet_bokeh.training import loop
from pynet_bokeh.training.journal import Journal
from pynet_bokeh.training.run import Run


def finetune(
    run: Run,
    network: Network,
    level: int,
    schedule: QatSchedule,
    calibration: Calibrated,
    picture_size: tuple[int, int],
    *,
    folder: Path,
    floats: frozenset[str] = frozenset(),
    rounded: frozenset[str] | None = None,
    vgg_weights: str | None = None,
) -> Path:
    """Fine-tunes a level for its calibrated 8-bit graph; returns the file of its weights.

    The result is kept in `folder` and taken from there when neither the float weights, the schedule, the losses, the
    pictures nor the ranges have changed since; an interrupted fine-tuning goes on.

    Args:
      network: the run's.
      calibration: of the float network at the exported size; the simulation keeps to its ranges.
      picture_size: that size, (height, width).
      floats: layers that stay float.
      rounded: those whose output the .tflite has a tensor of, see quantize.simulate.
    """
    run, schedule = _adapted(run, level, schedule, picture_size)
    stored = folder / "weights.npz"
    origin = {
        "method": artifact.METHOD,
        "weights_sha256": files.sha256(run.weights(level)),
        "schedule": dataclasses.asdict(schedule),
        "losses": run.recipe.level[level].losses,
        "pictures": {**dataclasses.asdict(run.recipe.data), **run.data.as_dict()},
        "ranges": calibration.ranges,
        "floats": sorted(floats),
        "rounded": rounded and sorted(rounded),
    }
    origin = json.loads(json.dumps(origin))  # as it is read back
    kept = folder / "origin.json"
    if folder.exists() and not (kept.is_file() and files.read_json(kept) == origin):
        shutil.rmtree(folder)
    if not stored.is_file():
        files.write_json(kept, origin)
        _train(run, network, level, schedule, calibration, floats, rounded, folder, vgg_weights)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return stored


def best_step(folder: Path) -> int:
    """The step that the weights in `folder`, of a finished `finetune`, were taken from; 0 are those of calibration."""
    return files.read_json(folder / _Best.FILE)["step"]


def _adapted(run: Run, level: int, schedule: QatSchedule, picture_size: tuple[int, int]) -> tuple[Run, QatSchedule]:
    """The run with crops of the exported size, but none longer than the schedule's, and the schedule with batches no
    larger than the run's.

    Fine-tuned on its training's crops of 512×512, pynet_mobile became worse at 1024×1024 than calibrated alone. The
    lens is told as it is: what a network doesn't count on was learnt before.
    """
    crop = tuple(min(side, schedule.crop) for side in picture_size)
    registry.check_size(run.recipe.network, crop, what=f"crops for finetune.crop {schedule.crop}")
    square = crop[0] == crop[1]
    augment = tuple(name for name in run.recipe.data.augment if square or name != "rot90")
    data = dataclasses.replace(
        run.recipe.data, crop=crop, validation_crop=crop, crop_scales=(1.0,), augment=augment, strength_jitter=0.0
    )
    recipe = dataclasses.replace(run.recipe, data=data)
    batch = min(schedule.batch, recipe.level[level].batch)
    return at_size(dataclasses.replace(run, recipe=recipe), crop), dataclasses.replace(schedule, batch=batch)


def _train(
    run, network, level, schedule: QatSchedule, calibration: Calibrated, floats, rounded, folder: Path, vgg_weights
) -> None:
    _, model = load_model(run, level)  # of any size; its variables are trained through the simulation
    equalize.apply(model, calibration.scales)
    quantize.assign_biases(model, quantize.corrected_biases(model, calibration.means, floats=floats))
    quantized = quantize.simulate(model, calibration.ranges, floats=floats, rounded=rounded)
    source, held_out = training.open_data(run, network)
    _, drawing = load_model(run, level)
    aim = _Aim(drawing) if schedule.aim == FLOAT else None
    examples = training.validation_examples(run, network, held_out, level)
    best = _Best(quantized, model, aim.of_examples(examples) if aim else examples, folder)
    if not (folder / best.FILE).is_file():
        best.keep(0, best.score())  # calibrated alone: fine-tuning that makes it worse is not taken
    own = run.recipe.level[level]

    def batches(start_step):
        found = training.training_batches(run, network, source, level, start_step, schedule.steps, schedule.batch)
        return aim.of_batches(found) if aim else found

    if schedule.steps:
        loop.fit(
            quantized,
            losses.weighted(own.losses, picture_size=levels.size(run.recipe.data.crop, level), vgg_weights=vgg_weights),
            batches,
            schedule=dataclasses.replace(
                own,
                steps=schedule.steps,
                batch=schedule.batch,
                learning_rate=schedule.learning_rate,
                schedule="cosine",
                warmup=schedule.warmup,
                log_every=min(own.log_every, schedule.validate_every),
                validate_every=schedule.validate_every,
                checkpoint_every=schedule.validate_every,
            ),
            folder=folder,
            label=f"QAT level {level}",
            validate=best,
        )
    (folder / best.WEIGHTS).replace(folder / "weights.npz")


class _Aim:
    """The float network's pictures in the place of the targets."""

    def __init__(self, network: tf_keras.Model):
        self._draw = tf.function(lambda inputs: network(inputs, training=False)[OUTPUT])

    def of_batches(self, batches):
        for inputs, _ in batches:
            yield inputs, self._draw(inputs)

    def of_examples(self, examples: list) -> list:
        return [
            (inputs, self._draw({name: tf.constant(value[None]) for name, value in inputs.items()})[0].numpy())
            for inputs, _ in examples
        ]


class _Best:
    """Validates, and keeps the weights that came nearest to the aim, by the PSNR of all pictures together."""

    FILE, WEIGHTS = "best.json", "best.npz"

    def __init__(self, quantized: tf_keras.Model, model: tf_keras.Model, examples: list, folder: Path):
        self._model, self._examples, self._folder = model, examples, folder
        self._draw = tf.function(lambda inputs: quantized(inputs, training=False)[OUTPUT])

    def __call__(self, journal: Journal, step: int) -> None:
        score = self.score()
        journal.write(step, validation_psnr=score)
        if score > files.read_json(self._folder / self.FILE)["validation_psnr"]:
            self.keep(step, score)

    def score(self) -> float:
        """Decibels of all validation crops together. Raises UserError where a picture is not finite."""
        scores = []
        for inputs, target in self._examples:
            output = self._draw({name: tf.constant(value[None]) for name, value in inputs.items()})[0].numpy()
            if not np.isfinite(output).all():
                raise UserError(f"{self._folder}: the rounded network's picture is not finite")
            scores.append(psnr(np.clip(output, 0.0, 1.0), target))
        return joint_psnr(scores)

    def keep(self, step: int, score: float) -> None:
        """Writes the weights down as the best so far."""
        weights.save(self._model.variables, self._folder / self.WEIGHTS)
        files.write_json(self._folder / self.FILE, {"step": step, "validation_psnr": score})
