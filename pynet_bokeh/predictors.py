"""A model by the words a user names it with: a .tflite, a run's folder, or a network's name with a weights file."""

from pathlib import Path

from pynet_bokeh import cli
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import Predictor, TflitePredictor


def open_predictor(model: str, *, weights: str | None = None, threads: int | None = None) -> Predictor:
    """Opens `model` for rendering; tensorflow is imported only when it is not a .tflite.

    Raises UserError that says what is allowed when it is none of the three.
    """
    if model.endswith(".tflite"):
        return TflitePredictor(Path(model), threads=threads)
    if not weights and not Path(model).is_dir():
        raise UserError(
            f"--model: a .tflite, a run's folder, or a network's name with --weights FILE.npz is allowed; "
            f"received {model!r}"
        )
    cli.import_tensorflow()
    from pynet_bokeh import trained  # 4 s

    return trained.network_predictor(model, weights) if weights else trained.run_predictor(model)
