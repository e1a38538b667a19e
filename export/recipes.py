"""Quantization recipes as named data. An artifact's sidecar carries the one it was made with."""

import dataclasses

from pynet_bokeh.errors import UserError


@dataclasses.dataclass(frozen=True)
class QuantizationRecipe:
    """How a float network becomes a .tflite, and how far the result may lie from it.

    Attributes:
      name: as in `QUANT=`.
      summary: one line for people.
      optimize: let the converter quantize the weights.
      float16: store weights in half precision.
      calibrated: quantize activations with ranges seen on representative pictures (after training).
      trained: fine-tune with fake quantization first (quantization-aware training).
      integer_edges: uint8 pictures in and out, scale 1/255.
      min_psnr: decibels that each verification picture must reach against the float network.
      max_drop: decibels that the PSNR of all pictures together against the targets may lose, where there are targets.
    """

    name: str
    summary: str
    optimize: bool
    float16: bool
    calibrated: bool
    trained: bool
    integer_edges: bool
    min_psnr: float
    max_drop: float


@dataclasses.dataclass(frozen=True)
class QatSchedule:
    """The fine-tuning of a quantization-aware recipe.

    Attributes:
      steps: optimiser steps; 0 only calibrates.
      batch: pictures a step; the recipe's own batch where that is smaller.
      learning_rate: at the start, falling to a hundredth along a cosine.
      calibration_batches: float batches that set the ranges before the first step.
      crop: longest side of a picture in pixels; the recipe's own crop where that is smaller.
    """

    steps: int = 400
    batch: int = 8
    learning_rate: float = 1e-4
    calibration_batches: int = 16
    crop: int = 512

    def __post_init__(self):
        for name, least in (("steps", 0), ("batch", 1), ("calibration_batches", 1), ("crop", 1)):
            if getattr(self, name) < least:
                option = f"--qat-{name.replace('_', '-')}"
                raise UserError(f"{option}: a whole number, {least} or more, is wanted; received {getattr(self, name)}")
        if not 0 < self.learning_rate < float("inf"):
            raise UserError(f"--qat-learning-rate: a number above 0 is wanted; received {self.learning_rate}")


RECIPES = {
    recipe.name: recipe
    for recipe in (
        QuantizationRecipe(
            "fp32", "float weights and arithmetic", False, False, False, False, False, min_psnr=60.0, max_drop=0.01
        ),
        QuantizationRecipe(
            "fp16",
            "half-precision weights, float arithmetic",
            True,
            True,
            False,
            False,
            False,
            min_psnr=50.0,
            max_drop=0.02,
        ),
        QuantizationRecipe(
            "dynamic_int8",
            "int8 weights, activations quantized on the fly",
            True,
            False,
            False,
            False,
            False,
            min_psnr=32.0,
            max_drop=0.3,
        ),
        QuantizationRecipe(
            "ptq_int8",
            "int8 weights and activations, ranges from pictures seen after training",
            True,
            False,
            True,
            False,
            True,
            min_psnr=32.0,
            max_drop=0.5,
        ),
        QuantizationRecipe(
            "qat_int8",
            "int8 weights and activations, fine-tuned with fake quantization",
            True,
            False,
            False,
            True,
            True,
            min_psnr=32.0,
            max_drop=0.3,
        ),
    )
}


def recipe_named(name: str) -> QuantizationRecipe:
    """The recipe called `name`; raises UserError with the known names."""
    if name not in RECIPES:
        raise UserError(f"quantization: {', '.join(RECIPES)} are known; received {name!r}")
    return RECIPES[name]
