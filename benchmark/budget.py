"""A budget: what a model may cost, read from YAML."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from benchmark import bounds
from benchmark.samples import CPU_KERNELS, GPU, KERNELS
from benchmark.yaml_file import read_yaml
from pynet_bokeh.errors import UserError

PHONE, HOST = "phone", "host"


@dataclass(frozen=True)
class Budget:
    """What a model may cost; None is not judged.

    Attributes:
      where: whose measurements count, `phone` or `host`.
      kernels, threads: the setting that is judged; None: the fastest that was measured.
      latency_ms: median of an inference.
      peak_memory_mb: of the whole process, in 10^6 bytes.
      file_mb: the .tflite.
      fully_delegated: the delegate has to take every operator, in one piece; conversions at its edges apart.
      chips: names from chips.yaml, for lower bounds where no phone was measured.
    """

    name: str = "budget"
    where: str = PHONE
    kernels: str | None = None
    threads: int | None = None
    latency_ms: float | None = None
    peak_memory_mb: float | None = None
    file_mb: float | None = None
    fully_delegated: bool = False
    chips: list[str] = field(default_factory=list)

    @property
    def units(self) -> list[str]:
        """The units the judged setting may run on."""
        if self.kernels is None:
            return [bounds.CPU, bounds.GPU]
        return [bounds.CPU] if self.kernels in CPU_KERNELS else [bounds.GPU]


def read(path: Path) -> Budget:
    """Reads a budget; UserError names the file and the line's key."""
    budget = read_yaml(path, Budget)
    known = [chip.name for chip in bounds.chips()]
    checks = [
        ("where", budget.where in (PHONE, HOST), f"{PHONE} or {HOST}"),
        ("kernels", budget.kernels in (None, *KERNELS), ", ".join(KERNELS)),
        ("threads", budget.threads is None or budget.threads > 0, "1 or more"),
        ("threads", budget.threads in (None, 1) or budget.kernels != GPU, "none for the gpu"),
        ("chips", all(chip in known for chip in budget.chips), f"some of {', '.join(known)}"),
    ]
    for name in ("latency_ms", "peak_memory_mb", "file_mb"):
        value = getattr(budget, name)
        checks.append((name, value is None or 0 < value < float("inf"), "a number above 0"))
    for name, fine, wanted in checks:
        if not fine:
            raise UserError(f"{path}: {name}: {wanted} is wanted; received {getattr(budget, name)}")
    judged = [budget.latency_ms, budget.peak_memory_mb, budget.file_mb, budget.fully_delegated or None]
    if not any(value is not None for value in judged):
        names = ("latency_ms", "peak_memory_mb", "file_mb", "fully_delegated")
        raise UserError(f"{path}: holds nothing to judge; {', '.join(names)} are known")
    return dataclasses.replace(budget, name=budget.name or Path(path).stem)
