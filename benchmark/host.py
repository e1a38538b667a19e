"""LiteRT on the CPU of this machine, each measurement in a fresh process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from benchmark.records import from_json, to_json
from benchmark.samples import BUILTIN, XNNPACK, Effort, Latency, Memory, Setting, Signature
from pynet_bokeh.errors import UserError

PROCESS_SECONDS = 600.0
REPOSITORY = Path(__file__).resolve().parent.parent


class HostExecutor:
    """Runs `benchmark.worker` once per measurement.

    A fresh process starts with cold caches, its own memory layout and no other model's memory pools; a model that
    crashes or is killed for memory takes only that process with it.

    Args:
      process_seconds: a process that takes longer is ended, which is an error.
    """

    name = "LiteRT on the host's CPU"

    def __init__(self, *, process_seconds: float = PROCESS_SECONDS):
        self._process_seconds = process_seconds

    def inspect(self, model: Path) -> Signature:
        return self._ask(Signature, "inspect", model, Setting(XNNPACK, 1))

    def latency(self, model: Path, setting: Setting, effort: Effort) -> Latency:
        return self._ask(Latency, "latency", model, setting, "--effort", json.dumps(to_json(effort)))

    def memory(self, model: Path, setting: Setting) -> Memory:
        return self._ask(Memory, "memory", model, setting)

    def _ask(self, kind, what: str, model: Path, setting: Setting, *options: str):
        command = [sys.executable, "-m", "benchmark.worker", what, str(model)]
        command += ["--kernels", setting.kernels, "--threads", str(setting.threads), *options]
        # The package may run from a checkout that is not installed, whatever the current folder.
        search = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self._process_seconds,
                env={**os.environ, "PYTHONPATH": search},
            )
        except subprocess.TimeoutExpired as error:
            kernels = "; the built-in kernels are slow, try --kernels xnnpack" if setting.kernels == BUILTIN else ""
            raise UserError(
                f"{model}: took longer than {self._process_seconds:.0f} s in one process ({setting}); "
                f"give it more with --process-seconds{kernels}"
            ) from error
        if done.returncode:
            raise UserError(_failure(model, setting, done))
        return from_json(kind, json.loads(done.stdout.splitlines()[-1]), where=f"{model}: ")


def _failure(model: Path, setting: Setting, done: subprocess.CompletedProcess) -> str:
    """One line on why a worker failed: its own error, or what its exit status says."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if own:
        return own[-1] if str(model) in own[-1] else f"{model}: {own[-1]}"
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        memory = ", most likely for lack of memory" if name == "SIGKILL" else ""
        return f"{model}: LiteRT was ended by {name}{memory} ({setting})"
    return f"{model}: LiteRT failed ({setting}): {lines[-1] if lines else 'no message'}"
