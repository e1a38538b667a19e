"""Does a .tflite give on ARM64, emulated by qemu, what it gives here? 8-bit pictures must agree bit for bit where
nothing is computed in float on the way, floats within a tolerance.

XNNPACK is compared, which is what phones run. LiteRT's built-in int8 kernels do round differently on ARM64 (up to 13
steps of 255 on the phone model).
"""

import dataclasses
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from export import debian, photo_inputs, raw_worker
from export.check_gpu import REPOSITORY
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import open_interpreter, signature

CPUS = ("cortex-a53", "cortex-a76", "cortex-a710")
"""Without dot products (2012), with them (2018), with 8-bit matrix products (2021): XNNPACK has kernels for each."""
PICTURES = 2
FLOAT_TOLERANCE = 1e-4
STEPS = 2
"""Allowed of an 8-bit picture's 255 where a normalization in float is on the way: its sums differ in their last bits,
and a value between two 8-bit steps then goes the other way (1 step, double_vnet)."""
SECONDS = 900.0


@dataclasses.dataclass(frozen=True)
class Difference:
    """What one ARM core drew differently from this machine.

    Attributes:
      cpu: qemu's name of the core.
      output: the tensor's name.
      steps: whether it is 8-bit.
      allowed: what it may differ by; 0 is bit for bit.
      worst: the largest difference, in steps of an 8-bit output, else in real values.
      share: of the values that differ.
    """

    cpu: str
    output: str
    steps: bool
    allowed: float
    worst: float
    share: float

    @property
    def fits(self) -> bool:
        """Whether it is no more than allowed."""
        return self.worst <= self.allowed


def missing() -> str | None:
    """Why ARM64 can't be emulated here, or None: it can."""
    if platform.machine() == "aarch64":
        return "this machine is ARM64 itself: the verification of every export ran on it"
    there = debian.is_there(debian.QEMU) and debian.is_there(debian.ARM64) and debian.arm_site().is_dir()
    return None if there else "qemu and Python for ARM64 are not here; `python -m export fetch-emulators` brings them"


def check(
    model: Path,
    *,
    cpus: Sequence[str] = CPUS,
    pictures: int = PICTURES,
    seconds: float = SECONDS,
    report: Callable[[str], None] = print,
) -> list[Difference]:
    """Runs a .tflite of a bokeh network on this machine and on emulated ARM cores, and compares what they store.

    Args:
      pictures: how many of the bundled photos.
      seconds: a core that takes longer is an error.

    Raises UserError when the file can't be opened, and when the emulated process fails.
    """
    if reason := missing():
        raise UserError(f"{model}: {reason}")
    _, outputs = signature(open_interpreter(model, threads=1), model)
    mixed = _computes_in_float(model)
    differences = []
    with tempfile.TemporaryDirectory() as work:
        inputs = Path(work) / "inputs.npz"
        raw_worker.save(inputs, photo_inputs.stored_inputs(model, count=pictures))
        here = _ask([sys.executable], model, inputs, {}, seconds)
        for cpu in cpus:
            report(f"{model.name}: {cpu}, emulated")
            there = _ask(_emulated_python(cpu), model, inputs, {"PYTHONPATH": str(debian.arm_site())}, seconds)
            for name, tensor in outputs.items():
                steps = tensor.dtype.kind in "iu"
                allowed = (STEPS if mixed else 0) if steps else FLOAT_TOLERANCE
                ours, theirs = (np.stack([one[name] for one in group]).astype(np.float64) for group in (here, there))
                apart = np.abs(ours - theirs)
                worst = float(apart.max()) if np.isfinite(apart).all() else float("inf")
                differences.append(Difference(cpu, name, steps, allowed, worst, float(np.mean(ours != theirs))))
    return differences


def _computes_in_float(model: Path) -> bool:
    graph = tflite_graph.read(model)
    made = [tensor for one in graph.operators if one.kind != "DEQUANTIZE" for tensor in graph.made_by(one)]
    return any(tensor.dtype.startswith("float") for tensor in made)


def _emulated_python(cpu: str) -> list[str]:
    arm = debian.folder(debian.ARM64)
    qemu = debian.folder(debian.QEMU) / debian.QEMU.proof
    return [str(qemu), "-cpu", cpu, "-L", str(arm), str(arm / debian.ARM64.proof)]


def _ask(python: list[str], model: Path, inputs: Path, environment: dict, seconds: float) -> list[dict]:
    outputs = inputs.with_name("outputs.npz")
    search = [str(REPOSITORY), *filter(None, [environment.get("PYTHONPATH", os.environ.get("PYTHONPATH"))])]
    kept = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    try:
        done = subprocess.run(
            [*python, "-m", "export.raw_worker", str(model.resolve()), str(inputs), str(outputs)],
            env={**kept, "PYTHONPATH": os.pathsep.join(search), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{model}: took longer than {seconds:.0f} s, emulated") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"{model}: could not be run by {Path(python[0]).name} ({last.removeprefix('error: ')})")
    return raw_worker.load(outputs)
