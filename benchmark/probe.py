"""What this machine can do at most, measured by small programs; and whether the bounds made from it hold."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark import machine
from benchmark.bounds import CPU, Bound, Peak, lower_bound
from benchmark.host import HostExecutor
from benchmark.inspection import inspect
from benchmark.machine import Machine
from benchmark.probe_models import matmul_macs, matmul_model
from benchmark.probe_worker import Rate
from benchmark.process import ask
from benchmark.records import from_json, to_json
from benchmark.results import Results
from benchmark.samples import GPU, XNNPACK, Effort, Setting
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json, sha256, write_json

FORMAT = "pynet-bokeh probe"
SHAPES = ((32, 256), (32, 512), (48, 1024))  # side of the picture, channels: 0.07 to 2.4 GMAC
EFFORT = Effort(min_runs=20, min_seconds=1.0, max_seconds=3.0)
ROUNDS = 2
CORES = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class ThreadPeak:
    """The best that was reached with so many threads: multiply-accumulates and bytes per second."""

    threads: int
    float_macs: float
    int8_macs: float
    memory_bytes: float


@dataclass(frozen=True)
class Probe:
    """A machine's peaks."""

    machine: Machine
    cache_bytes: int
    peaks: list[ThreadPeak]

    def peak(self, threads: int) -> Peak:
        """That of so many threads, at least what fewer reached; of a number that wasn't probed, a multiple.

        Cores that share a clock and a memory are slower together, so a multiple of fewer cores' is never too small.
        """
        smaller = [one for one in self.peaks if one.threads <= threads]
        if not smaller:
            raise UserError(f"the probe has no peak for {threads} threads; probe again with --threads {threads}")
        nearest = max(smaller, key=lambda one: one.threads)
        times = threads / nearest.threads
        return Peak(
            unit=CPU,
            float_macs=times * max(one.float_macs for one in smaller),
            int8_macs=times * max(one.int8_macs for one in smaller),
            memory_bytes=times * max(one.memory_bytes for one in smaller),
            cache_bytes=self.cache_bytes,
        )


@dataclass(frozen=True)
class BoundCheck:
    """A measured latency beside its bound; `fastest_ms` is the fastest of all runs, not the median."""

    model: str
    setting: Setting
    bound: Bound
    median_ms: float
    fastest_ms: float

    @property
    def holds(self) -> bool:
        return self.fastest_ms >= self.bound.ms


def probe(threads: Sequence[int], *, announce: Callable[[str], None] = lambda text: None) -> Probe:
    """Measures matrix products with LiteRT (float and 8 bits) and numpy, and memory traffic, by number of threads.

    The best of all runs counts: a peak that is too low would make a bound that isn't one.
    """
    return Probe(machine.describe(), cache_bytes(), [_thread_peak(count, announce) for count in threads])


def check(probed: Probe, results: Results) -> list[BoundCheck]:
    """Each measurement of `results` beside its bound on this machine, from the models' own files.

    Raises UserError when the results are another machine's, or a model's file is gone or another one.
    """
    if results.on_phone or results.machine.cpu != probed.machine.cpu:
        raise UserError(
            f"the results are of another machine ({results.machine.cpu}) than the probe ({probed.machine.cpu})"
        )
    found = []
    for facts in results.models:
        model = inspect(Path(facts.path))
        if sha256(Path(facts.path)) != facts.sha256:
            raise UserError(f"{facts.path}: is not the file any more that was measured")
        for one in results.measurements:
            if one.model == facts.name and one.setting.kernels != GPU:
                summary = one.summary()
                bound = lower_bound(model, probed.peak(one.setting.threads))
                found.append(BoundCheck(one.model, one.setting, bound, summary.median, summary.min))
    return found


def write(path: Path, probed: Probe) -> None:
    write_json(path, {"format": FORMAT, **to_json(probed)})


def read(path: Path) -> Probe:
    """Reads what `write` wrote; UserError names the file and what is wrong with it."""
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path}: not a machine's peaks (python -m benchmark probe --out writes them)")
    return from_json(Probe, content, where=f"{path}: ")


def _thread_peak(threads: int, announce: Callable[[str], None]) -> ThreadPeak:
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for int8 in (False, True):
            best = 0.0
            for side, channels in SHAPES:
                model = Path(folder) / f"{'int8' if int8 else 'float'}_{side}_{channels}.tflite"
                model.write_bytes(matmul_model(side=side, channels=channels, int8=int8))
                announce(f"{threads} threads: {model.stem}")
                for _ in range(ROUNDS):
                    latency = HostExecutor().latency(model, Setting(XNNPACK, threads), EFFORT)
                    seconds = min([latency.first_ms, *latency.warmup_ms, *latency.samples_ms]) / 1000
                    best = max(best, matmul_macs(side=side, channels=channels) / seconds)
            rates[int8] = best
    announce(f"{threads} threads: numpy, memory")
    return ThreadPeak(
        threads=threads,
        float_macs=max(rates[False], _numpy("gemm", threads)),
        int8_macs=max(rates[True], rates[False]),
        memory_bytes=_numpy("copy", threads),
    )


def _numpy(what: str, threads: int) -> float:
    limits = {name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    rate = ask(
        Rate,
        "benchmark.probe_worker",
        [what, "--threads", str(threads)],
        subject=f"probe {what}",
        runner="numpy",
        setting=f"{threads} threads",
        seconds=120,
        environment=limits,
    )
    return rate.per_second


def cache_bytes(folder: Path = CORES) -> int:
    """All caches for data together, of every core and level, one that cores share once; 0 where the system doesn't
    tell."""
    sizes = {}
    for cache in folder.glob("cpu[0-9]*/cache/index*"):
        try:
            level, kind, size, shared = (
                (cache / name).read_text().strip() for name in ("level", "type", "size", "shared_cpu_list")
            )
            if kind != "Instruction":
                sizes[level, kind, shared] = int(size.removesuffix("K")) * 1024
        except (OSError, ValueError):
            continue
    return sum(sizes.values())
