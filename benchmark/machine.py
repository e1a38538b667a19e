"""Facts about the machine a number was measured on."""

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """What must be known to compare a number with another machine's."""

    cpu: str
    architecture: str
    cores: int  # those a process may use
    memory_mb: int | None
    os: str
    python: str  # empty for a phone
    litert: str  # version of ai-edge-litert; what ran the models, for a phone
    load_average: float | None  # of the last minute, before the first measurement; None where the OS has none
    device: str | None = None  # a phone's maker and model
    serial: str | None = None


def describe() -> Machine:
    """This machine, now."""
    return Machine(
        cpu=_cpu(),
        architecture=platform.machine(),
        cores=usable_cores(),
        memory_mb=_memory_mb(),
        os=_os(),
        python=platform.python_version(),
        litert=_version("ai-edge-litert"),
        load_average=load_average(),
    )


def usable_cores() -> int:
    """Cores this process may run on, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory_mb() -> float | None:
    """What a process can still have without anybody being swapped out or killed; None where the OS doesn't say."""
    information = Path("/proc/meminfo")
    if not information.exists():
        return None
    kilobytes = [line.split()[1] for line in information.read_text().splitlines() if line.startswith("MemAvailable:")]
    found = [int(kilobytes[0]) * 1024 / 1e6] if kilobytes else []
    group = container_memory_mb()
    return min([*found, group] if group is not None else found, default=None)


def container_memory_mb(group: Path = Path("/sys/fs/cgroup")) -> float | None:
    """What a container's limit leaves, as MemAvailable counts it: pages of files that were read can be given up, and
    count against the limit. None where there is no limit."""
    try:
        most = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        facts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    files = sum(int(facts.get(name, 0)) for name in ("active_file", "inactive_file"))
    return (int(most) - used + files) / 1e6 if most.isdecimal() else None


def load_average() -> float | None:
    """Processes that wanted to run, averaged over the last minute; None on a system that doesn't count them."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(errors="replace").splitlines():
            if line.lower().startswith(("model name", "hardware")):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    except (AttributeError, ValueError, OSError):
        return None


def _os() -> str:
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.system()} {platform.release()}"
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
