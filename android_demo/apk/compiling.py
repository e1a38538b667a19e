"""From Java sources to one classes.dex, by javac, ProGuard (which rewrites lambdas) and dx."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from android_demo.apk import layout, tools

JAVAC = ("-encoding", "UTF-8", "--release", "8", "-Xlint:all,-classfile,-options,-serial,-processing", "-Werror")

GUARDED = f"{layout.PACKAGE}.app.Api*"
"""Classes that call what the oldest Android lacks; whoever calls them looks at SDK_INT first."""
ANNOTATIONS = "org.checkerframework.**,androidx.annotation.**"
"""Of TFLite's classes; nobody loads them."""


def manifest(out: Path) -> Path:
    """Writes the manifest with what Android Studio's plugin adds by itself and refuses to find in the source."""
    text = layout.MANIFEST.read_text()
    for element, attribute in (
        ("<manifest", f'package="{layout.PACKAGE}"'),
        ("<application", 'android:extractNativeLibs="false"'),  # they are mapped from the APK
    ):
        text = text.replace(element, f"{element} {attribute}", 1)
    out.write_text(text)
    return out


def resources(work: Path) -> tuple[Path, Path]:
    """Compiles manifest and resources by aapt: the .zip of what they became, and the folder of R.java."""
    generated = _empty(work / "generated")
    described = manifest(work / layout.MANIFEST.name)
    archive = work / "resources.zip"
    tools.run(
        *("aapt", "package", "-f", "--no-version-vectors", "-M", described, "-S", layout.RESOURCES),
        *("-I", tools.FRAMEWORK_RESOURCES, "-J", generated, "-F", archive),
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


def dex(classes: Path, libraries: Sequence[Path], *, oldest: Sequence[Path], dx: Path, work: Path) -> Path:
    """The classes of a folder and of the .jar files `libraries` as `work`/classes.dex.

    ProGuard only lowers the class files to Java 7: nothing is removed, renamed or optimized. It looks everything up in
    `oldest`, the classes of the oldest Android, and what isn't there is an error, but for the classes GUARDED.
    """
    lowered = work / "lowered.jar"
    lowered.unlink(missing_ok=True)
    config = work / "proguard.pro"
    config.write_text(
        "\n".join(
            [
                f"-injars {_quoted(classes)}",
                *(f"-injars {_quoted(one)}(!META-INF/**)" for one in libraries),
                f"-outjars {_quoted(lowered)}",
                *(f"-libraryjars {_quoted(one)}" for one in oldest),
                "-target 1.7",
                "-dontshrink\n-dontoptimize\n-dontobfuscate\n-forceprocessing\n-keepattributes *",
                "-dontnote",
                f"-dontwarn {GUARDED},{ANNOTATIONS}",
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
