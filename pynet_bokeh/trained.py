"""A trained run as a predictor, for rendering and evaluation with Keras."""

from pathlib import Path

import numpy as np
import tf_keras

from pynet_bokeh import levels, weights
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT, STRENGTH, SUBJECT, Network
from pynet_bokeh.training.run import Run, open_run


def load_model(run: Run, level: int = levels.FINEST, *, picture_size=(None, None), batch: int | None = None):
    """The run's network up to `level` with its weights, as (Network, tf_keras.Model).

    Raises UserError when the network has no such level, or it is not finished.
    """
    network = registry.build(run.recipe.network, run.recipe.network_config, picture_size=picture_size, batch=batch)
    model = network.model(level)
    if not run.is_finished(level):
        raise UserError(
            f"{run.weights(level)}: missing, level {level} is not trained yet (make train RUN={run.folder})"
        )
    missing = weights.load(network.variables(level), run.weights(level), others=network.variables(levels.FINEST))
    if missing:
        raise UserError(f"{run.weights(level)}: lacks {missing[0]}")
    return network, model


class KerasPredictor:
    """Renders with a Keras model; see runtime.Predictor for the interface.

    Any size that is a multiple of `size_multiple` is taken.
    """

    input_size = None

    def __init__(self, name: str, network: Network, model: tf_keras.Model):
        self.name = name
        self.size_multiple = registry.module_of(network.name).SIZE_MULTIPLE
        self.input_scale = network.input_scale
        self.extra = network.extra
        self.takes_strength = network.takes_strength
        self.finds_focus = levels.FINEST in network.subjects
        self._network, self._model = network, model

    def __call__(self, image: np.ndarray, extra: np.ndarray | None = None, strength: float | None = None) -> np.ndarray:
        """Renders [h,w,3] (and the fourth channel [h,w], and the strength) in [0,1] to [H,W,3] in [0,1]."""
        output = self._model(self._inputs(image, extra, strength), training=False)[OUTPUT][0].numpy()
        if not np.isfinite(output).all():
            raise UserError(f"{self.name}: gives numbers that are not finite")
        return np.clip(output, 0.0, 1.0)

    def find_focus(
        self, image: np.ndarray, extra: np.ndarray | None = None, strength: float | None = None
    ) -> np.ndarray:
        """What the network takes for being in focus: float32 [h,w] in [0,1] at the size at which it decides that."""
        finder = self._network.staged_model(subject=True)
        return finder(self._inputs(image, extra, strength), training=False)[SUBJECT][0].numpy().mean(axis=-1)

    def _inputs(self, image, extra, strength) -> dict[str, np.ndarray]:
        inputs = {"image": image[None].astype(np.float32)}
        if self.extra:
            inputs[self.extra] = extra[None, ..., None].astype(np.float32)
        if self.takes_strength:
            inputs[STRENGTH] = np.full((1, 1, 1, 1), strength, np.float32)
        return inputs


def run_predictor(folder: Path | str) -> KerasPredictor:
    """The full-resolution level of a finished run."""
    return KerasPredictor(str(folder), *load_model(open_run(folder)))


def network_predictor(
    network_name: str, file: Path | str, *, config: dict | None = None, name: str | None = None
) -> KerasPredictor:
    """A network with weights from a .npz, in its own configuration or in `config`; `name` is what reports call it."""
    network = registry.build(network_name, config)
    missing = weights.load(network.variables(levels.FINEST), Path(file))
    if missing:
        raise UserError(f"{file}: lacks {missing[0]}, which {network_name} needs")
    return KerasPredictor(name or network_name, network, network.model())
