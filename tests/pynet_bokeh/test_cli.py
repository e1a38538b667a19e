"""What all commands share."""

import pytest

from pynet_bokeh import cli


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")]
)
def test_durations(seconds, text):
    assert cli.duration(seconds) == text
