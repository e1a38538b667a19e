"""A run in, a verified artifact out."""

import dataclasses
import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tf_keras

from export import artifact, contents, equalize, steepest, verify
from export.calibration import calibrated
from export.convert import convert, float_graph, float_layers
from export.finetune import best_step, finetune
from export.origin import planned
from export.photo_inputs import photo_inputs
from export.ranges import Means, Ranges
from export.recipes import QuantizationRecipe, recipe_named
from pynet_bokeh import files, levels, weights
from pynet_bokeh.data import pipeline
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import cost
from pynet_bokeh.models.network import OUTPUT, STRENGTH, Network
from pynet_bokeh.trained import load_model
from pynet_bokeh.training import level as training
from pynet_bokeh.training.run import Run, open_run

VALIDATION_PICTURES = 8
OPEN_SIZES = ((256, 384), (384, 256))  # equally many pixels, so that the pictures weigh the same


class VerificationFailed(Exception):
    """The artifact does not draw what the float network draws. Nothing was written, or with `force` under a name that
    says so."""


def export(
    folder: Path | str,
    *,
    quantization: str | QuantizationRecipe = "qat_int8",
    picture_size: tuple[int, int] | None = (1024, 1024),
    level: int = levels.FINEST,
    out: Path | None = None,
    force: bool = False,
    vgg_weights: str | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Exports a run's level as a .tflite and returns its path.

    Args:
      folder: the run.
      quantization: a recipe, or the name of one in export.recipes.
      picture_size: (height, width) of the level-1 picture the model is made for; None makes one for all sizes that the
        network takes, which XNNPACK runs in several parts, and which is calibrated at the first of `OPEN_SIZES` and
        verified at all of them.
      out: folder of the artifact; `RUN/export` by default.
      force: overwrite another artifact of that name; write one that fails, too, as `NAME_failed.tflite`.

    An artifact that was made from the same weights in the same way is left alone.

    Raises UserError for bad input, for another artifact of that name and a full disk, and VerificationFailed when a
    threshold is missed; without `force` nothing is written then.
    """
    run = open_run(folder)
    recipe = recipe_named(quantization) if isinstance(quantization, str) else quantization
    network, model = load_model(run, level, picture_size=picture_size or (None, None), batch=1)
    plan = planned(run.folder, recipe, level, picture_size, Path(out or run.folder / "export"))
    path, origin = plan.path, plan.origin
    if plan.up_to_date:
        report(f"{path}: up to date")
        return path
    plan.refuse_replacing(force=force)
    float_layers(model, recipe.keep_float)  # a layer that is not there is told before minutes of calibration

    final, ranges, means = prepared(
        run, network, model, recipe, level, picture_size, vgg_weights=vgg_weights, report=report
    )
    report(f"{path.name}: converting")
    content = convert(final, recipe, ranges, means)
    report(f"{path.name}: verifying")
    sizes = (picture_size,) if picture_size else OPEN_SIZES
    groups = [_cases(run.folder, origin["weights_sha256"], level, size) for size in sizes]
    cases = [case for group in zip(*groups, strict=True) for case in group]
    figures = _verify(content, recipe, cases)
    sidecar = _sidecar(network, model, recipe, level, picture_size, origin, figures)
    if recipe.finetune:
        sidecar["finetuned"] = best_step(_tuning_folder(run, recipe, level, picture_size))
    if figures["failures"]:
        artifact.remove(path)  # one of that name was made from other weights: it must not pass for this one
        outcome = "nothing was written"
        if force:
            artifact.write(artifact.failed_path(path), content, sidecar)
            outcome = f"written as {artifact.failed_path(path)}"
        fall = _fall(content, final, recipe, figures, cases) if picture_size else None
        reason = f"{figures['failures'][0]} ({fall})" if fall else figures["failures"][0]
        raise VerificationFailed(f"{path.name}: {reason}; {outcome}")
    artifact.write(path, content, sidecar)
    artifact.remove(artifact.failed_path(path))
    report(f"{path}: {len(content) / 1e6:.2f} MB, {summary(figures)}")
    for line in _without_effect(recipe, sidecar):
        report(f"{path.name}: {line}")
    return path


def prepared(
    run: Run,
    network: Network,
    model: tf_keras.Model,
    recipe: QuantizationRecipe,
    level: int,
    picture_size: tuple[int, int] | None,
    *,
    vgg_weights: str | None = None,
    report: Callable[[str], None] = print,
) -> tuple[tf_keras.Model, Ranges | None, Means | None]:
    """What `convert` takes: the run's network at `picture_size`, for int8 equalized, and fine-tuned if the recipe
    wants it; its ranges, and the means to correct biases by.

    Args:
      model: the float network of that size.
      picture_size: None for any.
    """
    if not recipe.integer:
        return model, None, None
    nodes = float_graph(model, recipe).nodes  # before the pictures: it refuses what can't be kept float
    report(f"{recipe.name}: calibrating")
    size = picture_size or OPEN_SIZES[0]
    found = calibrated(run, network, level, size, recipe.calibration, recipe.activations)
    # The float network stays for comparison.
    _, final = load_model(run, level, picture_size=picture_size or (None, None), batch=1)
    if not recipe.finetune:
        equalize.apply(final, found.scales)
        return final, found.ranges, found.means
    stored = finetune(
        run,
        network,
        level,
        recipe.finetune,
        found,
        size,
        folder=_tuning_folder(run, recipe, level, picture_size),
        floats=float_layers(model, recipe.keep_float)
        | {node.layer for node in nodes if node.operator in recipe.keep_float.operators},
        rounded=frozenset(node.layer for node in nodes),
        vgg_weights=vgg_weights,
    )
    weights.load(final.variables, stored)
    return final, found.ranges, None


def _tuning_folder(run: Run, recipe: QuantizationRecipe, level: int, picture_size: tuple[int, int] | None) -> Path:
    height, width = picture_size or OPEN_SIZES[0]
    return run.level_folder(level) / f"{recipe.name}_{width}x{height}"


def _without_effect(recipe: QuantizationRecipe, sidecar: dict) -> Iterator[str]:
    """What the recipe asked for and the file has not, a line each."""
    if contents.unchanged(sidecar["types"], recipe.weights):
        stored = ", ".join(sidecar["types"]["weights"])
        yield (
            f"{recipe.name} changed nothing: the converter stored no weights as {recipe.weights}, all are {stored}"
            + ("" if recipe.integer else "; it leaves small ones as they are")
        )
    if recipe.finetune and recipe.finetune.steps and not sidecar["finetuned"]:
        yield "fine-tuning found nothing better than calibration, whose weights these are"


def summary(figures: dict) -> str:
    """Verification figures in one line; what was lost is positive."""
    xnnpack = figures["kernels"]["xnnpack"]
    text = (
        f"{xnnpack['psnr']:.1f} dB to the float network on {xnnpack['pictures']} pictures "
        f"(lowest {xnnpack['min_psnr']:.1f})"
    )
    if "target" in figures:
        text += f", {figures['target']['drop']:+.3f} dB lost against the targets"
    return text


@functools.lru_cache(maxsize=len(OPEN_SIZES))
def _cases(folder: Path, weights_sha256: str, level: int, picture_size: tuple[int, int]) -> list[verify.Case]:
    """verification_cases of a run, drawn once for all recipes; the weights are named to tell others apart."""
    run = open_run(folder)
    network, model = load_model(run, level, picture_size=picture_size, batch=1)
    return verification_cases(run, network, model, level, picture_size)


def verification_cases(
    run: Run, network: Network, model: tf_keras.Model, level: int, picture_size: tuple[int, int]
) -> list[verify.Case]:
    """Held-out pictures with targets, and the bundled photos, with the float network's rendering of each."""
    _, validation = training.open_data(run, network)
    examples = [
        (f"validation {number}", inputs, target)
        for number, (inputs, target) in enumerate(
            pipeline.validation_examples(
                validation,
                count=min(VALIDATION_PICTURES, len(validation)),
                crop=picture_size,
                input_scale=network.input_scale,
                level=level,
                strength=network.takes_strength,
            )
        )
    ]
    input_size = tuple(side // network.input_scale for side in picture_size)
    options = {"extra": network.extra, "takes_strength": network.takes_strength, "picture_size": picture_size}
    examples += [(name, inputs, None) for name, inputs in photo_inputs(input_size, **options)]

    cases = []
    for name, inputs, target in examples:
        reference = model({key: value[None] for key, value in inputs.items()}, training=False)[OUTPUT][0].numpy()
        extra = inputs[network.extra][..., 0] if network.extra else None
        strength = float(inputs[STRENGTH][0, 0, 0]) if network.takes_strength else None
        cases.append(verify.Case(name, inputs["image"], extra, strength, np.clip(reference, 0.0, 1.0), target))
    return cases


def _verify(content: bytes, recipe: QuantizationRecipe, cases: Sequence[verify.Case]) -> dict:
    """Verifies in a process without tensorflow, whose delegates don't get along with LiteRT's."""
    with tempfile.TemporaryDirectory() as folder:
        model, pictures, result = (Path(folder) / name for name in ("model.tflite", "cases.npz", "result.json"))
        try:
            model.write_bytes(content)
            verify.save_cases(pictures, cases)
        except OSError as error:
            raise UserError(f"{folder}: can't be written ({error.strerror or error})") from error
        settings = json.dumps(dataclasses.asdict(recipe))
        command = [sys.executable, "-m", "export.verify", str(model), str(pictures), settings, str(result)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last_line = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise UserError(f"{recipe.name}: verification could not run ({last_line.removeprefix('error: ')})")
        return files.read_json(result)


def _fall(
    content: bytes, final: tf_keras.Model, recipe: QuantizationRecipe, figures: dict, cases: Sequence[verify.Case]
) -> steepest.Fall | None:
    """The layer in which most is lost of the picture that came out worst."""
    worst = figures["kernels"]["xnnpack"]["min_psnr_picture"]
    graph = float_graph(final, recipe_named("fp32"))
    return steepest.of_file(content, graph, [one for one in cases if one.name == worst], integer=recipe.integer)


def _sidecar(network, model, recipe, level, picture_size, origin, figures) -> dict:
    """What the file is, by `sidecar_schema.json`; artifact.write adds the file's own facts and the libraries'."""
    tensors = figures.pop("tensors")
    return {
        "network": network.name,
        "network_config": dataclasses.asdict(network.config),
        "level": level,
        "quantization": recipe.name,
        "picture_size": picture_size and {"height": picture_size[0], "width": picture_size[1]},
        "input_scale": network.input_scale,
        "inputs": tensors["inputs"],
        "output": tensors["outputs"],
        "value_range": [0.0, 1.0],
        "parameters": model.count_params(),
        "macs": cost.model_macs(model) if picture_size else None,
        "largest_tensors": figures.pop("largest_tensors"),
        "types": figures.pop("types"),
        "origin": origin,
        "verification": figures,
    }
