"""Runs the demo's activities on this machine's JVM by Robolectric, with the pixels that Android's own code draws."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

import android_jvm
import android_native
from android_demo.apk import building, compiling, layout, maven

TFLITE = "tensorflow-lite-2.16.1.aar"
OPENED = ("java.io", "java.lang", "java.net", "java.nio", "java.util")
"""Packages of Java into which Robolectric reaches."""
TESTS = layout.TEST_JAVA / Path(*layout.PACKAGE.split(".")) / "app"


@dataclasses.dataclass(frozen=True)
class Screens:
    """Compiled activities and tests.

    Attributes:
        classes: folder of the compiled app, its tests, and what tells Robolectric where the resources are.
        libraries: the .jar files they need.
        native: folder with TFLite's native library, as it runs here.
    """

    classes: Path
    libraries: tuple[Path, ...]
    native: Path

    def junit(self, *names: str, properties: Mapping[str, object] | None = None, seconds: float = 500) -> str:
        """Runs test classes of the package `app`, see `android_jvm.junit`."""
        given = {
            "robolectric.offline": "true",
            "robolectric.dependency.dir": layout.CACHE,
            "robolectric.usePreinstrumentedJars": "false",  # else android-all is fetched twice, the other one prepared
            "robolectric.logging.enabled": "false",
            "java.library.path": self.native,
            **(properties or {}),
        }
        options = [f"-D{key}={value}" for key, value in given.items()]
        options += [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
        return android_jvm.junit(
            ["-Xmx2g", *options],
            (self.classes, *self.libraries),
            [f"app.{name}" for name in names],
            folder=layout.ROOT,
            environment={**os.environ, "LD_LIBRARY_PATH": str(self.native)},
            seconds=seconds,
        )


def compiled(folder: Path, apk: Path, work: Path) -> Screens:
    """Compiles the app and its tests into `folder`. Resources and assets are those of `apk`, as it would be installed;
    `work` is where it was built.

    Skips the calling test where a part of Robolectric can't be fetched: androidx.test:monitor is Google's, and not
    every mirror of Maven Central has it.
    """
    wanted = maven.pinned("junit", "robolectric")
    try:
        given = building.libraries()
        found = maven.fetch(wanted, layout.CACHE)
    except maven.FetchError as error:
        pytest.skip(f"THE APP'S SCREENS ARE NOT TESTED: {error}")
    libraries = tuple(maven.classes(found[one.file], folder) for one in wanted)
    sources = [work / "generated", layout.JAVA, TESTS]
    classes = compiling.javac(sources, [*libraries, given.framework, *given.jars], folder / "classes")
    where = classes / "com" / "android" / "tools" / "test_config.properties"
    where.parent.mkdir(parents=True)
    where.write_text(
        f"android_custom_package={layout.PACKAGE}\n"
        f"android_merged_manifest={work / layout.MANIFEST.name}\n"
        f"android_merged_assets={folder / 'none'}\n"
        f"android_resource_apk={apk}\n"
    )
    native = folder / "native"
    native.mkdir()
    android_native.prepare(next(one for one in given.archives if one.name == TFLITE), native)
    return Screens(classes, (*libraries, *given.jars, given.framework), native)
