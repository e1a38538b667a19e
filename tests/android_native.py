"""Runs the AAR's own libtensorflowlite_jni.so (x86_64, the APK packs it) on this machine's JVM, without Android."""

import platform
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

SHIM = Path(__file__).parent / "android_demo" / "bionic.c"
LIBRARY = "libtensorflowlite_jni.so"
ANDROIDS = ("libc.so", "libm.so", "libdl.so", "liblog.so")
"""What the library is linked against; one file stands for all four."""


def prepare(aar: Path, folder: Path) -> Path:
    """Puts the library of `aar`, and the libraries it asks for, into `folder`, which LD_LIBRARY_PATH has to name.

    Skips the calling test on another machine than x86-64 Linux, or without a C compiler.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("THE NETWORK DOESN'T RUN IN JAVA: x86-64 Linux is wanted for it")
    for command, package in (("gcc", "gcc libc6-dev"), ("nm", "binutils")):
        if shutil.which(command) is None:
            pytest.skip(f"THE NETWORK DOESN'T RUN IN JAVA: no {command}; apt-get install {package}")
    with zipfile.ZipFile(aar) as archive:
        (folder / LIBRARY).write_bytes(archive.read(f"jni/x86_64/{LIBRARY}"))
    jumps, versions = folder / "jumps.S", folder / "versions.map"
    jumps.write_text(_jumps(_undefined(folder / LIBRARY) - _defined()))
    versions.write_text("LIBC { global: *; };\n")
    subprocess.run(
        [
            *("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / ANDROIDS[0])),
            *(str(SHIM), str(jumps), "-lm", "-ldl"),
            *(f"-Wl,-soname,{ANDROIDS[0]}", f"-Wl,--version-script={versions}", "-Wl,-z,now"),
        ],
        check=True,
    )
    for name in ANDROIDS[1:]:
        (folder / name).symlink_to(ANDROIDS[0])
    return folder


def _undefined(library: Path) -> set[str]:
    """The functions that a library wants of others."""
    listed = subprocess.run(["nm", "-D", "--undefined-only", str(library)], capture_output=True, text=True, check=True)
    wanted = (line.split() for line in listed.stdout.splitlines())
    return {name.partition("@")[0] for kind, name in wanted if kind == "U"}  # w: does without


def _defined() -> set[str]:
    return {"__sF", *re.findall(r"BIONIC\([\w* ]+, (\w+)", SHIM.read_text())}


def _jumps(names: set[str]) -> str:
    """Assembler: for each name a symbol of version LIBC that jumps to the function of that name of glibc."""
    lines = ['.section .note.GNU-stack,"",@progbits', ".text"]
    for name in sorted(names):
        own = f"bionic_{name}"
        lines += [
            *(f".globl {own}", f".type {own}, @function", f"{own}: jmp *{name}@GOTPCREL(%rip)"),
            f".symver {own}, {name}@LIBC",
        ]
    return "\n".join(lines) + "\n"
