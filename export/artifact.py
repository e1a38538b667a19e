"""An artifact: a .tflite and, beside it, a .json that says what it is."""

import hashlib
import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from pynet_bokeh import files

FORMAT = 2
METHOD = 4  # of finding ranges and rounding to them; another one makes all that is kept of it out of date
LIBRARIES = ("tensorflow", "tf-keras", "ai-edge-litert", "numpy")


def sidecar_path(model: Path) -> Path:
    """`x.tflite` -> `x.json`."""
    return Path(model).with_suffix(".json")


def failed_path(model: Path) -> Path:
    """`x.tflite` -> `x_failed.tflite`: what a file is called that missed a threshold and was written all the same."""
    return Path(model).with_stem(f"{Path(model).stem}_failed")


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
    """Writes both files whole, or neither. An older artifact of the name goes when both lie there under other names:
    a .tflite never has another one's sidecar, and a full disk leaves the older one as it was.

    Raises UserError when the folder can't be written or the disk is full.
    """
    sidecar = {
        "format": FORMAT,
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **sidecar,
        "git_revision": git_revision(),
        "versions": versions(),
    }
    with files.whole_file(sidecar_path(path)) as description, files.whole_file(path) as temporary:
        temporary.write_bytes(content)
        description.write_text(json.dumps(sidecar, indent=2, allow_nan=False) + "\n")
        remove(path)
