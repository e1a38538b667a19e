"""Weights by name: a .npz with one array per variable (`level5_block2_k3_conv1/kernel`)."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from pynet_bokeh.errors import UserError
from pynet_bokeh.files import whole_file


def variable_name(variable) -> str:
    """The speaking name of a Keras variable, without TensorFlow's output number."""
    return variable.name.partition(":")[0]


def _by_name(variables: Iterable | Mapping) -> Mapping:
    if isinstance(variables, Mapping):
        return variables
    return {variable_name(variable): variable for variable in variables}


def save(variables: Iterable | Mapping, path: Path) -> None:
    """Writes variables, by their own names or by those of a mapping, whole or not at all."""
    arrays = {name: variable.numpy() for name, variable in _by_name(variables).items()}
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def load(variables: Iterable | Mapping, path: Path, *, others: Iterable = ()) -> list[str]:
    """Assigns the file's arrays to the variables of the same name; returns the names that the file does not have.

    Args:
      others: variables that the file may hold beside; they are left alone.

    Raises UserError when the file can't be read, has an array that no variable wants, one of another shape, or one of
    anything but finite floats; then no variable has changed.
    """
    by_name = _by_name(variables)
    passed_over = _by_name(others).keys() - by_name.keys()
    try:
        # NpzFile and not np.load, which takes what else numpy can write for a .npz too.
        with Path(path).open("rb") as file, np.lib.npyio.NpzFile(file) as content:
            arrays = {name: content[name] for name in content.files if name not in passed_over}
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a readable weights file ({error})") from error
    for name, array in arrays.items():
        if name not in by_name:
            raise UserError(f"{path}: holds {name}, which this network does not have")
        if array.shape != tuple(by_name[name].shape):
            raise UserError(f"{path}: {name} should be {tuple(by_name[name].shape)}; received {array.shape}")
        if array.dtype.kind != "f":
            raise UserError(f"{path}: {name} should hold floats; received {array.dtype}")
        if not np.isfinite(array).all():
            raise UserError(f"{path}: {name} holds numbers that are not finite")
    for name, array in arrays.items():
        by_name[name].assign(array)
    return [name for name in by_name if name not in arrays]
