"""A "phone" without a phone: Debian's own adbd in network and mount namespaces of its own, driven by the real adb.

What runs on it is real, except that `benchmark_model` is a stand-in that runs the model with this machine's LiteRT, and
that `getprop` and `dumpsys` repeat what was written down. `python tests/debian_phone.py` unpacks the packages, because
installed they would replace the libraries that aapt and others run with.
"""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from export import debian
from pynet_bokeh.errors import UserError

TOOLS = "usr/lib/android-sdk/platform-tools"
TREE = debian.Tree("adbd", ("adbd", "adb"), f"{TOOLS}/adbd", without=("libc6", "libgcc-s1", "libstdc++6"))
UNPACKED = debian.folder(TREE)
PORT = 7777
SERIAL = f"127.0.0.1:{PORT}"
EMULATOR_PORT = 5555  # adb looks there by itself and calls what it finds emulator-5554

_HOLD = """
import fcntl, os, socket, struct, subprocess, sys, time
folder = sys.argv[1]
with socket.socket() as any_socket:  # `ip link set lo up` without iproute2
    name = b"lo"
    flags = struct.unpack("16sh", fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh", name, 0)))[1]
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", name, flags | 1))
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + sys.argv[2], "tmpfs", folder], check=True)
print("ready", flush=True)
time.sleep(3600)
"""


def missing() -> str | None:
    """Why there can be no such phone here, or None."""
    if not debian.is_there(TREE):
        return "Debian's adbd is not unpacked; python tests/debian_phone.py does that"
    if shutil.which("nsenter") is None:
        return "nsenter is missing; Debian has it in util-linux"
    tried = subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True, text=True)
    return f"no namespaces here ({tried.stderr.strip()}); root may make them" if tried.returncode else None


def adb_programs() -> dict[str, Path]:
    """The adb programs to test with, by name: backports' and, where it is installed, the system's (another version)."""
    found = {"unpacked": UNPACKED / TOOLS / "adb"}
    system = shutil.which("adb")
    return found | ({"system": Path(system)} if system else {})


class DebianPhone:
    """Namespaces with a small tmpfs as the phone's storage, and adbd in them once `plug_in` was called.

    Attributes:
      adb: a program that runs the adb client inside, to be given as --adb.
      storage: the folder that the phone may write to; seen from outside it is empty.
      inside_bin: a folder on the phone's PATH.
    """

    def __init__(self, folder: Path, *, program: Path, storage: str = "64m"):
        self.storage = folder / "storage"
        self.storage.mkdir(parents=True)
        self._home = folder / "home"
        self._home.mkdir()
        self.inside_bin = folder / "bin"
        self.inside_bin.mkdir()
        self._program = program
        hold = [sys.executable, "-c", _HOLD, str(self.storage), storage]
        self._holder = subprocess.Popen(
            ["unshare", "-n", "-m", "--propagation", "private", *hold], stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout.readline() == "ready\n"
        self._adbd = None
        self.adb = str(folder / "adb")
        script(
            folder / "adb",
            f"#!/bin/sh\nexport HOME={self._home} {_libraries(program)}\n"
            f'exec {" ".join(self._inside())} {program} "$@"\n',
        )

    def plug_in(self, *, port: int = PORT) -> None:
        """Starts adbd, and connects to it unless adb finds it by itself."""
        environment = {**os.environ, "ADBD_PORT": str(port), "PATH": f"{self.inside_bin}:{os.environ['PATH']}"}
        environment["LD_LIBRARY_PATH"] = _libraries(UNPACKED / TOOLS / "adbd").removeprefix("LD_LIBRARY_PATH=")
        self._adbd = subprocess.Popen(
            [*self._inside(), str(UNPACKED / TOOLS / "adbd")],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(50):
            self.command("connect", f"127.0.0.1:{port}")
            if f"127.0.0.1:{port}\tdevice" in self.command("devices"):
                return
            time.sleep(0.1)
        raise AssertionError(self.command("devices"))

    def unplug(self) -> None:
        """Ends adbd at once, as when the cable is pulled."""
        if self._adbd is not None:
            self._adbd.send_signal(signal.SIGKILL)
            self._adbd.wait()
            self._adbd = None

    def install(self, name: str, text: str) -> None:
        """Puts a program on the phone's PATH."""
        script(self.inside_bin / name, text)

    def command(self, *arguments: str) -> str:
        """What the adb client prints."""
        return subprocess.run([self.adb, *arguments], capture_output=True, text=True, timeout=30).stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs a program inside the namespaces, not through adb."""
        return subprocess.run([*self._inside(), *arguments], capture_output=True, text=True, timeout=30)

    def start(self, *arguments: str) -> subprocess.Popen:
        """Starts a program inside the namespaces; its caller ends it."""
        return subprocess.Popen([*self._inside(), *arguments], stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        self.command("kill-server")
        self.unplug()
        self._holder.kill()
        self._holder.communicate()

    def _inside(self) -> list[str]:
        # unshare became the interpreter: the holder's own process number is that of the namespaces
        return ["nsenter", "-t", str(self._holder.pid), "-n", "-m"]


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _libraries(program: Path) -> str:
    """LD_LIBRARY_PATH=… for an unpacked program; an installed one finds its own."""
    if UNPACKED not in program.parents:
        return "LD_LIBRARY_PATH="
    folders = [*(UNPACKED / "usr/lib").glob("*-linux-gnu*/android"), *(UNPACKED / "usr/lib").glob("*-linux-gnu*")]
    folders += (UNPACKED / "lib").glob("*-linux-gnu*")
    return "LD_LIBRARY_PATH=" + ":".join(str(folder) for folder in folders)


if __name__ == "__main__":
    try:
        if not debian.is_there(TREE):
            debian.unpack(TREE)
    except UserError as error:
        sys.exit(f"error: {error}")
    print(UNPACKED)
