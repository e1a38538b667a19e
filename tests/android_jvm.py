"""Compiles the Android demo's plain Java with its tests, and runs JUnit on this machine's JVM."""

import dataclasses
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from android_demo.apk import compiling, layout, maven, tools

PLAIN = ("core", "engine", "bench")
"""The packages that call nothing of Android; `app` does."""
TESTS = layout.TEST_JAVA / Path(*layout.PACKAGE.split("."))
TFLITE = "org.tensorflow"


@dataclasses.dataclass(frozen=True)
class Jvm:
    """Compiled classes and what they need.

    Attributes:
        classes: folder of the compiled sources and tests.
        libraries: JUnit's and TFLite's .jar files.
        aars: TFLite's .aar files by name, with Android's native libraries in them.
    """

    classes: Path
    libraries: tuple[Path, ...]
    aars: Mapping[str, Path]

    def junit(
        self,
        *names: str,
        properties: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = 300,
    ) -> str:
        """See `junit`."""
        return junit(
            ["-Xshare:auto", "-Xmx1g", *(f"-D{name}={value}" for name, value in (properties or {}).items())],
            (self.classes, *self.libraries),
            names,
            folder=self.classes,  # where a crash leaves its report
            environment=environment,
            seconds=seconds,
        )


def junit(
    options: Sequence[str],
    classpath: Sequence[Path],
    names: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None,
    seconds: float,
) -> str:
    """Runs test classes (names below the demo's package) in `folder` and returns what JUnit printed.

    Raises AssertionError with that when a test failed or none was found.
    """
    done = subprocess.run(
        [
            *("java", "-XX:+UseSerialGC", *options),
            *("-cp", ":".join(map(str, classpath))),
            *("org.junit.runner.JUnitCore", *(f"{layout.PACKAGE}.{name}" for name in names)),
        ],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    passed = re.search(r"^OK \(([1-9]\d*) tests?\)$", done.stdout, re.MULTILINE)
    if done.returncode or not passed:
        shown = done.stdout if len(done.stdout) < 16000 else f"{done.stdout[:8000]}\n…\n{done.stdout[-8000:]}"
        raise AssertionError(f"JUnit {' '.join(names)}, exit {done.returncode}:\n{shown}")
    return done.stdout


def compiled(folder: Path) -> Jvm:
    """Compiles into `folder`; skips the calling test where JDK or Maven are missing or nothing can be fetched."""
    for command, package in (("javac", "default-jdk-headless"), ("mvn", "maven")):
        if shutil.which(command) is None:
            pytest.skip(f"THE JAVA TESTS DON'T RUN: no {command}; apt-get install {package}")
    wanted = [*maven.pinned("junit"), *(one for one in maven.pinned("apk") if one.group == TFLITE)]
    try:
        found = maven.fetch(wanted, layout.CACHE)
    except maven.FetchError as error:
        pytest.skip(f"THE JAVA TESTS DON'T RUN: {error}")
    libraries = tuple(maven.classes(path, folder) for path in found.values())
    main = layout.JAVA / Path(*layout.PACKAGE.split("."))
    sources = [main / package for package in PLAIN]
    tests = [TESTS / "Reference.java", *(TESTS / package for package in PLAIN)]
    classes = folder / "classes"
    _javac([*sources, *tests], libraries, classes)
    return Jvm(classes, libraries, {path.name: path for path in found.values() if path.suffix == ".aar"})


def tests_of(package: str) -> list[str]:
    """The test classes of a package: `core.MergeTest` and so on."""
    return sorted(f"{package}.{path.stem}" for path in (TESTS / package).glob("*Test.java"))


def _javac(sources: Sequence[Path], libraries: Sequence[Path], out: Path) -> None:
    files = [path for one in sources for path in (sorted(one.rglob("*.java")) if one.is_dir() else [one])]
    out.mkdir(parents=True)
    tools.run("javac", *compiling.JAVAC, "-cp", ":".join(map(str, libraries)), "-d", out, *files)
