"""Runs the AAR's own libtensorflowlite_jni.so here, without Android: x86_64's on the JVM, ARM64's under qemu."""

import dataclasses
import platform
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

SHIM = Path(__file__).parent / "android_demo" / "bionic.c"
HOST = SHIM.with_name("arm_host.c")
LIBRARY = "libtensorflowlite_jni.so"
ANDROIDS = ("libc.so", "libm.so", "libdl.so", "liblog.so")
"""What the library is linked against; one file stands for all four."""


@dataclasses.dataclass(frozen=True)
class Processor:
    """A processor that the APK has a library for.

    Attributes:
      abi: Android's name.
      gcc: the compiler for it; binutils of the same prefix.
      package: Debian's, which has them.
      jump: assembler: goes on to the function {name} of another library.
    """

    abi: str
    gcc: str
    package: str
    jump: str

    @property
    def nm(self) -> str:
        return self.gcc.removesuffix("gcc") + "nm"


X86 = Processor("x86_64", "gcc", "gcc libc6-dev", "jmp *{name}@GOTPCREL(%rip)")
ARM = Processor(
    "arm64-v8a",
    "aarch64-linux-gnu-gcc",
    "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "adrp x16, :got:{name}; ldr x16, [x16, :got_lo12:{name}]; br x16",
)
ARM_ROOT = Path("/usr/aarch64-linux-gnu")
"""Where Debian's package has glibc for ARM64."""


def prepare(aar: Path, folder: Path, processor: Processor = X86) -> Path:
    """Puts the library of `aar`, and the libraries it asks for, into `folder`, which LD_LIBRARY_PATH has to name.

    Skips the calling test on another machine than x86-64 Linux, or without a C compiler.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("TFLITE'S LIBRARY DOESN'T RUN: x86-64 Linux is wanted for it")
    for command in (processor.gcc, processor.nm):
        if shutil.which(command) is None:
            pytest.skip(f"TFLITE'S LIBRARY DOESN'T RUN: no {command}; apt-get install {processor.package}")
    with zipfile.ZipFile(aar) as archive:
        (folder / LIBRARY).write_bytes(archive.read(f"jni/{processor.abi}/{LIBRARY}"))
    jumps, versions = folder / "jumps.S", folder / "versions.map"
    jumps.write_text(_jumps(_undefined(folder / LIBRARY, processor) - _defined(), processor))
    versions.write_text("LIBC { global: *; };\n")
    subprocess.run(
        [
            *(processor.gcc, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / ANDROIDS[0])),
            *(str(SHIM), str(jumps), "-lm", "-ldl"),
            *(f"-Wl,-soname,{ANDROIDS[0]}", f"-Wl,--version-script={versions}", "-Wl,-z,now"),
        ],
        check=True,
    )
    for name in ANDROIDS[1:]:
        (folder / name).symlink_to(ANDROIDS[0])
    return folder


def arm_host(folder: Path) -> Path:
    """Compiles the program that runs a model in the library that `prepare` put into `folder` for ARM."""
    program = folder / "arm_host"
    command = [ARM.gcc, "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(HOST), str(folder / LIBRARY)]
    subprocess.run([*command, "-Wl,--allow-shlib-undefined"], check=True)
    return program


def _undefined(library: Path, processor: Processor) -> set[str]:
    """The functions that a library wants of others."""
    command = [processor.nm, "-D", "--undefined-only", str(library)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    wanted = (line.split() for line in listed.stdout.splitlines())
    return {name.partition("@")[0] for kind, name in wanted if kind == "U"}  # w: does without


def _defined() -> set[str]:
    return {"__sF", *re.findall(r"BIONIC\([\w* ]+, (\w+)", SHIM.read_text())}


def _jumps(names: set[str], processor: Processor) -> str:
    """Assembler: for each name a symbol of version LIBC that jumps to the function of that name of glibc."""
    lines = ['.section .note.GNU-stack,"",%progbits', ".text"]
    for name in sorted(names):
        own = f"bionic_{name}"
        lines += [
            *(f".globl {own}", f".type {own}, %function", f"{own}: {processor.jump.format(name=name)}"),
            f".symver {own}, {name}@LIBC",
        ]
    return "\n".join(lines) + "\n"
