"""What all commands share: one-line errors, exit codes, no abbreviated options."""

import argparse
import errno
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from pynet_bokeh.errors import UserError

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
INTERRUPTED = "interrupted; nothing half-written was left"
T, Found = TypeVar("T"), TypeVar("Found")
_ENVIRONMENT = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses abbreviations and reports a mistake in one line."""

    def __init__(self, **kwargs):
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**kwargs)

    def error(self, message: str):
        self.exit(EXIT_BAD_INPUT, f"error: {message} (see {self.prog} --help)\n")


def run(
    command: Callable[[argparse.Namespace], int], arguments: argparse.Namespace, *, interrupted: str = INTERRUPTED
) -> int:
    """Calls `command(arguments)` and turns what a user can mend or interrupt into one line and an exit code.

    A missing permission or a full disk is such a thing too, wherever it is met.
    """
    try:
        return command(arguments)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except OSError as error:
        if error.errno not in _ENVIRONMENT:
            raise
        print(f"error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return EXIT_INTERRUPTED


def each(things: Iterable[T], ask: Callable[[T], Found], failed: list[T]) -> Iterator[tuple[T, Found]]:
    """Each thing with what `ask` gives for it. One that a UserError is raised for is named on standard error and put
    into `failed`, and the others go on."""
    for thing in things:
        try:
            found = ask(thing)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            failed.append(thing)
        else:
            yield thing, found


def image_size(text: str) -> tuple[int, int]:
    """Parses a size in pixels, `WIDTHxHEIGHT` or one number for a square, into (height, width)."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"a size is WIDTHxHEIGHT or one number, in pixels; received {text!r}")
    width, height = int(parts[0]), int(parts[-1])
    return height, width


def rectangle(text: str) -> tuple[int, int, int, int]:
    """Parses a rectangle in pixels, `X,Y,WIDTH,HEIGHT` from the upper left corner; X and Y may lie outside, below 0."""
    parts = text.split(",")
    numbers = [int(part) for part in parts if part.removeprefix("-").isdecimal()]
    if len(parts) != 4 or len(numbers) != 4 or min(numbers[2:]) < 1:
        raise argparse.ArgumentTypeError(f"a rectangle is X,Y,WIDTH,HEIGHT in whole pixels; received {text!r}")
    return tuple(numbers)


def quality(text: str) -> int:
    """Parses the quality of a JPEG or WebP, 1 to 100."""
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to 100 is wanted; received {text!r}")
    return int(text)


def fraction(text: str) -> float:
    """Parses a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"a number from 0 to 1 is wanted; received {text!r}")
    return value


def positive(text: str) -> int:
    """Parses a whole number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"a whole number above 0 is wanted; received {text!r}")
    return int(text)


def natural(text: str) -> int:
    """Parses a whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, is wanted; received {text!r}")
    return int(text)


def number_range(text: str) -> tuple[float, float]:
    """Parses `A,B`, two numbers above 0 of which the second is not the smaller one."""
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low, high = 0.0, 0.0
    if not 0 < low <= high < math.inf:
        raise argparse.ArgumentTypeError(f"two numbers A,B with 0 < A <= B are wanted; received {text!r}")
    return low, high


def duration(seconds: float) -> str:
    """Seconds in words: `45 s`, `3 min 05 s` or `2 h 04 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def import_tensorflow() -> None:
    """Imports tensorflow and lets it look for GPUs without its start-up log, which environment variables can't silence.

    The log is printed when the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()
        except ModuleNotFoundError as error:
            raise UserError(f"{error.name} is not installed; pip install '.[export]' brings what this needs") from error
        except BaseException:
            log.seek(0)
            os.write(terminal, log.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Parses `argv` (the process's own arguments when None); without a command prints the help and exits 2.

    An empty argument is refused: as a path it would be the working directory. It comes of an unset variable.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for before, word in zip(["", *words], words, strict=False):
        if word == "":
            parser.error(f"{before + ': ' if before.startswith('-') else ''}an empty argument; is a variable unset?")
    arguments = parser.parse_args(_joined(words))
    if not hasattr(arguments, "command"):
        parser.print_help(sys.stderr)
        raise SystemExit(EXIT_BAD_INPUT)
    return arguments


def _joined(words: Sequence[str]) -> list[str]:
    """`words` with values that begin with a minus, such as -60,5,430,390, joined to the option before them: argparse
    takes all but plain numbers for options. No option of ours begins with a digit."""
    joined: list[str] = []
    for word in words:
        if re.match(r"-\d", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined
