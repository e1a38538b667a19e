"""One measurement, in the process that the host executor starts for it: `python -m benchmark.worker --help`.

Prints one JSON object on standard output. Errors are one line on standard error, exit code 2.
"""

import argparse
import contextlib
import gc
import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmark.machine import available_memory_mb
from benchmark.records import from_json, to_json
from benchmark.samples import (
    GPU,
    KERNELS,
    XNNPACK,
    Delegation,
    Effort,
    Latency,
    Memory,
    Setting,
    Signature,
    TensorFacts,
)
from benchmark.session import import_litert, open_session, random_pictures
from pynet_bokeh import cli, tflite_files
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import open_interpreter

STEADY_RUNS = 3  # the warm-up is over when the medians of the last three runs and of the three before …
STEADY_SHARE = 0.05  # … differ by less than this
MEMORY_RUNS = 3
MEMORY_SECONDS = 2.0  # a slow model has shown its memory before these runs are through
PATIENCE = 3
LEAST_MEMORY_MB = 500.0  # the interpreter and its libraries
# What LiteRT says when an allocation failed; where C++ threw std::bad_alloc it says nothing at all.
_NO_MEMORY = re.compile(r"failed to reshape runtime|alloc|nable to reserve|emory", re.I)


def steady(times: Sequence[float]) -> bool:
    """Whether the latest times no longer change: medians of the last three and of the three before agree within 5 %."""
    if len(times) < 2 * STEADY_RUNS:
        return False
    now, before = np.median(times[-STEADY_RUNS:]), np.median(times[-2 * STEADY_RUNS : -STEADY_RUNS])
    return bool(abs(now - before) < STEADY_SHARE * before)


def warm_up(run: Callable[[], float], effort: Effort) -> tuple[list[float], bool | None]:
    """Runs until steady or a bound is met; returns the times in ms and whether it settled (None: a fixed number)."""
    if effort.warmup is not None:
        return [run() for _ in range(effort.warmup)], None
    times: list[float] = []
    while not steady(times):
        if len(times) >= effort.warmup_max_runs or sum(times) >= 1000 * effort.warmup_max_seconds:
            return times, False
        times.append(run())
    return times, True


def timed_runs(
    run: Callable[[], float], effort: Effort, *, switches: Callable[[], int] = lambda: 0
) -> tuple[list[float], list[bool]]:
    """Runs until the minimums of `effort` hold or a maximum is met, at least once.

    Args:
      switches: how often a processor was taken away from this process so far. Runs in which that happens are disturbed:
        where they are many, up to `PATIENCE` times the minimums are spent on getting enough that are not.

    Returns the times in ms, and which were disturbed.
    """
    times: list[float] = []
    disturbed: list[bool] = []
    while not times or (len(times) < effort.max_runs and sum(times) < 1000 * effort.max_seconds):
        shares = len(times) / effort.min_runs, sum(times) / (1000 * effort.min_seconds or 1e-9)
        calm = len(times) - sum(disturbed)
        if times and min(shares) >= (1 if calm >= effort.min_runs else PATIENCE):
            break
        before = switches()
        times.append(run())
        disturbed.append(switches() != before)
    return times, disturbed


def processor_switches() -> int:
    """How often the system has taken a processor from a thread of this process for another one's sake (`ru_nivcsw`)."""
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def measure_latency(model: Path, setting: Setting, effort: Effort) -> Latency:
    """Times opening, the first inference, the warm-up and the runs that count. Only the inference is inside the clock;
    on the GPU that is until its output can be read."""
    import_litert(setting)
    start = time.perf_counter_ns()
    session = open_session(model, setting)
    initialisation = (time.perf_counter_ns() - start) / 1e6
    infer = session.fill()

    def run() -> float:
        start = time.perf_counter_ns()
        infer()
        return (time.perf_counter_ns() - start) / 1e6

    gc.disable()  # a collection in the middle of a run would be counted as the model's
    first = run()
    warmup, settled = warm_up(run, effort)
    samples, disturbed = timed_runs(run, effort, switches=processor_switches)
    return Latency(
        initialisation_ms=initialisation,
        first_ms=first,
        warmup_ms=warmup,
        samples_ms=samples,
        settled=settled,
        delegation=session.delegation(),
        adapter=session.adapter,
        disturbed=disturbed,
    )


def measure_memory(model: Path, setting: Setting) -> Memory:
    """The process's peak memory after three inferences, or as many as start within two seconds; and what it was with
    LiteRT imported but no model open."""
    import_litert(setting)
    baseline = peak_resident_mb()
    infer = open_session(model, setting).fill()
    began = time.monotonic()
    for _ in range(MEMORY_RUNS):
        infer()
        if time.monotonic() - began > MEMORY_SECONDS:
            break
    return Memory(baseline_mb=baseline, peak_mb=peak_resident_mb())


def inspect(model: Path) -> Signature:
    """Opens the model; its inputs and outputs. Raises UserError for an input without a fixed size."""
    interpreter = open_interpreter(model, threads=1)
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    for tensor in inputs:
        if any(size < 1 for size in tensor["shape_signature"][1:]):
            raise tflite_files.of_any_size(model)
    random_pictures(inputs)
    return Signature(inputs=[_facts(tensor) for tensor in inputs], outputs=[_facts(tensor) for tensor in outputs])


def partition_of(model: Path) -> Delegation:
    """Opens the model; how much of it XNNPACK takes. Raises UserError where the runtime doesn't tell."""
    part = open_session(model, Setting(XNNPACK, 1)).delegation()
    if part is None:
        raise UserError(f"{model}: this version of ai-edge-litert doesn't tell how it splits a model")
    return part


def peak_resident_mb() -> float:
    """The largest resident set of this process so far, in MB.

    Linux hands a process's `ru_maxrss` on to the programs it starts: below a parent of 2 GB every child "peaks" at
    2 GB. `VmHWM` belongs to the program itself, so it is preferred.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


@contextlib.contextmanager
def limited_memory(model: Path, setting: Setting) -> Iterator[None]:
    """Lets the process have what memory is available now and no more, so that a model too large for it is told instead
    of a neighbour killed. Raises UserError then; errors of LiteRT's own get a line, too. On the GPU there is no limit:
    drivers map whatever they may ever want."""
    available = None if setting.kernels == GPU else available_memory_mb()
    if available is not None:
        import resource  # not on Windows

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = int(max(available, LEAST_MEMORY_MB) * 1e6)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
    try:
        yield
    except (UserError, ValueError, RuntimeError, MemoryError) as error:
        cause = error.__cause__ if isinstance(error, UserError) else error
        lines = str(cause).strip().splitlines()
        if available is not None and cause is not None and (not lines or _NO_MEMORY.search(lines[0])):
            raise UserError(
                f"{model}: too large for memory, most likely: its tensors can't be allocated in the {available:.0f} MB "
                "that are available"
            ) from error
        if isinstance(error, UserError):
            raise
        raise UserError(f"{model}: can't be run ({lines[-1] if lines else type(error).__name__})") from error


def _facts(tensor: dict) -> TensorFacts:
    scale, zero_point = tensor["quantization"]
    return TensorFacts(
        name=tensor["name"],
        shape=[int(size) for size in tensor["shape"]],
        dtype=np.dtype(tensor["dtype"]).name,
        scale=float(scale) if scale else None,
        zero_point=int(zero_point) if scale else None,
    )


def _measure(arguments: argparse.Namespace) -> int:
    model, setting = arguments.model, Setting(arguments.kernels, arguments.threads)
    with limited_memory(model, setting):
        if arguments.what == "latency":
            effort = from_json(Effort, json.loads(arguments.effort), where="--effort: ")
            record = measure_latency(model, setting, effort)
        else:
            single = {
                "inspect": inspect,
                "partition": partition_of,
                "memory": lambda model: measure_memory(model, setting),
            }
            record = single[arguments.what](model)
    if isinstance(record, Latency) and not all(math.isfinite(ms) and ms > 0 for ms in record.samples_ms):
        raise UserError(f"{model}: the clock of this machine is too coarse for it")
    print(json.dumps(to_json(record)))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m benchmark.worker", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("inspect", "partition", "latency", "memory"))
    parser.add_argument("model", type=Path)
    parser.add_argument("--kernels", choices=KERNELS, default=XNNPACK)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--effort", default="{}", help="fields of benchmark.samples.Effort as JSON")
    return cli.run(_measure, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
