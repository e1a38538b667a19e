"""What is asked of an executor, and what comes back: settings, effort, raw samples."""

from dataclasses import dataclass, field

XNNPACK = "xnnpack"
BUILTIN = "builtin"
KERNELS = (XNNPACK, BUILTIN)
KERNELS_IN_WORDS = {XNNPACK: "XNNPACK", BUILTIN: "built-in"}


@dataclass(frozen=True, order=True)
class Setting:
    """With which kernels and how many threads a model runs. A latency means nothing without its setting."""

    kernels: str  # one of KERNELS
    threads: int

    def __str__(self) -> str:
        return f"{KERNELS_IN_WORDS[self.kernels]} kernels, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True)
class Effort:
    """How much is measured in one process. Minimums hold together; a maximum ends the runs whatever the minimums."""

    warmup: int | None = None  # exactly so many runs; None: until they are steady or a bound below is met
    warmup_max_runs: int = 50
    warmup_max_seconds: float = 2.0
    min_runs: int = 10
    min_seconds: float = 0.5
    max_runs: int = 10_000
    max_seconds: float = 10.0


@dataclass(frozen=True)
class TensorFacts:
    """An input or output: NHWC shape, numpy's name of the type, scale and zero point of a quantized one."""

    name: str
    shape: list[int]
    dtype: str
    scale: float | None = None
    zero_point: int | None = None


@dataclass(frozen=True)
class Signature:
    """What goes into a model and what comes out."""

    inputs: list[TensorFacts]
    outputs: list[TensorFacts]


@dataclass(frozen=True)
class Delegation:
    """How much of the graph the delegate took."""

    nodes: int
    delegated: int
    partitions: int
    left: dict[str, int] = field(default_factory=dict)  # operators that stayed on the built-in kernels, and how many


@dataclass(frozen=True)
class Latency:
    """One process's times, raw, in milliseconds. Only `samples_ms` enters the statistics."""

    initialisation_ms: float  # open the file, build the interpreter, allocate the tensors
    first_ms: float  # the first inference after that
    warmup_ms: list[float]
    samples_ms: list[float]
    settled: bool | None  # the warm-up ended because it was steady; None: a fixed number of runs was asked for
    delegation: Delegation | None  # None where the runtime doesn't tell


@dataclass(frozen=True)
class Memory:
    """A process's largest resident set, in MB of 10^6 bytes, before the model was loaded and after it ran."""

    baseline_mb: float
    peak_mb: float
