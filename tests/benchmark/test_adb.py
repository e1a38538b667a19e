"""The phones that adb lists, and what is said of those that aren't ready. The real adb: test_phone_end_to_end.py."""

import pytest

from benchmark.adb import choose, states
from benchmark.executor import Unavailable
from pynet_bokeh.errors import UserError

NO_RULES = "no permissions (missing udev rules? user is in the plugdev group); see [http://developer.android.com/x]"


@pytest.fixture
def adb(tmp_path):
    """A program that lists the given devices."""

    def make(*devices):
        program = tmp_path / "adb"
        lines = "".join(f"{serial}\t{state}\n" for serial, state in devices)
        program.write_text(
            f"#!/bin/sh\ncat <<'X'\n* daemon started successfully\nList of devices attached\n{lines}\nX\n"
        )
        program.chmod(0o755)
        return str(program)

    return make


def test_states_are_read_without_their_explanations(adb):
    program = adb(("A1", "device"), ("192.168.1.7:5555", "offline"), ("B2", NO_RULES))
    assert states(program) == {"A1": "device", "192.168.1.7:5555": "offline", "B2": "no permissions"}


def test_the_only_phone_is_taken_and_named_ones_in_their_order(adb):
    assert [one.serial for one in choose([], program=adb(("A1", "device")))] == ["A1"]
    program = adb(("A1", "device"), ("B2", "device"), ("C3", "offline"))
    assert [one.serial for one in choose(["B2", "A1", "B2"], program=program)] == ["B2", "A1"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("unauthorized", "doesn't trust this computer yet; unlock it"),
        ("offline", "is connected but doesn't answer; plug it in again"),
        ("recovery", "is in recovery mode"),
        (NO_RULES, "may not be opened by this user"),
        ("rescue", r"is not ready \(rescue\)"),
    ],
)
def test_a_phone_that_isn_t_ready_says_what_to_do(adb, state, said):
    with pytest.raises(Unavailable, match=f"^phone A1: {said}"):
        choose([], program=adb(("A1", state)))


def test_no_adb_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"nowhere/adb: is not an adb program .*Debian has one in the package adb"):
        choose([], program="nowhere/adb")


def test_a_server_that_can_t_be_started(tmp_path):
    program = tmp_path / "adb"
    program.write_text("#!/bin/sh\necho 'adb: failed to check server version: protocol fault' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(UserError, match=r"its server can't be started \(adb: failed to check server version"):
        states(str(program))
