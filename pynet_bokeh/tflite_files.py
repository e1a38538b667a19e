"""Files that hold a .tflite: which ones a user names, and whether one passes for it from the outside."""

from collections.abc import Iterable
from pathlib import Path

from pynet_bokeh.errors import UserError

SUFFIX = ".tflite"
IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every .tflite flatbuffer


def find(named: Iterable[Path]) -> list[Path]:
    """The models named by files and folders, in the order given, a folder's by name, none twice.

    A missing path and a folder without models raise UserError; files are taken as they are, `check` judges them.
    """
    found: dict[Path, Path] = {}
    for path in map(Path, named):
        if path.is_dir():
            inside = sorted(path.glob(f"*{SUFFIX}"))
            if not inside:
                raise UserError(f"{path}: no {SUFFIX} file in this folder")
        elif path.exists():
            inside = [path]
        else:
            raise UserError(f"{path}: no such file or folder")
        for one in inside:
            found.setdefault(one.resolve(), one)
    return list(found.values())


def check(path: Path) -> None:
    """Raises UserError that names the file when it is missing or not a .tflite; one may still be `damaged`."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror})") from error
    if head[4:] != IDENTIFIER:
        raise UserError(f"{path}: not a .tflite file (its identifier {IDENTIFIER.decode()} is missing)")


def of_any_size(path: Path) -> UserError:
    """The error for a file whose picture may have any size, where one size must be known."""
    return UserError(f"{path}: a model with a fixed picture size is wanted; this one takes any")


def damaged(path: Path) -> UserError:
    """The error for a file that begins as a .tflite and does not go on as one, whoever finds it."""
    return UserError(f"{path}: a damaged {SUFFIX} file; was it copied whole?")
