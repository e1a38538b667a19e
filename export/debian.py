"""Debian packages unpacked into a cache folder, without root and without touching the system: software Vulkan, qemu,
Python for ARM64. apt checks their signatures against Debian's own keys.
"""

import dataclasses
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from pynet_bokeh import files
from pynet_bokeh.errors import UserError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DEBIAN = "http://deb.debian.org/debian"
RELEASE = "bookworm"
BACKPORTS = f"{RELEASE}-backports"  # bookworm's own Mesa is refused by LiteRT, its qemu crashes in XNNPACK
SECONDS = 600
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ARM_WHEELS = ("manylinux_2_36_aarch64", "manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")
ARM_PYTHON = "3.11"  # bookworm's


@dataclasses.dataclass(frozen=True)
class Tree:
    """A folder of unpacked packages.

    Attributes:
      name: of the folder below `cache()`.
      packages: what is wanted; apt adds what they depend on.
      proof: a file that the tree must have, relative to it.
      architecture: Debian's name; None for this machine's.
      release: which of Debian's suites is preferred.
      without: names of packages that are left out: those of which a process uses the system's own already.
    """

    name: str
    packages: tuple[str, ...]
    proof: str
    architecture: str | None = None
    release: str = BACKPORTS
    without: tuple[str, ...] = ()


VULKAN = Tree(
    "vulkan",
    ("mesa-vulkan-drivers", "libvulkan1"),
    "usr/share/vulkan/icd.d/lvp_icd.json",
    without=("libc6", "libgcc-s1", "libstdc++6"),
)
QEMU = Tree("qemu", ("qemu-user",), "usr/bin/qemu-aarch64")
ARM64 = Tree("arm64", (f"python{ARM_PYTHON}", "libstdc++6"), f"usr/bin/python{ARM_PYTHON}", "arm64", RELEASE)


def cache() -> Path:
    """Where trees are kept: `$XDG_CACHE_HOME/pynet_bokeh`, by default below `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pynet_bokeh"


def folder(tree: Tree) -> Path:
    """Where the tree is, or will be."""
    return cache() / tree.name


def is_there(tree: Tree) -> bool:
    """Whether the tree was unpacked."""
    return (folder(tree) / tree.proof).exists()


def arm_site() -> Path:
    """Where LiteRT and numpy for ARM64 are, or will be: of the same LiteRT as this machine's."""
    return cache() / f"arm64-litert-{metadata.version('ai-edge-litert')}"


def fetch(report: Callable[[str], None] = print) -> None:
    """Unpacks whatever is missing of all trees that this machine needs, each whole or not at all.

    Raises UserError that says what it takes when this is no Debian, or a package can't be had.
    """
    emulated = platform.machine() != "aarch64"
    for tree in (VULKAN, QEMU, ARM64) if emulated else (VULKAN,):
        if is_there(tree):
            report(f"{folder(tree)}: there already")
            continue
        unpack(tree)
        report(f"{folder(tree)}: {_megabytes(folder(tree)):.0f} MB of Debian packages")
    if not emulated:
        return
    if arm_site().is_dir():
        report(f"{arm_site()}: there already")
    else:
        _fetch_arm_wheels()
        report(f"{arm_site()}: {_megabytes(arm_site()):.0f} MB")


def unpack(tree: Tree) -> None:
    """Downloads a tree's packages by apt, in a configuration of its own, and unpacks them."""
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise UserError(f"{tree.name}: {program} is missing; this works on Debian and its relatives")
    if not KEYRING.is_file():
        raise UserError(f"{tree.name}: {KEYRING} is missing; the package debian-archive-keyring has it")
    machine = platform.machine()
    if tree.architecture is None and machine not in ARCHITECTURES:
        raise UserError(f"{tree.name}: {', '.join(ARCHITECTURES)} are known; this machine is {machine}")
    target = folder(tree)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{tree.name}.", dir=target.parent) as work:
        environment = _apt(Path(work), tree.architecture or ARCHITECTURES[machine], tree.release)
        _run(tree.name, ["apt-get", "update", "-q"], environment)
        _run(tree.name, ["apt-get", "install", "-q", "-y", "--download-only", *tree.packages], environment)
        root = Path(work) / "root"
        root.mkdir()
        unpacked = []
        for package in sorted((Path(work) / "cache" / "archives").glob("*.deb")):
            if not package.name.startswith(tuple(f"{name}_" for name in tree.without)):
                _run(tree.name, ["dpkg-deb", "-x", str(package), str(root)], environment)
                unpacked.append(package.name.removesuffix(".deb"))
        if not (root / tree.proof).exists():
            raise UserError(f"{tree.name}: the packages don't have {tree.proof}")
        files.write_json(root / "packages.json", unpacked)
        shutil.rmtree(target, ignore_errors=True)
        root.rename(target)


def _apt(work: Path, architecture: str, release: str) -> dict[str, str]:
    """The environment of an apt that knows no system but `work`: no installed packages, Debian's archive alone."""
    for name in ("state/lists/partial", "cache/archives/partial", "sources"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    suites = f"{RELEASE} {RELEASE}-updates {BACKPORTS}"
    (work / "sources" / "debian.sources").write_text(
        f"Types: deb\nURIs: {DEBIAN}\nSuites: {suites}\nComponents: main\nArchitectures: {architecture}\n"
        f"Signed-By: {KEYRING}\n"
    )
    (work / "apt.conf").write_text(
        f'APT::Architecture "{architecture}"; APT::Architectures {{ "{architecture}"; }};\n'
        f'APT::Default-Release "{release}"; APT::Install-Recommends "false"; APT::Sandbox::User "";\n'
        f'Dir::State "{work}/state"; Dir::State::status "{work}/status"; Dir::Cache "{work}/cache";\n'
        f'Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "{work}/sources";\n'
        f'Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";\n'
        'Acquire::Languages "none"; Debug::NoLocking "true";\n'
    )
    return {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}


def _fetch_arm_wheels() -> None:
    site = arm_site()
    site.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".arm64.", dir=site.parent) as work:
        platforms = [part for name in ARM_WHEELS for part in ("--platform", name)]
        wanted = [f"ai-edge-litert=={metadata.version('ai-edge-litert')}", "numpy>=2.1,<3"]
        options = ["--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--python-version", ARM_PYTHON]
        command = [sys.executable, "-m", "pip", "download", "-q", *options, *platforms, "-d", work, *wanted]
        _run("arm64", command, dict(os.environ))
        root = Path(work) / "root"
        for wheel in Path(work).glob("*.whl"):
            with zipfile.ZipFile(wheel) as content:
                content.extractall(root)
        root.rename(site)


def _run(what: str, command: list[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{what}: {command[0]} took longer than {SECONDS} s") from error
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("E:", "ERROR"))] or lines[-1:]
        raise UserError(f"{what}: {' '.join(command[:2])} failed ({errors[0] if errors else 'no message'})")


def _megabytes(root: Path) -> float:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6
