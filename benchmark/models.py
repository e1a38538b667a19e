"""Finding the models to measure, and what is known of them without running them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.samples import Signature, TensorFacts
from pynet_bokeh import sidecar
from pynet_bokeh.errors import UserError

SUFFIX = ".tflite"


@dataclass(frozen=True)
class ModelFacts:
    """A model that was measured. `name` is unique in its results; network and quantization are the sidecar's."""

    name: str
    path: str
    bytes: int
    sha256: str
    network: str | None
    quantization: str | None
    inputs: list[TensorFacts]
    outputs: list[TensorFacts]


def find(arguments: Sequence[Path]) -> list[Path]:
    """The models named by files and folders, in the order given, a folder's by name, none twice.

    A missing path and a folder without models raise UserError; files are taken as they are, `check` judges them.
    """
    found: dict[Path, Path] = {}
    for argument in arguments:
        if argument.is_dir():
            inside = sorted(argument.glob(f"*{SUFFIX}"))
            if not inside:
                raise UserError(f"{argument}: no {SUFFIX} file in this folder")
        elif argument.exists():
            inside = [argument]
        else:
            raise UserError(f"{argument}: no such file or folder")
        for path in inside:
            found.setdefault(path.resolve(), path)
    return list(found.values())


def check(path: Path) -> None:
    """Raises UserError unless `path` looks like a TensorFlow Lite model from the outside."""
    from pynet_bokeh.runtime import check_file  # with numpy, which --help does without

    if path.suffix.lower() != SUFFIX:
        raise UserError(f"{path}: a {SUFFIX} file is wanted; received {path.suffix or 'a file without a suffix'}")
    check_file(path)


def names(paths: Sequence[Path]) -> list[str]:
    """Short unique names: the stem, with as many folders before it as it takes to tell two models apart."""
    parts = [path.resolve().with_suffix("").parts for path in paths]
    unique = []
    for own in parts:
        others = [other for other in parts if other is not own]
        length = 1
        while length < len(own) and any(other[-length:] == own[-length:] for other in others):
            length += 1
        unique.append("/".join(own[-length:]))
    return unique


def facts(path: Path, *, name: str, signature: Signature) -> ModelFacts:
    """Reads the file's size and hash and its sidecar, if there is one."""
    described = sidecar.read(path)
    return ModelFacts(
        name=name,
        path=str(path),
        bytes=path.stat().st_size,
        sha256=digest(path),
        network=_text(described.get("network")),
        quantization=_text(described.get("quantization")),
        inputs=signature.inputs,
        outputs=signature.outputs,
    )


def digest(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _text(value) -> str | None:
    """A sidecar's network or quantization is a name, or an object that has one."""
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else None
