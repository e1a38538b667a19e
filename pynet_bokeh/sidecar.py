"""What export wrote beside a .tflite: `NAME.json`, which says what the file is and how it was verified."""

import hashlib
from pathlib import Path

from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json


def read(model: Path) -> dict:
    """The sidecar of `model`; empty where there is none. Raises UserError for what is no sidecar."""
    path = Path(model).with_suffix(".json")
    content = read_json(path) if path.is_file() else {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: a sidecar is a JSON object; received a {type(content).__name__}")
    return content


def failure(content: dict) -> str | None:
    """What was missed when the model of this sidecar was verified, in one line; None where all limits were kept."""
    verification = content.get("verification")
    failures = verification.get("failures") if isinstance(verification, dict) else None
    if not failures:
        return None
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return f"failed its verification: {failures[0]}{more}"


def warning(model: Path) -> str | None:
    """One line about a model that failed its verification, or is not the file that was verified; None for others and
    for what has no readable sidecar, which no one needs to run a model."""
    try:
        content = read(model)
    except UserError:
        return None
    reason = failure(content)
    if "sha256" in content and content["sha256"] != hashlib.sha256(Path(model).read_bytes()).hexdigest():
        reason = f"is not the file that {Path(model).with_suffix('.json').name} describes (its SHA-256 differs)"
    return f"warning: {model}: {reason}" if reason else None
