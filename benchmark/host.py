"""LiteRT on this machine, on its CPU or GPU, each measurement in a fresh process."""

import json
import time
from pathlib import Path

from benchmark.machine import Machine, describe
from benchmark.process import ask
from benchmark.records import to_json
from benchmark.samples import BUILTIN, XNNPACK, Delegation, Effort, Latency, Memory, PhotoCost, Setting, Signature

PROCESS_SECONDS = 600.0


class HostExecutor:
    """Runs `benchmark.worker` once per measurement.

    A fresh process starts with cold caches, its own memory layout and no other model's memory pools; a model that
    crashes or is killed for memory takes only that process with it.

    Args:
      process_seconds: a process that takes longer is ended, which is an error; None: 600 that no option changes.
      pause: seconds of rest before each timed process.
    """

    name = "LiteRT on this machine"

    def __init__(self, *, process_seconds: float | None = None, pause: float = 0.0):
        self._process_seconds = process_seconds
        self._pause = pause

    def machine(self) -> Machine:
        return describe()

    def inspect(self, model: Path) -> Signature:
        return self._ask(Signature, "inspect", model, Setting(XNNPACK, 1))

    def partition(self, model: Path) -> Delegation:
        """How much of the model XNNPACK takes, without running it."""
        return self._ask(Delegation, "partition", model, Setting(XNNPACK, 1))

    def latency(self, model: Path, setting: Setting, effort: Effort) -> Latency:
        time.sleep(self._pause)
        return self._ask(Latency, "latency", model, setting, "--effort", json.dumps(to_json(effort)))

    def memory(self, model: Path, setting: Setting) -> Memory:
        return self._ask(Memory, "memory", model, setting)

    def photo(self, model: Path, setting: Setting, photo: Path) -> PhotoCost:
        return self._start(PhotoCost, "benchmark.photo", model, setting, [str(model), str(photo)])

    def _ask(self, kind, what: str, model: Path, setting: Setting, *options: str):
        return self._start(kind, "benchmark.worker", model, setting, [what, str(model), *options])

    def _start(self, kind, module: str, model: Path, setting: Setting, arguments: list[str]):
        hints = ["give it more with --process-seconds"] if self._process_seconds is not None else []
        hints += ["the built-in kernels are slow, try --kernels xnnpack"] if setting.kernels == BUILTIN else []
        return ask(
            kind,
            module,
            [*arguments, "--kernels", setting.kernels, "--threads", str(setting.threads)],
            subject=str(model),
            runner="LiteRT",
            setting=str(setting),
            seconds=PROCESS_SECONDS if self._process_seconds is None else self._process_seconds,
            hint="".join(f"; {hint}" for hint in hints),
        )
