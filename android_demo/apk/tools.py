"""Debian's command line tools: which are missing, and running them without their chatter."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pynet_bokeh.errors import UserError

PACKAGES = {
    "aapt": "aapt",
    "zipalign": "zipalign",
    "apksigner": "apksigner",
    "proguard": "proguard-cli",
    "javac": "default-jdk-headless",
    "java": "default-jdk-headless",
    "mvn": "maven",
    "dexdump": "dexdump",
    "enjarify": "enjarify",
}
"""Command -> the Debian package that has it."""

FRAMEWORK_RESOURCES = Path("/usr/share/android-framework-res/framework-res.apk")
"""Android's own themes and attributes (of API 29) as Debian's android-framework-res has them; its aapt can't read those
of API 35."""

BUILD = ("aapt", "zipalign", "apksigner", "proguard", "javac", "java", "mvn")
"""What `build` calls."""


def missing(commands: Sequence[str] = BUILD) -> list[str]:
    """Those of `commands` that are not installed."""
    return [command for command in commands if shutil.which(command) is None]


def require(commands: Sequence[str] = BUILD) -> None:
    """Raises UserError with the one command that installs what is missing."""
    names, packages = missing(commands), {PACKAGES[command] for command in missing(commands)}
    if "aapt" in commands and not FRAMEWORK_RESOURCES.is_file():
        names.append(FRAMEWORK_RESOURCES.name)
        packages.add("android-framework-res")
    if names:
        raise UserError(f"{', '.join(names)}: not installed; apt-get install {' '.join(sorted(packages))}")


def run(*command: str | Path, seconds: float | None = None) -> str:
    """Runs a tool and returns what it printed; raises UserError with its output when it fails, or takes too long."""
    words = [str(word) for word in command]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    try:
        done = subprocess.run(words, **output, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{Path(words[0]).name}: not done after {seconds:g} s") from error
    if done.returncode:
        raise UserError(f"{Path(words[0]).name} failed (exit {done.returncode}):\n{done.stdout.strip()}")
    return done.stdout
