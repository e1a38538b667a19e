"""Training one level of a run, and a whole run level by level."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from pynet_bokeh import images, levels, losses, weights
from pynet_bokeh.data import pipeline
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import SSIM_WINDOW, psnr, ssim
from pynet_bokeh.models import patch_gan, registry
from pynet_bokeh.models.network import OUTPUT, SUBJECT, Network
from pynet_bokeh.training import loop, randomness
from pynet_bokeh.training.adversarial import Adversarial
from pynet_bokeh.training.journal import Journal, summary
from pynet_bokeh.training.recipe import LevelRecipe, Recipe
from pynet_bokeh.training.run import Run, open_run

SAMPLES = 4
HIGHEST_PSNR = 100.0  # of equal pictures, where it is infinite
FIRST_STAGE = "first_stage"


def train(run: Run, *, vgg_weights: str | None = None) -> None:
    """Trains every level of the recipe that the network has and that is not finished, coarsest first.

    Of a run that starts from another, those which that has, and finer ones: shipped weights have level 1 alone.
    """
    _check_crops(run.recipe)
    network = registry.build(run.recipe.network, run.recipe.network_config)
    wanted = [level for level in levels.LEVELS if level in network.pictures and level in run.recipe.level]
    if not wanted:
        raise UserError(f"recipe {run.recipe.name}: [level.{levels.FINEST}] is missing")
    if run.start_from:
        known = [level for level in wanted if open_run(run.start_from).is_finished(level)]
        wanted = [level for level in wanted if level <= max(known, default=levels.COARSEST)]
    missing = [level for level in wanted if not run.is_finished(level)]
    if not missing:
        print(f"{run.folder}: every level is finished already")
    for level in missing:  # a mistake in the last level's recipe must not wait until the others are trained
        size = levels.size(run.recipe.data.crop, level)
        objective(run.recipe.level[level], picture_size=size, vgg_weights=vgg_weights)
    for level in missing:
        if not run.is_finished(level):
            train_level(run, level, vgg_weights=vgg_weights)


def train_level(run: Run, level: int, *, vgg_weights: str | None = None) -> None:
    """Trains one level to its end and writes its weights.

    What it starts from, in this order: its own newest checkpoint; else the finished weights of the next coarser level
    of the run; else those of the same level in the run that this one is to start from; else, for the coarsest level of
    the network, the initialisers. A finished level is left alone.

    Raises UserError when there is nothing to start from, naming the file that is missing, and for pictures that can't
    be taken. The run is saved when all of that is there: a mistake leaves no run behind, and none changed.
    """
    if run.is_finished(level):
        print(f"level {level}: finished already ({run.weights(level)})")
        return
    recipe = run.recipe
    if level not in recipe.level:
        raise UserError(f"recipe {recipe.name}: [level.{level}] is missing")
    schedule = recipe.level[level]
    _check_crops(recipe)
    with randomness.seeded(recipe.seed):
        network = registry.build(recipe.network, recipe.network_config)
        discriminators = patch_gan.build() if recipe.adversarial and level == levels.FINEST else None
    start = starting_weights(run, network, level)
    model = _model(network, level, schedule)
    if start:
        absent = weights.load(network.variables(level), start, others=network.variables(levels.FINEST))
        own = {weights.variable_name(variable) for variable in network.variables(level)}
        if level + 1 in network.pictures:
            own -= {weights.variable_name(variable) for variable in network.variables(level + 1)}
        if lost := sorted(set(absent) - own):
            raise UserError(f"{start}: lacks {lost[0]}")
    training, validation = open_data(run, network)
    if network.extra and training.read(0).extra is None:
        print(f"level {level}: {training.describe()}; {network.extra} counts as unknown there", file=sys.stderr)
    folder = run.level_folder(level)
    loss = objective(schedule, picture_size=levels.size(recipe.data.crop, level), vgg_weights=vgg_weights)
    pictures = schedule.batch  # a step
    if discriminators:
        adversarial = recipe.adversarial
        pictures *= adversarial.discriminator_steps
        stepper = Adversarial(model, discriminators, loss, schedule=schedule, recipe=adversarial, seed=recipe.seed)
    else:
        stepper = loop.Descent(model, loss, schedule)
    validate = Validation(model, validation_examples(run, network, validation, level), folder)
    run.save()
    loop.run(
        stepper,
        lambda start_step: training_batches(
            run, network, training, level, start_step, schedule.steps, pictures, subject=SUBJECT in model.output
        ),
        schedule=schedule,
        folder=folder,
        label=f"level {level}",
        validate=validate,
    )
    weights.save(network.variables(level), run.weights(level))
    print(f"level {level}: {summary(folder)} ({run.weights(level)})")
    shutil.rmtree(folder / "checkpoints")  # the optimiser's state, of no use to a finished level


def _check_crops(recipe: Recipe) -> None:
    data = recipe.data
    for name in ("crop", "validation_crop"):
        registry.check_size(recipe.network, getattr(data, name), what=f"recipe {recipe.name}: data.{name}")
    for factor in data.crop_scales:
        crop = pipeline.scaled(data.crop, factor)
        registry.check_size(recipe.network, crop, what=f"recipe {recipe.name}: data.crop_scales {factor:g}")


def starting_weights(run: Run, network: Network, level: int) -> Path | None:
    """The file that a level starts from, by the order that train_level gives; None for its checkpoint or the
    initialisers."""
    if tf.train.latest_checkpoint(str(run.level_folder(level) / "checkpoints")):
        return None
    coarser = level + 1 if level + 1 in network.pictures else None
    if coarser and run.is_finished(coarser):
        return run.weights(coarser)
    if run.start_from:
        other = open_run(run.start_from)
        if not other.is_finished(level):
            known = ", ".join(str(one) for one in network.pictures if other.is_finished(one))
            raise UserError(
                f"--start-from {other.folder}: {other.weights(level)} is missing; it has "
                + (f"level {known}" if known else "no finished level")
            )
        print(f"level {level}: starts from {other.weights(level)}")
        return other.weights(level)
    if coarser:
        way_out = (
            f"make train-level N={coarser} RUN={run.folder}"
            if coarser in run.recipe.level
            else f"recipe {run.recipe.name} does not train it; --start-from RUN takes the level from a finished run"
        )
        raise UserError(
            f"level {level} starts from level {coarser} of the same run; {run.weights(coarser)} is missing ({way_out})"
        )
    return None


def _model(network: Network, level: int, schedule: LevelRecipe) -> tf_keras.Model:
    """The graph to the picture of `level`, and to whatever else is trained at it."""
    if schedule.first_stage_losses and not network.stages:
        raise UserError(f"level.{level}.first_stage_losses: {network.name} has no first stage; {{}} is wanted")
    if schedule.subject_loss and not (network.subjects and network.extra == "focus"):
        raise UserError(f"level.{level}.subject_loss: {network.name} does not look for a subject; 0 is wanted")
    wanted = {"stages": bool(schedule.first_stage_losses), "subject": bool(schedule.subject_loss)}
    return network.staged_model(level, **wanted) if any(wanted.values()) else network.model(level)


def objective(schedule: LevelRecipe, *, picture_size: tuple[int, int], vgg_weights: str | None = None) -> Callable:
    """The level's losses of everything the network draws: `loss(target, outputs) -> (total, {name: value})`.

    The losses of the first stage's picture are added up, weighted, under `first_stage`; `subject` is the cross-entropy,
    `inside` the absolute difference within the subject.
    """
    final = losses.weighted(schedule.losses, picture_size=picture_size, vgg_weights=vgg_weights)
    first = None
    if schedule.first_stage_losses:
        first = losses.weighted(schedule.first_stage_losses, picture_size=picture_size, vgg_weights=vgg_weights)

    def loss(target, outputs):
        picture = losses.picture_of(target)
        total, parts = final(picture, outputs[OUTPUT])
        if first:
            first_total, _ = first(picture, outputs[FIRST_STAGE])
            total, parts = total + first_total, {**parts, FIRST_STAGE: first_total}
        if SUBJECT in outputs:
            missed = losses.cross_entropy(target[SUBJECT], outputs[SUBJECT], weight=schedule.subject_weight)
            total, parts = total + schedule.subject_loss * missed, {**parts, SUBJECT: missed}
            if schedule.subject_weight > 1:
                inside = losses.l1_inside(picture, outputs[OUTPUT], target[SUBJECT])
                total, parts = total + (schedule.subject_weight - 1) * inside, {**parts, "inside": inside}
        return total, parts

    return loss


def open_data(run: Run, network: Network):
    """The run's training and validation sources."""
    data = run.recipe.data
    return run.data.open(
        extra=network.extra,
        scene_size=data.scene_size,
        scene_count=data.validation_count,
        vary=network.takes_strength,
    )


