"""How far each layer of a quantized graph is from the float graph's, on real pictures. Run in a process of its own: it
must not import tensorflow."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from export.verify import Case, load_cases, save_cases
from pynet_bokeh import files
from pynet_bokeh.cli import run as run_command
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import TflitePredictor


def layer_errors(float_model: Path, quantized: Path, tensors: Mapping[str, str], cases: Sequence[Case]) -> dict:
    """Runs both graphs with LiteRT's built-in kernels and compares what they hold inside.

    Args:
      tensors: for each layer the name of the tensor that it gives, the same in both files.

    Returns by layer, where both have the tensor: `seen`, the float values' lowest and highest; `range` and `step` of
    the stored integers, None where it is float; `clipped`, the share of values outside the range by more than half a
    step; `error`, the root of the mean squared difference, and `snr`, decibels of the values above it. Errors include
    those that came in with what the layer reads.
    """
    both = [TflitePredictor(path, xnnpack=False, any_scale=True, keep_all=True) for path in (float_model, quantized)]
    inner = [predictor.inner_tensors() for predictor in both]
    found: dict[str, dict] = {}
    for case in cases:
        for predictor in both:
            predictor(case.image, case.extra, case.strength)
        for layer, tensor in tensors.items():
            if tensor not in inner[0] or tensor not in inner[1]:
                continue
            values, stored = (
                predictor.inner_values(names[tensor][0]) for predictor, names in zip(both, inner, strict=True)
            )
            described = inner[1][tensor][1]
            one = found.setdefault(layer, _nothing(described))
            one["seen"] = [min(one["seen"][0], float(values.min())), max(one["seen"][1], float(values.max()))]
            if one["range"]:
                low, high = one["range"]
                out = (values < low - one["step"] / 2) | (values > high + one["step"] / 2)
                one["clipped"] += float(out.mean()) / len(cases)
            difference = described.dequantize(stored) - values
            one["error"] += float(np.mean(np.square(difference, dtype=np.float64))) / len(cases)
            one["power"] += float(np.mean(np.square(values, dtype=np.float64))) / len(cases)
    for one in found.values():
        power, error = one.pop("power"), one["error"]
        one["error"] = float(np.sqrt(error))
        one["snr"] = float(10 * np.log10(power / error)) if power > 0 and error > 0 else None
    return found


def _nothing(tensor) -> dict:
    limits = None
    if tensor.scale:
        ends = np.iinfo(tensor.dtype)
        limits = [float(tensor.scale * (end - tensor.zero_point)) for end in (ends.min, ends.max)]
    empty = {"seen": [np.inf, -np.inf], "range": limits, "step": float(tensor.scale) or None}
    return {**empty, "clipped": 0.0, "error": 0.0, "power": 0.0}


def by_another_process(
    float_model: Path, quantized: Path, tensors: Mapping[str, str], cases: Sequence[Case]
) -> dict[str, dict]:
    """`layer_errors` for a process that has imported tensorflow. Raises UserError with the other one's last words."""
    with tempfile.TemporaryDirectory() as folder:
        names, pictures, result = (Path(folder) / name for name in ("tensors.json", "cases.npz", "errors.json"))
        files.write_json(names, tensors)
        save_cases(pictures, cases)
        command = [sys.executable, "-m", "export.layer_errors", float_model, quantized, names, pictures, result]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode:
            last_line = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise UserError(f"the graphs could not be compared ({last_line.removeprefix('error: ')})")
        return files.read_json(result)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m export.layer_errors FLOAT QUANTIZED TENSORS CASES RESULT`, all of them files."""
    float_model, quantized, tensors, cases, result = sys.argv[1:] if argv is None else argv

    def command(_):
        found = layer_errors(Path(float_model), Path(quantized), files.read_json(tensors), load_cases(Path(cases)))
        files.write_json(Path(result), json.loads(json.dumps(found)))
        return 0

    return run_command(command, None)


if __name__ == "__main__":
    raise SystemExit(main())
