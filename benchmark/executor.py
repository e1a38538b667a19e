"""Where a model runs: one interface for the host and for phones, and a fake one for tests."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmark import machine
from benchmark.machine import Machine
from benchmark.samples import XNNPACK, Delegation, Effort, Latency, Memory, PhotoCost, Setting, Signature, TensorFacts
from pynet_bokeh.errors import UserError


class Unavailable(UserError):
    """The place itself is gone, such as a phone that was unplugged: nothing more can be measured there."""


class Executor(Protocol):
    """Runs one model in one setting and hands back raw samples. It judges nothing and prints nothing.

    Every method raises UserError, one line naming `model`, when the model can't be opened or run there, and
    Unavailable when nothing can any more.
    """

    name: str

    def machine(self) -> Machine:
        """Facts about where models run, now."""

    def inspect(self, model: Path) -> Signature:
        """Opens the model without running it: inputs and outputs."""

    def latency(self, model: Path, setting: Setting, effort: Effort) -> Latency:
        """Times the model in a fresh process."""

    def memory(self, model: Path, setting: Setting) -> Memory:
        """Peak memory in a fresh process of its own: timing loops and their lists stay out of it."""

    def photo(self, model: Path, setting: Setting, photo: Path) -> PhotoCost:
        """What rendering a photo from file to file costs by stage; only where models run on this machine's CPU."""


class FakeExecutor:
    """A deterministic executor that runs nothing: for tests of the method and of reports.

    Args:
      milliseconds: by the model's stem, its latency with XNNPACK on one thread. n threads take 1/n of it, the built-in
        kernels ten times as much.
      failing: by the model's stem, why it can't be run.
      noise: standard deviation of the samples, as a share of the latency.
      drift: by how much each process is slower than the one before, as a share: a machine that heats up.
      cold: how many times slower than a later one the first inference is.

    `calls` lists what was asked for: ("latency", stem, setting) and so on.
    """

    name = "fake"

    def __init__(
        self,
        milliseconds: Mapping[str, float],
        *,
        failing: Mapping[str, str] | None = None,
        noise: float = 0.01,
        drift: float = 0.0,
        cold: float = 2.0,
        delegation: Delegation | None = None,
    ):
        self._milliseconds = dict(milliseconds)
        self._failing = dict(failing or {})
        self._noise = noise
        self._drift = drift
        self._cold = cold
        self._delegation = delegation or Delegation(nodes=12, delegated=12, partitions=1)
        self.calls: list[tuple] = []

    def machine(self) -> Machine:
        return machine.describe()

    def inspect(self, model: Path) -> Signature:
        self._call("inspect", model)
        picture = {"shape": [1, 64, 64, 3], "dtype": "float32"}
        return Signature(inputs=[TensorFacts("image", **picture)], outputs=[TensorFacts("bokeh", **picture)])

    def latency(self, model: Path, setting: Setting, effort: Effort) -> Latency:
        number = self._call("latency", model, setting)
        typical = self._milliseconds[model.stem] / setting.threads * (1 + self._drift) ** number
        if setting.kernels != XNNPACK:
            typical *= 10
        seed = hashlib.sha256(f"{model.stem} {setting} {number}".encode()).digest()
        generator = np.random.default_rng(list(seed))
        samples = typical * np.exp(self._noise * generator.standard_normal(effort.min_runs))
        none = Delegation(nodes=self._delegation.nodes, delegated=0, partitions=0)
        return Latency(
            initialisation_ms=typical * 5,
            first_ms=typical * self._cold,
            warmup_ms=[typical * 1.5] * (3 if effort.warmup is None else effort.warmup),
            samples_ms=samples.tolist(),
            settled=True if effort.warmup is None else None,
            delegation=self._delegation if setting.kernels == XNNPACK else none,
        )

    def memory(self, model: Path, setting: Setting) -> Memory:
        self._call("memory", model, setting)
        return Memory(baseline_mb=30.0, peak_mb=30.0 + self._milliseconds[model.stem])

    def photo(self, model: Path, setting: Setting, photo: Path) -> PhotoCost:
        self._call("photo", model, setting, photo)
        run = self._milliseconds[model.stem] / setting.threads
        stages = {"decode": 100.0, "resize": 20.0, "run": run, "blend": 200.0, "encode": 150.0}
        return PhotoCost(4000, 3000, 5_000_000, {stage: [ms] * 3 for stage, ms in stages.items()}, peak_mb=300.0)

    def _call(self, kind: str, model: Path, *details) -> int:
        self.calls.append((kind, model.stem, *details))
        if model.stem in self._failing:
            raise UserError(f"{model}: {self._failing[model.stem]}")
        return len([call for call in self.calls if call[0] == kind]) - 1
