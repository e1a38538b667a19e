"""What is known of the models to measure without running them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.samples import Signature, TensorFacts
from pynet_bokeh import files, sidecar, tflite_files
from pynet_bokeh.errors import UserError
from pynet_bokeh.tflite_files import SUFFIX


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


def check(path: Path) -> None:
    """Raises UserError unless `path` looks like a TensorFlow Lite model from the outside."""
    if path.suffix.lower() != SUFFIX:
        raise UserError(f"{path}: a {SUFFIX} file is wanted; received {path.suffix or 'a file without a suffix'}")
    tflite_files.check(path)


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
        sha256=files.sha256(path),
        network=_text(described.get("network")),
        quantization=_text(described.get("quantization")),
        inputs=signature.inputs,
        outputs=signature.outputs,
    )


def _text(value) -> str | None:
    """A sidecar's network or quantization is a name, or an object that has one."""
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else None
