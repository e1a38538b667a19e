"""Does a .tflite fit phone GPUs? Known refusals by name, the range of fp16 on real pictures, and a real compilation."""

import dataclasses
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from export import debian, gpu_rules, photo_inputs, raw_worker
from export.gpu_rules import Finding, HalfRange
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.runtime import Tensor, open_interpreter, signature

PICTURES = 1  # software Vulkan is slow
PEAK_DB = 200.0  # stands for equal pictures
MIN_DB = {"gpu_f32": {"float": 90.0, "integer": 30.0}, "gpu": {"float": 40.0, "integer": 30.0}}
"""What the GPU's picture must have to the CPU's, by precision and by how the CPU computes: a GPU has no integers, and
computes with the weights' and, where they have a scale, the activations' steps in float."""
NAMED = 5  # of the operators that are refused for one reason
SECONDS = 400.0
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclasses.dataclass
class GpuReport:
    """What was found.

    Attributes:
      operators: number of the graph's operators.
      rejected: those that phone GPUs are known to reject.
      half: how near its numbers come to the largest of fp16.
      compiled: whether LiteRT's accelerator took the whole graph; None: not tried.
      agreement: PSNR in dB to the CPU's picture, by precision: `gpu_f32` and `gpu` (fp16).
      failures: one line each; empty when the model fits.
      skipped: what was not checked and why, one line each.
    """

    operators: int
    rejected: list[Finding]
    half: HalfRange
    compiled: bool | None = None
    agreement: dict[str, float] = dataclasses.field(default_factory=dict)
    failures: list[str] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)


def driver_environment() -> dict[str, str] | None:
    """What a process needs to find a Vulkan driver: that of the unpacked software driver; nothing where only the system
    has one; None where there is neither."""
    tree = debian.folder(debian.VULKAN)
    if debian.is_there(debian.VULKAN):
        libraries = [str(path) for path in (*tree.glob("usr/lib/*-linux-gnu"), *tree.glob("lib/*-linux-gnu"))]
        before = [path for path in [os.environ.get("LD_LIBRARY_PATH")] if path]
        return {
            "LD_LIBRARY_PATH": os.pathsep.join([*libraries, *before]),
            "VK_DRIVER_FILES": str(tree / debian.VULKAN.proof),
            "GALLIVM_PERF": "nopt",  # compiling the shaders is what takes long, not running them once
        }
    return {} if any(Path("/usr/share/vulkan/icd.d").glob("*.json")) else None


def check(model: Path, *, seconds: float = SECONDS, report: Callable[[str], None] = print) -> GpuReport:
    """Checks a .tflite of a bokeh network for phone GPUs.

    Args:
      seconds: a run that takes longer is ended, and counts as not checked.
      report: is told what is being done.

    Raises UserError when the file can't be opened or is no such network.
    """
    graph = tflite_graph.read(model)
    pictures = photo_inputs.stored_inputs(model, count=PICTURES)
    result = GpuReport(len(graph.operators), gpu_rules.rejected(graph), gpu_rules.half_range(model, pictures))
    result.failures += [*_named(result.rejected), *map(str, result.half.overflows)]
    environment = driver_environment()
    if environment is None:
        result.skipped.append(
            "compilation for the GPU: there is no Vulkan driver here; `python -m export fetch-emulators` brings one"
        )
        return result

    _, outputs = signature(open_interpreter(model, threads=1), model)
    with tempfile.TemporaryDirectory() as work:
        inputs = Path(work) / "inputs.npz"
        raw_worker.save(inputs, pictures)
        reference = _ask(model, inputs, "xnnpack", {}, seconds)
        if isinstance(reference, _Refusal):
            raise UserError(f"{model}: {reference.reason}")
        arithmetic = "integer" if any(tensor.dtype.startswith("int8") for tensor in graph.tensors) else "float"
        for where in MIN_DB:
            report(f"{model.name}: {where.replace('_', ', ')} on {'software ' if environment else ''}Vulkan")
            answer = _ask(model, inputs, where, environment, seconds)
            if not isinstance(answer, _Refusal):
                result.compiled = True
                for name, tensor in outputs.items():
                    both = [[one[name] for one in group] for group in (answer, reference)]
                    _judge(result, where, tensor, *both, MIN_DB[where][arithmetic])
            elif answer.slow:
                result.compiled = True if answer.compiled else result.compiled
                result.skipped.append(f"comparison of {where} with the CPU: {answer.reason}")
            else:
                result.compiled = answer.compiled
                result.failures.append(f"{where}: {answer.reason}")
                break
    return result


