"""What all commands share."""

import argparse

import pytest

from pynet_bokeh import cli


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")]
)
def test_durations(seconds, text):
    assert cli.duration(seconds) == text


@pytest.mark.parametrize("kind", [cli.positive, cli.natural, cli.image_size])
def test_digits_that_are_no_numbers_are_refused(kind):
    with pytest.raises(argparse.ArgumentTypeError):
        kind("²")
