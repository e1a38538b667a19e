"""From Java sources to one classes.dex, by javac, ProGuard (which rewrites lambdas) and dx."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from android_demo.apk import layout, tools

JAVAC = ("-encoding", "UTF-8", "-source", "8", "-target", "8", "-Xlint:all,-options,-serial,-processing", "-Werror")


def resources(framework: Path, work: Path) -> tuple[Path, Path]:
    """Compiles manifest and resources by aapt: the .zip of what they became, and the folder of R.java."""
    generated = _empty(work / "generated")
    archive = work / "resources.zip"
    tools.run(
        *("aapt", "package", "-f", "--no-version-vectors", "-M", layout.MANIFEST, "-S", layout.RESOURCES),
        *("-I", framework, "-J", generated, "-F", archive),
        *("--min-sdk-version", str(layout.MIN_SDK), "--target-sdk-version", str(layout.TARGET_SDK)),
        *("--version-code", str(layout.VERSION_CODE), "--version-name", layout.VERSION_NAME),
        *("--rename-manifest-package", layout.PACKAGE, "--custom-package", layout.PACKAGE),
    )
    return archive, generated


def javac(sources: Sequence[Path], classpath: Sequence[Path], out: Path) -> Path:
    """Compiles every .java below `sources`, for Java 8 as Android 7 runs it; warnings are errors."""
    found = sorted(file for folder in sources for file in folder.rglob("*.java"))
    tools.run("javac", *JAVAC, "-cp", ":".join(map(str, classpath)), "-d", _empty(out), *found)
    return out


def dex(classes: Path, libraries: Sequence[Path], *, framework: Path, dx: Path, work: Path) -> Path:
    """The classes of a folder and of the .jar files `libraries` as `work`/classes.dex.

    ProGuard only lowers the class files to Java 7: nothing is removed, renamed or optimized.
    """
    lowered = work / "lowered.jar"
    lowered.unlink(missing_ok=True)
    inputs = [f"-injars {_quoted(classes)}", *(f"-injars {_quoted(one)}(!META-INF/**)" for one in libraries)]
    config = work / "proguard.pro"
    config.write_text(
        "\n".join(
            [
                *inputs,
                f"-outjars {_quoted(lowered)}",
                f"-libraryjars {_quoted(framework)}",
                "-target 1.7\n-dontshrink\n-dontoptimize\n-dontobfuscate\n-dontnote\n-forceprocessing",
                "-keepattributes *",
            ]
        )
    )
    tools.run("proguard", f"@{config}")
    tools.run(
        *("java", "-cp", dx, "com.android.dx.command.Main", "--dex", f"--min-sdk-version={layout.MIN_SDK}"),
        *(f"--output={work / 'classes.dex'}", lowered),
    )
    return work / "classes.dex"


def _quoted(path: Path) -> str:
    return f"'{path}'"


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