def _named(rejected: list[Finding]) -> list[str]:
    """One line each, of those with the same reason only the first."""
    counts: dict[str, int] = {}
    lines = []
    for finding in rejected:
        counts[finding.reason] = counts.get(finding.reason, 0) + 1
        if counts[finding.reason] <= NAMED:
            lines.append(str(finding))
    return lines + [f"{count - NAMED} more: {reason}" for reason, count in counts.items() if count > NAMED]


def _judge(result: GpuReport, where: str, tensor: Tensor, ours: list, theirs: list, wanted: float) -> None:
    pairs = [(tensor.dequantize(a), tensor.dequantize(b)) for a, b in zip(ours, theirs, strict=True)]
    if not all(np.isfinite(a).all() for a, _ in pairs):
        result.failures.append(f"{where}: {tensor.name} holds infinity or NaN, which the CPU's does not")
        return
    lowest = min(min(psnr(a, b), PEAK_DB) for a, b in pairs)
    result.agreement[where] = min(lowest, result.agreement.get(where, PEAK_DB))
    if lowest < wanted:
        result.failures.append(f"{where}: {tensor.name} has {lowest:.1f} dB to the CPU's, {wanted:g} wanted")


@dataclasses.dataclass(frozen=True)
class _Refusal:
    reason: str
    compiled: bool
    slow: bool


def _ask(model: Path, inputs: Path, where: str, environment: Mapping[str, str], seconds: float):
    """The outputs from a process of its own, or a _Refusal. LiteRT gives a GPU two minutes for a picture."""
    outputs = inputs.parent / f"{where}.npz"
    command = [sys.executable, "-m", "export.raw_worker", str(model.resolve()), str(inputs), str(outputs)]
    search = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            [*command, "--where", where],
            env={**os.environ, **environment, "PYTHONPATH": search},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        compiled = raw_worker.COMPILED in (error.stdout or b"").decode(errors="replace")
        return _Refusal(f"took longer than {seconds:.0f} s here (--seconds)", compiled, slow=True)
    if done.returncode == 0:
        return raw_worker.load(outputs)
    compiled = raw_worker.COMPILED in done.stdout
    if compiled and any(word in done.stderr for word in ("DEADLINE_EXCEEDED", "Timed out", "Failed to lock custom")):
        reason = "LiteRT's two minutes for a picture were too few on this machine; an export of a smaller size, as "
        return _Refusal(reason + "--size 256x256, has the same operators", compiled, slow=True)
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    own = [line.removeprefix("error: ") for line in said if line.startswith("error: ")]
    why = next((_reason(said[place:]) for place, line in enumerate(said) if any(word in line for word in _REASONS)), "")
    ended = f"its process ended with {done.returncode}" if not own else own[-1].removeprefix(f"{model.resolve()}: ")
    return _Refusal(ended + (f" ({why})" if why else ""), compiled, slow=False)


def _reason(said: list[str]) -> str:
    """The first line, or where that only announces a list, what follows it."""
    first = said[0].removeprefix("ERROR: ")
    return f"{first} {said[1]}" if first.endswith(":") and len(said) > 1 else first


_REASONS = ("not supported", "unsupported", "Unsupported", "UNIMPLEMENTED", "No selector", "INVALID_ARGUMENT")
