"""Runs a .tflite on stored inputs, in a process of its own: `python -m export.raw_worker --help`.

The same program runs on this machine's CPU, on a GPU and, emulated, on ARM64, so that what differs is the arithmetic
alone. It needs LiteRT and numpy.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pynet_bokeh import cli
from pynet_bokeh.gpu_runtime import open_on_gpu
from pynet_bokeh.runtime import open_interpreter

WHERE = ("xnnpack", "builtin", "gpu", "gpu_f32")
COMPILED = "compiled"


def save(path: Path, pictures: Sequence[dict[str, np.ndarray]]) -> None:
    """Writes tensors by name, of several pictures, to a .npz."""
    np.savez(path, **{f"{number}/{name}": value for number, one in enumerate(pictures) for name, value in one.items()})


def load(path: Path) -> list[dict[str, np.ndarray]]:
    """Reads what save wrote."""
    pictures: dict[int, dict] = {}
    with np.load(path) as file:
        for key in file.files:
            number, _, name = key.partition("/")
            pictures.setdefault(int(number), {})[name] = file[key]
    return [pictures[number] for number in sorted(pictures)]


def run(model: Path, pictures: Sequence[dict[str, np.ndarray]], where: str) -> list[dict[str, np.ndarray]]:
    """The outputs by name as they are stored, for inputs as they are stored."""
    if where.startswith("gpu"):
        runner = open_on_gpu(model, enforce_f32=where == "gpu_f32")
    else:
        interpreter = open_interpreter(model, threads=1, xnnpack=where == "xnnpack")
        signature = interpreter.get_signature_runner()

        def runner(values):
            return signature(**values)

    print(COMPILED, flush=True)
    return [{name: np.array(value) for name, value in runner(one).items()} for one in pictures]


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m export.raw_worker", description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("inputs", type=Path, help="a .npz of `save`")
    parser.add_argument("outputs", type=Path, help="the .npz to write")
    parser.add_argument("--where", choices=WHERE, default="xnnpack")

    def command(arguments) -> int:
        save(arguments.outputs, run(arguments.model, load(arguments.inputs), arguments.where))
        return 0

    return cli.run(command, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
