"""Types of options that several commands have."""

import argparse
from pathlib import Path

from pynet_bokeh import cli


def numbers(text: str) -> list[int]:
    """Parses comma-separated whole numbers above 0, each once, in the order given."""
    return list(dict.fromkeys(cli.positive(part) for part in text.split(",")))


def named_file(text: str) -> tuple[str, Path]:
    """Parses `NAME=FILE`."""
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"NAME=FILE is wanted; received {text!r}")
    return name, Path(path)
