"""What all commands share."""

import argparse
import errno

import pytest

from pynet_bokeh import cli
from pynet_bokeh.errors import UserError


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")]
)
def test_durations(seconds, text):
    assert cli.duration(seconds) == text


@pytest.mark.parametrize("kind", [cli.positive, cli.natural, cli.image_size])
def test_digits_that_are_no_numbers_are_refused(kind):
    with pytest.raises(argparse.ArgumentTypeError):
        kind("²")


@pytest.fixture
def parser():
    """A command with an option of each kind that may have a value below 0."""
    made = cli.Parser(prog="own")
    command = made.add_subparsers().add_parser("do")
    command.add_argument("files", nargs="*")
    command.add_argument("--focus-rect", type=cli.rectangle)
    command.add_argument("--gain", type=float)
    command.add_argument("--quality", type=cli.quality)
    command.add_argument("--flag", action="store_true")
    command.set_defaults(command=lambda arguments: 0)
    return made


@pytest.mark.parametrize("words", [["--focus-rect", "-60,5,430,390"], ["--focus-rect=-60,5,430,390"]])
def test_a_rectangle_may_begin_outside_of_the_photo(parser, words):
    assert cli.parse(parser, ["do", *words, "a.jpg"]).focus_rect == (-60, 5, 430, 390)
    assert cli.parse(parser, ["do", "--focus-rect", "5,-60,430,390"]).focus_rect == (5, -60, 430, 390)
    assert cli.parse(parser, ["do", "--gain", "-1.5", "--flag", "x"]).gain == -1.5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--focus-rect", "-60,5,-1,390"], "X,Y,WIDTH,HEIGHT in whole pixels; received '-60,5,-1,390'"),
        (["--focus-rect", "1,2,0,4"], "X,Y,WIDTH,HEIGHT in whole pixels; received '1,2,0,4'"),
        (["--focus-rect", "--1,2,3,4"], "--focus-rect: expected one argument"),
        (["--quality", "0"], "--quality: a whole number from 1 to 100 is wanted; received '0'"),
        (["--quality", "101"], "from 1 to 100 is wanted; received '101'"),
        (["--flag", "-5"], "-5"),
        ([""], "error: an empty argument; is a variable unset?"),
        (["a.jpg", "--quality", ""], "error: --quality: an empty argument; is a variable unset?"),
    ],
)
def test_wrong_values_are_one_line(parser, capsys, words, message):
    with pytest.raises(SystemExit) as left:
        cli.parse(parser, ["do", *words])
    error = capsys.readouterr().err
    assert left.value.code == 2 and error.count("\n") == 1
    assert message in error


def test_a_mistake_in_one_does_not_keep_the_others_from_going_on(capsys):
    def ask(number):
        if number % 2:
            raise UserError(f"{number} is odd")
        return number / 2

    failed = []
    assert list(cli.each([1, 4, 3, 8], ask, failed)) == [(4, 2), (8, 4)]
    assert failed == [1, 3]
    assert capsys.readouterr().err == "error: 1 is odd\nerror: 3 is odd\n"


@pytest.mark.parametrize(("number", "told"), [(errno.EACCES, True), (errno.ENOSPC, True), (errno.EBADF, False)])
def test_what_the_file_system_refuses_is_one_line(capsys, number, told):
    """Wherever it is met; what is not the user's to mend is not hidden."""

    def fail(_):
        raise OSError(number, "is refused", "/place/file")

    if told:
        assert cli.run(fail, argparse.Namespace()) == 2
        assert capsys.readouterr().err == "error: /place/file: is refused\n"
    else:
        with pytest.raises(OSError, match="is refused"):
            cli.run(fail, argparse.Namespace())
