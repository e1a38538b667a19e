"""The scalars of the steps since the journal's last record, whose means will be the next one."""

import math
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from pynet_bokeh.files import read_json, write_json

SUFFIX = ".window.json"


class Window:
    """Scalars by name, one value a step.

    It is kept beside the checkpoint that it goes with, so that the first means of a training that goes on are over as
    many steps as the others.
    """

    def __init__(self):
        self._values: dict[str, list] = {}

    def add(self, scalars: Mapping) -> None:
        """Takes in one step's scalars, tensors as they are: reading them would wait for the device."""
        for name, value in scalars.items():
            self._values.setdefault(name, []).append(value)

    def clear(self) -> None:
        self._values = {}

    def means(self) -> dict[str, float]:
        """The mean of each scalar."""
        return {name: float(tf.reduce_mean(values)) for name, values in self._values.items()}

    def not_finite(self) -> tuple[str, int] | None:
        """The name of the first scalar that is infinite or no number, and how many steps ago; None when there is
        none."""
        for name, values in self._values.items():
            for place, value in enumerate(values):
                if not math.isfinite(float(value)):
                    return name, len(values) - 1 - place
        return None

    def save(self, checkpoint: str) -> None:
        """Writes what is gathered beside `checkpoint`; where nothing is, no file stays there."""
        path = Path(checkpoint + SUFFIX)
        if self._values:
            write_json(path, {name: [float(value) for value in values] for name, values in self._values.items()})
        else:
            path.unlink(missing_ok=True)

    def load(self, checkpoint: str) -> None:
        """Takes what was gathered when `checkpoint` was saved."""
        path = Path(checkpoint + SUFFIX)
        self._values = read_json(path) if path.is_file() else {}


def prune(folder: Path, checkpoints: list[str]) -> None:
    """Removes the windows in `folder` whose checkpoint is not one of `checkpoints` any more."""
    for path in folder.glob(f"*{SUFFIX}"):
        if str(path).removesuffix(SUFFIX) not in checkpoints:
            path.unlink()