def training_batches(
    run: Run, network: Network, source, level: int, start_step: int, steps: int, batch: int, *, subject: bool = False
):
    """The run's training batches for `level`, from `start_step` to `steps`; `subject` as in pipeline.training_data."""
    data = run.recipe.data
    return pipeline.training_data(
        source,
        crop=data.crop,
        crop_scales=data.crop_scales,
        batch=batch,
        input_scale=network.input_scale,
        level=level,
        augment=data.augment,
        seed=run.recipe.seed * 10 + level,
        start_step=start_step,
        steps=steps,
        extra_dropout=data.extra_dropout,
        strength=network.takes_strength,
        strength_jitter=data.strength_jitter,
        subject=subject,
    )


def validation_examples(run: Run, network: Network, source, level: int) -> list:
    """The run's fixed validation crops for `level`, as (inputs, target) arrays."""
    data = run.recipe.data
    return pipeline.validation_examples(
        source,
        count=min(data.validation_count, len(source)),
        crop=data.validation_crop,
        input_scale=network.input_scale,
        level=level,
        strength=network.takes_strength,
    )


class Validation:
    """PSNR and SSIM over fixed pictures, beside those of the unchanged input, and sample pictures."""

    def __init__(self, model: tf_keras.Model, examples: list, folder):
        self._model = model
        self._examples = examples
        self._folder = folder

    def __call__(self, journal: Journal, step: int) -> None:
        """Scores the model as it is now and writes the figures and a sheet of pictures."""
        scores, strips = [], []
        for inputs, target in self._examples:
            batch = {name: value[None] for name, value in inputs.items()}
            output = self._model(batch, training=False)[OUTPUT][0].numpy()
            if not np.isfinite(output).all():
                raise UserError(f"{self._folder}: the rendered picture is not finite at step {step}")
            output = np.clip(output, 0.0, 1.0)
            unchanged = images.resize(inputs["image"], target.shape[:2])
            scores.append(_scores("validation", output, target) | _scores("input", unchanged, target))
            if len(strips) < SAMPLES:
                strips.append(np.concatenate([unchanged, output, target], axis=1))
        sheet = np.concatenate(strips)
        means = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
        journal.write(step, **means)
        journal.write_picture(step, "input | output | target", sheet)


def _scores(name: str, picture, target) -> dict[str, float]:
    scores = {f"{name}_psnr": min(psnr(picture, target), HIGHEST_PSNR)}
    if min(target.shape[:2]) >= SSIM_WINDOW:
        scores[f"{name}_ssim"] = ssim(picture, target)
    return scores
