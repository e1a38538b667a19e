"""One phone through the adb command: shell, push, pull. Whatever goes wrong becomes one line that names the phone."""

import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.executor import Unavailable
from pynet_bokeh.errors import UserError

COMMAND_SECONDS = 60.0
PUSH_SECONDS = 300.0
# Android before 7 tells no exit code, and a torn connection looks like success: this line comes back from neither.
_MARK = "pynet_bokeh_exit="
_STATES = {
    "unauthorized": "doesn't trust this computer yet; unlock it and allow USB debugging in the dialog it shows",
    "authorizing": "is still asking whether it trusts this computer; unlock it, answer, and start again",
    "offline": "is connected but doesn't answer; plug it in again, or run adb reconnect",
    "recovery": "is in recovery mode; start Android on it",
    "sideload": "is in sideload mode; start Android on it",
    "bootloader": "is in its bootloader; start Android on it",
    "no permissions": "may not be opened by this user; see adb's udev rules, then plug it in again",
}
_SILENT = "didn't answer in {seconds:.0f} s; unlock it, plug it in again, or run adb kill-server"
_NO_DEVICE = (
    "no phone: adb sees none; plug one in with USB debugging on (Settings, Developer options), or give adb connect HOST"
)


class Silent(Unavailable):
    """The phone, or what was started on it, took longer than it was given."""


@dataclass(frozen=True)
class Answer:
    """What a command on the phone printed (standard error with it) and its exit code."""

    text: str
    code: int


class Adb:
    """Commands to the phone with the serial number `serial`, through the adb program `program`.

    Every method raises Unavailable when the phone is gone, and UserError when it refuses what was asked.
    """

    def __init__(self, serial: str, *, program: str = "adb"):
        self.serial = serial
        self.program = program

    def shell(self, command: str, *, seconds: float = COMMAND_SECONDS) -> Answer:
        """Runs a shell command line on the phone. Its exit code is the caller's to judge.

        Raises Silent when it takes longer than `seconds`.
        """
        done = self._run(["shell", f"{command}\ncode=$?; echo; echo {_MARK}$code"], seconds)
        text, marked, code = done.stdout.rpartition(_MARK)
        if not marked or not code.strip().isdecimal():
            self.check()
            raise Unavailable(f"phone {self.serial}: the connection broke off ({_last_line(done)})")
        return Answer(text.removesuffix("\n").removesuffix("\r"), int(code))

    def read(self, command: str) -> str:
        """What a command prints, or nothing where it fails: for facts that not every phone tells."""
        answer = self.shell(command)
        return answer.text if answer.code == 0 else ""

    def push(self, local: Path, remote: str) -> None:
        """Copies a file to the phone."""
        done = self._run(["push", str(local), remote], PUSH_SECONDS)
        if done.returncode:
            self.check()
            raise UserError(f"{local}: can't be copied to phone {self.serial} ({_reason(done)})")

    def pull(self, remote: str, local: Path) -> None:
        """Copies a file from the phone."""
        done = self._run(["pull", remote, str(local)], COMMAND_SECONDS)
        if done.returncode:
            self.check()
            raise UserError(f"{remote}: can't be copied from phone {self.serial} ({_reason(done)})")

    def check(self) -> None:
        """Raises Unavailable unless the phone is there and answers."""
        state = states(self.program).get(self.serial)
        if state is None:
            raise Unavailable(f"phone {self.serial}: was unplugged or lost its connection; plug it in and start again")
        if state != "device":
            raise Unavailable(f"phone {self.serial}: {_STATES.get(state, f'is not ready ({state})')}")

    def _run(self, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess:
        return _adb(self.program, ["-s", self.serial, *arguments], seconds, who=f"phone {self.serial}")


def states(program: str = "adb") -> dict[str, str]:
    """The phones that adb sees, by serial number: `device` is ready, everything else is not."""
    done = _adb(program, ["devices"], COMMAND_SECONDS)
    if done.returncode:
        raise UserError(f"{program}: its server can't be started ({_last_line(done)})")
    found = {}
    for line in done.stdout.partition("List of devices attached")[2].splitlines():
        serial, _, state = line.strip().partition("\t")
        if state:
            found[serial] = re.split(r" \(|; ", state)[0].strip()
    return found


def choose(wanted: Sequence[str], *, program: str = "adb") -> list[Adb]:
    """The phones with the `wanted` serial numbers, in that order; without any the one that is there.

    Raises UserError when there is none, when there are several and none was named, when a named one is missing, and
    when one isn't ready.
    """
    found = states(program)
    if not found:
        raise UserError(_NO_DEVICE)
    if not wanted and len(found) > 1:
        raise UserError(f"{len(found)} phones: give --serial with one or more of {', '.join(found)}")
    missing = [serial for serial in wanted if serial not in found]
    if missing:
        raise UserError(f"--serial: adb sees {', '.join(found)}; received {missing[0]}")
    phones = [Adb(serial, program=program) for serial in dict.fromkeys(wanted or found)]
    for phone in phones:
        phone.check()
    return phones


def quoted(*words) -> str:
    """Words as one shell command line."""
    return shlex.join(str(word) for word in words)


def _adb(
    program: str, arguments: Sequence[str], seconds: float, *, who: str = "adb's server"
) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise UserError(
            f"{program}: is not an adb program ({error.strerror}); Debian has one in the package adb"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Silent(f"{who}: {_SILENT.format(seconds=seconds)}") from error


def _reason(done: subprocess.CompletedProcess) -> str:
    """Why a copy failed: adb's last words after the last colon that matter, such as "No space left on device"."""
    text = _last_line(done)
    if "No space left on device" in text:
        return "its storage is full: free some space"
    return text.removeprefix("adb: error: ").removeprefix("adb: ")


def _last_line(done: subprocess.CompletedProcess) -> str:
    lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "fail" in line.lower()]
    return (errors or lines or ["no message"])[-1]
