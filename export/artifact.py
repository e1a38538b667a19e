"""An artifact: a .tflite and, beside it, a .json that says what it is."""

import hashlib
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from pynet_bokeh import files

FORMAT = 1
LIBRARIES = ("tensorflow", "tf-keras", "ai-edge-litert", "numpy")


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def sidecar_path(model: Path) -> Path:
    """`x.tflite` -> `x.json`."""
    return Path(model).with_suffix(".json")


def git_revision() -> str | None:
    """The project's revision, with `-dirty` where files were changed; None outside a checkout."""
    here = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()


def versions() -> dict[str, str]:
    """The libraries that made the artifact."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}}


def remove(path: Path) -> None:
    """Removes an artifact, the .tflite first."""
    path.unlink(missing_ok=True)
    sidecar_path(path).unlink(missing_ok=True)


def write(path: Path, content: bytes, sidecar: dict) -> None:
    """Writes both files whole. An older artifact of the name goes first: a .tflite never has another one's sidecar."""
    remove(path)
    sidecar = {
        "format": FORMAT,
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **sidecar,
        "git_revision": git_revision(),
        "versions": versions(),
    }
    with files.whole_file(path) as temporary:
        temporary.write_bytes(content)
        files.write_json(sidecar_path(path), sidecar)
