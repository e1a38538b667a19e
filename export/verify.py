"""Does the .tflite draw what the float network drew? Run in a process of its own: it must not import tensorflow."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from export import contents
from export.recipes import Limits, QuantizationRecipe, from_dict
from pynet_bokeh import files, tflite_graph
from pynet_bokeh.cli import run as run_command
from pynet_bokeh.metrics import SSIM_WINDOW, psnr, ssim
from pynet_bokeh.runtime import TflitePredictor

BUILTIN_PICTURES = 2  # the built-in kernels are several times slower
IDENTICAL = 200.0  # dB that stand for equal pictures, whose PSNR is infinite


@dataclasses.dataclass(frozen=True)
class Case:
    """One picture to verify on.

    Attributes:
      name: for the report.
      image: the network's input, float32 [h,w,3] in [0,1].
      extra: its fourth channel [h,w], or None.
      strength: for networks that take one, or None.
      reference: the float Keras network's output, [H,W,3] in [0,1].
      target: the true picture [H,W,3], or None.
    """

    name: str
    image: np.ndarray
    extra: np.ndarray | None
    strength: float | None
    reference: np.ndarray
    target: np.ndarray | None


def verify(path: Path, recipe: QuantizationRecipe, cases: Sequence[Case]) -> dict:
    """Compares the .tflite with the references, under XNNPACK and with LiteRT's built-in kernels.

    Returns figures by kernels (PSNR in dB of all pictures together and of the worst, SSIM, worst pixel of 1), PSNR of
    all pictures together against the targets before and after, the file's `tensors` as it describes them itself, the
    `types` in it, its `largest_tensors` (none for a file of any size), and `failures`: one line for each threshold of
    the recipe that was missed; empty when all held.
    """
    figures: dict = {"pictures": len(cases), "kernels": {}, "failures": []}
    for kernels, chosen in (("xnnpack", cases), ("builtin", cases[:BUILTIN_PICTURES])):
        predictor = TflitePredictor(path, xnnpack=kernels == "xnnpack", any_scale=True)
        figures["tensors"] = predictor.describe()
        outputs = [predictor(case.image, case.extra, case.strength) for case in chosen]
        scores = [_compare(case, output) for case, output in zip(chosen, outputs, strict=True)]
        figures["kernels"][kernels] = _summary(scores)
        figures["failures"] += _missed(kernels, scores, figures["kernels"][kernels], recipe.limits)
        with_target = [(case, output) for case, output in zip(chosen, outputs, strict=True) if case.target is not None]
        if kernels == "xnnpack" and with_target:
            before = joint_psnr([psnr(case.reference, case.target) for case, _ in with_target])
            after = joint_psnr([psnr(output, case.target) for case, output in with_target])
            figures["target"] = {
                "pictures": len(with_target),
                "float_psnr": before,
                "tflite_psnr": after,
                "drop": before - after,
            }
            most = recipe.limits.max_drop
            if not before - after <= most:
                figures["failures"].append(
                    f"PSNR against the targets fell by {before - after:.2f} dB, at most {most:g} allowed"
                )
    graph = tflite_graph.read(path)
    figures["types"] = contents.types(graph)
    figures["largest_tensors"] = graph.largest_tensors() if predictor.input_size else []
    return figures


def _missed(kernels: str, scores: list[dict], summary: dict, limits: Limits) -> list[str]:
    """What lies too far from the float network, a line each."""
    missed = [
        f"{one['name']} ({kernels}): {one['psnr']:.2f} dB to the float network, {limits.min_psnr:g} wanted"
        for one in scores
        if not one["psnr"] >= limits.min_psnr
    ]
    missed += [
        f"{one['name']} ({kernels}): a pixel is {one['worst']:.3f} from the float network's, at most "
        f"{limits.max_pixel:g} allowed"
        for one in scores
        if not one["worst"] <= limits.max_pixel
    ]
    if summary["mean_ssim"] is not None and not summary["mean_ssim"] >= limits.min_ssim:
        missed.append(f"{kernels}: SSIM {summary['mean_ssim']:.4f} to the float network, {limits.min_ssim:g} wanted")
    return missed


def joint_psnr(psnrs: Sequence[float]) -> float:
    """The PSNR in dB of pictures of one size taken together, from that of each: of the mean of their squared errors.

    A mean of decibels would be decided by the easiest picture. A crop within a sharp subject can have 60 dB to its
    target; 50 dB after quantization is a change nobody sees, and would outweigh all other pictures.
    """
    error = float(np.mean(np.power(10.0, -np.asarray(psnrs, np.float64) / 10)))
    return IDENTICAL if error == 0 else min(float(-10 * np.log10(error)), IDENTICAL)


def _compare(case: Case, output: np.ndarray) -> dict:
    return {
        "name": case.name,
        "psnr": min(psnr(output, case.reference), IDENTICAL),
        "ssim": ssim(output, case.reference) if min(output.shape[:2]) >= SSIM_WINDOW else None,
        "worst": float(np.abs(output - case.reference).max()),
    }


def _summary(scores: list[dict]) -> dict:
    lowest = min(scores, key=lambda score: score["psnr"])
    return {
        "pictures": len(scores),
        "psnr": joint_psnr([score["psnr"] for score in scores]),
        "min_psnr": lowest["psnr"],
        "min_psnr_picture": lowest["name"],
        "mean_ssim": None if scores[0]["ssim"] is None else float(np.mean([score["ssim"] for score in scores])),
        "worst_pixel": max(score["worst"] for score in scores),
    }


def save_cases(path: Path, cases: Sequence[Case]) -> None:
    """Writes cases to a .npz for the verifying process."""
    arrays = {}
    for number, case in enumerate(cases):
        for field, value in vars(case).items():
            if value is not None:
                arrays[f"{number}/{field}"] = np.asarray(value)
    np.savez(path, **arrays)


def load_cases(path: Path) -> list[Case]:
    """Reads what save_cases wrote."""
    with np.load(path) as file:
        arrays = dict(file)
    cases: list[Case] = []
    while f"{len(cases)}/name" in arrays:
        number = len(cases)
        values = {field.name: arrays.get(f"{number}/{field.name}") for field in dataclasses.fields(Case)}
        cases.append(Case(**{**values, "name": str(values["name"])}))
    return cases


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m export.verify MODEL CASES RECIPE RESULT`: the process that export starts for each artifact; RECIPE as
    JSON."""
    model, cases, recipe, result = sys.argv[1:] if argv is None else argv

    def command(_):
        figures = verify(Path(model), from_dict(json.loads(recipe), where="recipe"), load_cases(Path(cases)))
        files.write_json(Path(result), json.loads(json.dumps(figures)))
        return 0

    return run_command(command, None)


if __name__ == "__main__":
    raise SystemExit(main())
