"""The published networks' variables, and the weights and outputs of reference/ (README there)."""

import csv
import dataclasses
from pathlib import Path

import numpy as np

REFERENCE = Path(__file__).parent / "reference"
GAIN = {"pynet_bokeh": 1.0, "double_vnet": 1.3, "glass_net": 1.3}


@dataclasses.dataclass(frozen=True)
class Variable:
    """One line of a published table."""

    index: int
    name: str
    shape: tuple[int, ...]
    kind: str


def variables(network: str) -> list[Variable]:
    """The table of `network` (pynet_bokeh, double_vnet, glass_net), in order of creation."""
    rows = csv.DictReader((REFERENCE / f"{network}_variables.csv").read_text().splitlines())
    return [
        Variable(int(row["index"]), row["name"], tuple(int(side) for side in row["shape"].split("x")), row["kind"])
        for row in rows
    ]


def values(network: str) -> list[np.ndarray]:
    """The weights the reference outputs were made with, in order of creation."""
    return [_value(variable, GAIN[network]) for variable in variables(network)]


def _value(variable: Variable, gain: float) -> np.ndarray:
    shape = variable.shape
    z = np.random.default_rng([11, variable.index]).standard_normal(shape)
    if variable.kind == "kernel":
        z *= gain / np.sqrt(np.prod(shape[:-1]))
    elif variable.kind == "transpose_kernel":
        z *= gain / np.sqrt(shape[0] * shape[1] * shape[3] / 4)
    elif variable.kind == "scale":
        z = 1 + 0.1 * z
    else:
        z *= 0.1
    return z.astype(np.float32)


def assign(network, name: str) -> None:
    """Gives a built network the reference weights; fails where number, order or shapes differ from the table."""
    own = [variable for layer in network.layers for variable in layer.weights]
    for variable, row, value in zip(own, variables(name), values(name), strict=True):
        assert tuple(variable.shape) == row.shape, (variable.name, row)
        variable.assign(value)


def outputs(network: str):
    """`input` and the outputs of the published network with the reference weights."""
    return np.load(REFERENCE / f"{network}_seed11.npz")
