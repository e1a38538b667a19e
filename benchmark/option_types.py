"""Options that several commands have: their types, and what is checked of the files that are written."""

import argparse
from pathlib import Path

from pynet_bokeh import cli
from pynet_bokeh.errors import UserError


def numbers(text: str) -> list[int]:
    """Parses comma-separated whole numbers above 0, each once, in the order given."""
    return list(dict.fromkeys(cli.positive(part) for part in text.split(",")))


def named_file(text: str) -> tuple[str, Path]:
    """Parses `NAME=FILE`."""
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"NAME=FILE is wanted; received {text!r}")
    return name, Path(path)


def check_distinct(out: Path | None, markdown: Path | None) -> None:
    """Raises UserError where the table would take the results' place."""
    if out and markdown and out.resolve() == markdown.resolve():
        raise UserError(f"--markdown: {markdown} is what --out writes; the table needs another name")
