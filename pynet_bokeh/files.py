"""Writing files whole or not at all."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pynet_bokeh.errors import UserError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary name beside `path`, renamed to it on success and removed on failure.

    The temporary name keeps the suffix, which image encoders go by. Raises UserError when the folder can't be written
    or the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror})") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error
    finally:
        temporary.unlink(missing_ok=True)


def link(existing: Path, path: Path) -> None:
    """Gives a file a second name, new ones' folder included; a copy where the file system has no hard links."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(existing, path)
    except OSError:
        shutil.copyfile(existing, path)


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def write_json(path: Path, content) -> None:
    """Writes `content` as indented JSON, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_json(path: Path):
    """Reads JSON; raises UserError that names the file when it is missing or broken."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable JSON file ({error})") from error


def refuse_overwriting(path: Path, *, force: bool) -> None:
    """Raises UserError when `path` exists and `force` is not given."""
    if Path(path).exists() and not force:
        raise UserError(f"{path}: exists already; give another name or --force")


def check_output(path: Path, *, force: bool) -> None:
    """Raises UserError when a file can't be written there, or must not: before the work whose result it will hold.

    It is a folder, or exists and `force` is not given, or lies below a file, or where nothing may be written.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; the name of a file is wanted")
    refuse_overwriting(path, force=force)
    if reason := _obstacle(path.parent):
        raise UserError(f"{path}: can't be written ({reason})")


def check_output_folder(folder: Path) -> None:
    """The same for a folder that files will be written into, made when it is missing."""
    if reason := _obstacle(Path(folder)):
        raise UserError(f"{folder}: can't be written into ({reason})")


def _obstacle(folder: Path) -> str | None:
    """Why nothing can be written in `folder`, which needn't be there yet; None when it can."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(one))
    if not there.is_dir():
        return f"{there} is not a folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"no permission to write in {there}"
