"""The least time a model can take, from what it computes and moves and what the machine can do at most."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.inspection import Inspection
from benchmark.operator_cost import FLOAT, INT8
from benchmark.yaml_file import read_yaml

CHIPS = Path(__file__).parent / "chips.yaml"
CPU, GPU = "CPU", "GPU"
LANES = {FLOAT: 16, INT8: 32}  # products of one 128-bit instruction: BFMMLA (half precision's FMLA has 8), SMMLA
# Weights that fit into the caches need not come from memory in each run. The largest published among these chips are
# 24 MB (Snapdragon 8 Elite, level 2) and 18 MB (Dimensity 9300, level 3 and system); the rest is for those unpublished.
PHONE_CACHES = 64_000_000


@dataclass(frozen=True)
class Peak:
    """What a unit can do at most.

    Attributes:
      unit: CPU or GPU.
      float_macs, int8_macs: multiply-accumulates per second, in the fastest float and 8-bit arithmetic it has.
      memory_bytes: per second from main memory; None where it isn't known.
      cache_bytes: what can stay near the unit from run to run.
    """

    unit: str
    float_macs: float
    int8_macs: float
    memory_bytes: float | None
    cache_bytes: float


@dataclass(frozen=True)
class Bound:
    """No run can be faster than `ms`, in milliseconds; which of both limits it."""

    compute_ms: float
    memory_ms: float

    @property
    def ms(self) -> float:
        return max(self.compute_ms, self.memory_ms)

    @property
    def limit(self) -> str:
        return "arithmetic" if self.compute_ms >= self.memory_ms else "memory"


def lower_bound(model: Inspection, peak: Peak) -> Bound:
    """Computing and moving overlap at best, so the larger of both is the bound; everything else a run does is free.

    Only products that no runtime avoids count (see OperatorCost.least_macs), and only bytes that caches can't keep.
    """
    seconds = model.least_macs(FLOAT) / peak.float_macs + model.least_macs(INT8) / peak.int8_macs
    beyond = max(0.0, model.needed_bytes - peak.cache_bytes)
    return Bound(1000 * seconds, 1000 * beyond / peak.memory_bytes if peak.memory_bytes else 0.0)


@dataclass(frozen=True)
class Cores:
    """Cores of one kind and clock."""

    core: str
    count: int
    ghz: float


@dataclass(frozen=True)
class Cpu:
    cores: list[Cores]
    vector_pipes: int  # 128-bit vector instructions per core and cycle, at most


@dataclass(frozen=True)
class Gpu:
    name: str
    fp16_tflops: float


@dataclass(frozen=True)
class Chip:
    """A phone's chip with its published figures, and where they stand."""

    name: str
    year: int
    memory_gb_per_s: float
    sources: list[str]
    cpu: Cpu | None = None
    gpu: Gpu | None = None

    def peak(self, unit: str) -> Peak | None:
        """The unit's peaks; None where no figure could be cited."""
        memory = 1e9 * self.memory_gb_per_s
        if unit == CPU and self.cpu:
            starts = 1e9 * self.cpu.vector_pipes * sum(cores.count * cores.ghz for cores in self.cpu.cores)
            return Peak(CPU, starts * LANES[FLOAT], starts * LANES[INT8], memory, PHONE_CACHES)
        if unit == GPU and self.gpu:
            macs = 1e12 * self.gpu.fp16_tflops / 2
            return Peak(GPU, macs, macs, memory, PHONE_CACHES)
        return None


@dataclass(frozen=True)
class _Table:
    chips: list[Chip] = field(default_factory=list)


@functools.cache
def chips() -> Sequence[Chip]:
    """The table of current chips, newest first."""
    return tuple(sorted(read_yaml(CHIPS, _Table).chips, key=lambda chip: -chip.year))
