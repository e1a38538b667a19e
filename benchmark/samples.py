"""What is asked of an executor, and what comes back: settings, effort, raw samples."""

import statistics
from dataclasses import dataclass, field

XNNPACK = "xnnpack"
BUILTIN = "builtin"
GPU = "gpu"
CPU_KERNELS = (XNNPACK, BUILTIN)
KERNELS = (*CPU_KERNELS, GPU)
FEWEST_CALM = 5  # undisturbed samples of a process that can stand for it
KERNELS_IN_WORDS = {XNNPACK: "XNNPACK", BUILTIN: "built-in", GPU: "GPU"}


@dataclass(frozen=True, order=True)
class Setting:
    """With which kernels and how many threads a model runs. A latency means nothing without its setting."""

    kernels: str  # one of KERNELS
    threads: int  # 1 for the GPU, whose threads nobody chooses

    def __str__(self) -> str:
        if self.kernels == GPU:
            return "GPU"
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
    """How much of the graph the delegate took. A tool that says "all of it" without counting leaves both counts 0."""

    nodes: int
    delegated: int
    partitions: int
    left: dict[str, int] = field(default_factory=dict)  # operators that stayed on the built-in kernels, and how many

    @property
    def whole(self) -> bool:
        """Whether the delegate runs everything, in one piece."""
        return self.partitions == 1 and self.delegated == self.nodes and not self.left


@dataclass(frozen=True)
class Reported:
    """What a tool tells of its timed runs when it keeps the samples to itself, in milliseconds."""

    count: int
    mean_ms: float
    std_ms: float  # of the population, n
    min_ms: float
    max_ms: float
    median_ms: float | None = None  # older versions of benchmark_model tell none
    p5_ms: float | None = None
    p95_ms: float | None = None

    @property
    def typical_ms(self) -> float:
        """The median; the mean where there is none."""
        return self.mean_ms if self.median_ms is None else self.median_ms


@dataclass(frozen=True)
class PhoneState:
    """How warm and how charged a phone is; None where it doesn't tell."""

    battery_percent: int | None = None
    battery_celsius: float | None = None
    charging: bool | None = None
    thermal_status: int | None = None  # Android's: 0 none, 1 light, 2 moderate, 3 severe, … throttling
    hottest_celsius: float | None = None  # of the sensors that Android shows


@dataclass(frozen=True)
class Latency:
    """One process's times, raw, in milliseconds. Only `calm_ms` enters the statistics."""

    initialisation_ms: float  # open the file, build the interpreter, allocate the tensors
    first_ms: float  # the first inference after that
    warmup_ms: list[float]
    samples_ms: list[float]  # empty where `reported` is all there is
    settled: bool | None  # the warm-up ended because it was steady; None: a fixed number of runs was asked for
    delegation: Delegation | None  # None where the runtime doesn't tell
    reported: Reported | None = None
    before: PhoneState | None = None  # right before the process, None where it ran on no phone
    after: PhoneState | None = None
    adapter: str | None = None  # the GPU, as its driver calls it; None where it ran on none
    disturbed: list[bool] | None = None  # by sample: another program took a processor away meanwhile; None: not known

    @property
    def calm_ms(self) -> list[float]:
        """The samples that nobody disturbed, which tell of the model; all of them where those are too few to tell."""
        if self.disturbed is None:
            return self.samples_ms
        calm = [ms for ms, disturbed in zip(self.samples_ms, self.disturbed, strict=True) if not disturbed]
        return calm if len(calm) >= FEWEST_CALM else self.samples_ms

    @property
    def typical_ms(self) -> float:
        """The median of the calm samples, or what stands in for it."""
        return statistics.median(self.calm_ms) if self.samples_ms else self.reported.typical_ms


STAGES = ("decode", "resize", "run", "blend", "encode")


@dataclass(frozen=True)
class PhotoCost:
    """What rendering a photo cost from file to file, in a process of its own after one rendering for nothing."""

    width: int
    height: int
    bytes: int  # of the photo's file
    stages_ms: dict[str, list[float]]  # decode, resize, run, blend, encode: one time per repeat
    peak_mb: float  # the process's largest resident set

    @property
    def total_ms(self) -> float:
        """The median over the repeats of all stages together."""
        return statistics.median(sum(times) for times in zip(*self.stages_ms.values(), strict=True))


@dataclass(frozen=True)
class Memory:
    """A process's largest resident set, in MB of 10^6 bytes, before the model was loaded and after it ran."""

    baseline_mb: float | None  # None where the tool doesn't tell
    peak_mb: float
