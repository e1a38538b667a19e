"""Training one level of a run, and a whole run level by level."""

import shutil

import numpy as np
import tf_keras

from pynet_bokeh import images, levels, losses, weights
from pynet_bokeh.data import pipeline
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr, ssim
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT, Network
from pynet_bokeh.training import loop
from pynet_bokeh.training.journal import Journal
from pynet_bokeh.training.run import Run

SAMPLES = 4
SSIM_SIDE = 11


def train(run: Run, *, vgg_weights: str | None = None) -> None:
    """Trains every level that is not finished, coarsest first."""
    for level in levels.LEVELS:
        if not run.is_finished(level):
            train_level(run, level, vgg_weights=vgg_weights)


def train_level(run: Run, level: int, *, vgg_weights: str | None = None) -> None:
    """Trains one level to its end and writes its weights.

    What it starts from, in this order: its own newest checkpoint; else the finished weights of the next coarser level;
    else, for the coarsest, the initialisers. A finished level is left alone.

    Raises UserError when the coarser level is not finished, naming the file that is missing.
    """
    if run.is_finished(level):
        print(f"level {level}: finished already ({run.weights(level)})")
        return
    coarser = level + 1 if level < levels.COARSEST else None
    if coarser and not run.is_finished(coarser):
        raise UserError(
            f"level {level} starts from level {coarser} of the same run; {run.weights(coarser)} is missing "
            f"(make train-level N={coarser} RUN={run.folder})"
        )
    recipe = run.recipe
    if level not in recipe.level:
        raise UserError(f"recipe {recipe.name}: [level.{level}] is missing")
    schedule = recipe.level[level]

    network = registry.build(recipe.network, recipe.network_config)
    model = network.model(level)
    if coarser:
        weights.load(network.variables(level), run.weights(coarser))
    training, validation = open_data(run, network)
    folder = run.level_folder(level)
    picture_size = levels.size(recipe.data.crop, level)
    loop.fit(
        model,
        losses.weighted(schedule.losses, picture_size=picture_size, vgg_weights=vgg_weights),
        lambda start_step: training_batches(run, network, training, level, start_step, schedule.steps, schedule.batch),
        schedule=schedule,
        folder=folder,
        label=f"level {level}",
        validate=Validation(model, validation_examples(run, network, validation, level), folder),
    )
    weights.save(network.variables(level), run.weights(level))
    shutil.rmtree(folder / "checkpoints")  # the optimiser's state, of no use to a finished level


def open_data(run: Run, network: Network):
    """The run's training and validation sources."""
    data = run.recipe.data
    return run.data.open(extra=network.extra, scene_size=data.scene_size, scene_count=data.validation_count)


def training_batches(run: Run, network: Network, source, level: int, start_step: int, steps: int, batch: int):
    """The run's training batches for `level`, from `start_step` to `steps`."""
    data = run.recipe.data
    return pipeline.training_data(
        source,
        crop=data.crop,
        batch=batch,
        input_scale=network.input_scale,
        level=level,
        augment=data.augment,
        seed=run.recipe.seed * 10 + level,
        start_step=start_step,
        steps=steps,
        extra_dropout=data.extra_dropout,
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
    )


class Validation:
    """PSNR and SSIM over fixed pictures, beside those of the unchanged input, and sample pictures."""

    def __init__(self, model: tf_keras.Model, examples: list, folder):
        self._model = model
        self._examples = examples
        self._folder = folder / "samples"

    def __call__(self, journal: Journal, step: int) -> None:
        """Scores the model as it is now and writes the figures and `samples/step_N.png`."""
        scores, strips = [], []
        for inputs, target in self._examples:
            batch = {name: value[None] for name, value in inputs.items()}
            output = np.clip(self._model(batch, training=False)[OUTPUT][0].numpy(), 0.0, 1.0)
            unchanged = images.resize(inputs["image"], target.shape[:2])
            scores.append(_scores("validation", output, target) | _scores("input", unchanged, target))
            if len(strips) < SAMPLES:
                strips.append(np.concatenate([unchanged, output, target], axis=1))
        sheet = np.concatenate(strips)
        means = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
        journal.write(step, **means)
        journal.write_picture(step, "input | output | target", sheet)
        images.write_image(self._folder / f"step_{step:06d}.png", images.to_uint8(sheet))


def _scores(name: str, picture, target) -> dict[str, float]:
    scores = {f"{name}_psnr": psnr(picture, target)}
    if min(target.shape[:2]) >= SSIM_SIDE:
        scores[f"{name}_ssim"] = ssim(picture, target)
    return scores
