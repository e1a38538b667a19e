"""A model by the words a user names it with: a .tflite, a run's folder, the name of shipped weights, or a network's
name with a weights file."""

from collections.abc import Mapping
from pathlib import Path

from pynet_bokeh import cli, files, shipped, sidecar
from pynet_bokeh.data.settings import DataSettings
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import Predictor, TflitePredictor


def open_predictor(model: str, *, weights: str | None = None, threads: int | None = None) -> Predictor:
    """Opens `model` for rendering; tensorflow is imported only when it is not a .tflite.

    Raises UserError that says what is allowed when it is none of these, and for `weights` or `threads` that the model
    has no use for.
    """
    file = model.endswith(".tflite")
    if weights and (file or (Path(model) / "recipe.json").is_file()):
        raise UserError(f"--weights: for a network's name; {model} has its own")
    if file:
        return TflitePredictor(Path(model), threads=threads)
    if threads is not None:
        raise UserError(f"--threads: for a .tflite; received --model {model}")
    in_the_box = not weights and not Path(model).is_dir()
    if in_the_box and model not in shipped.names():
        raise UserError(
            f"--model: a .tflite, a run's folder, {', '.join(shipped.names())}, or a network's name with "
            f"--weights FILE.npz is allowed; received {model!r}"
        )
    cli.import_tensorflow()
    from pynet_bokeh import trained  # 4 s

    if in_the_box:
        found = shipped.find(model)
        return trained.network_predictor(found.network, found.weights, config=found.network_config, name=found.name)
    return trained.network_predictor(model, weights) if weights else trained.run_predictor(model)


def pictures_of(model: str, given: Mapping) -> DataSettings:
    """The pictures that `model` was not trained on: its own run's settings, with those that the user gave.

    A run keeps them, a .tflite's sidecar carries them; other models, random weights among them, have the built-in
    scenes. Raises UserError for a run or sidecar that says something else.
    """
    path, known = Path(model), {}
    described = path / "recipe.json" if path.is_dir() else path.with_suffix(".json")
    try:
        if path.is_dir():
            known = files.read_json(described).get("data", {})
        elif model.endswith(".tflite"):
            known = (sidecar.read(path).get("origin") or {}).get("data", {})
            if "folders" in known:  # relative to the sidecar
                known = {**known, "folders": [str(path.parent / folder) for folder in known["folders"]]}
        return DataSettings(**{**known, **given})
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{described}: does not say by which pictures the model was made ({error})") from error
