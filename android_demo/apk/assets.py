"""The model in the app's assets: put there, and checked before it is packed."""

import json
from pathlib import Path

from android_demo.apk import layout
from pynet_bokeh import files, tflite_files
from pynet_bokeh.errors import UserError
from pynet_bokeh.sidecar import failure

FORMAT = 2  # of export/artifact.py


def put(model: Path, folder: Path = layout.ASSETS, *, force: bool = False) -> Path:
    """Copies an exported .tflite and the sidecar beside it into the assets, in place of what was there.

    Args:
      force: take a model that failed its verification, too.

    Returns where the model is now. Raises UserError, and changes nothing, when either is missing, they don't belong
    together, the model failed its verification, or the folder can't be written.
    """
    model = Path(model)
    sidecar, placed = model.with_suffix(".json"), folder / layout.SIDECAR
    check(model, sidecar)
    reason = failure(files.read_json(sidecar))
    if reason and not force:
        raise UserError(f"{model}: {reason}; FORCE=1 (--force) puts it into the app all the same")
    with files.whole_file(placed) as new_sidecar, files.whole_file(folder / layout.MODEL) as new_model:
        new_model.write_bytes(model.read_bytes())
        new_sidecar.write_bytes(sidecar.read_bytes())
        placed.unlink(missing_ok=True)  # a model never has another one's sidecar
    return folder / layout.MODEL


def check_folder(folder: Path = layout.ASSETS) -> tuple[Path, Path]:
    """The model and the sidecar in the assets; raises UserError when they are missing or wrong."""
    model, sidecar = folder / layout.MODEL, folder / layout.SIDECAR
    if not model.is_file():
        raise UserError(f"{model}: no model in the assets; make android-assets puts one there")
    check(model, sidecar)
    return model, sidecar


def check(model: Path, sidecar: Path) -> None:
    """Raises UserError unless `model` is a .tflite that `sidecar` describes."""
    tflite_files.check(model)
    described = files.read_json(sidecar)
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        raise UserError(f"{sidecar}: a sidecar of format {FORMAT}, as `export` writes it, is wanted")
    missing = [key for key in ("sha256", "inputs", "output", "picture_size", "input_scale") if key not in described]
    if missing:
        raise UserError(f"{sidecar}: not a sidecar; {', '.join(missing)} is missing")
    if described["picture_size"] is None:
        raise tflite_files.of_any_size(model)
    if described["sha256"] != files.sha256(model):
        raise UserError(f"{sidecar}: describes another file than {model}; their SHA-256 differ")


def described(sidecar: Path) -> str:
    """One line that says which model it is."""
    content = json.loads(sidecar.read_text())
    size = content["picture_size"]
    return f"{content.get('network')} {content.get('quantization')} {size['width']}x{size['height']}"
