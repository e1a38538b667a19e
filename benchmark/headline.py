"""The page's first sentences and figures: what a reader wants to know before looking further."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmark.page_inputs import Evaluation, PageInputs
from benchmark.report import signed, three_digits
from benchmark.results import Measurement, Results
from benchmark.samples import XNNPACK

INT8_NAMES = ("qat_int8", "ptq_int8", "int8")  # the first that is there speaks for the quantized model
FLOAT_NAMES = ("fp32", "float32", "float", "keras")


@dataclass(frozen=True)
class Figure:
    """One tile: what it is, the number with its unit, and what it refers to."""

    label: str
    value: str
    unit: str
    note: str


def sentence(inputs: PageInputs) -> str:
    """Whether the int8 model beats returning the input unchanged, and how far it is from the float model."""
    int8, reference = int8_evaluation(inputs), float_evaluation(inputs)
    if int8 is None:
        return "No evaluation of an int8 model was given, so the page can't say whether it beats the unchanged input."
    scenes = f" on {int8.pictures} validation scenes" if int8.pictures else " on the validation scenes"
    values = f"({int8.psnr:.2f} against {int8.input_psnr:.2f} dB)"
    if int8.gain > 0:
        text = f"The int8 model comes {int8.gain:.2f} dB closer to the target than the unchanged input {values}{scenes}"
    else:
        text = (
            f"The int8 model does not beat the unchanged input: it is {-int8.gain:.2f} dB farther off {values}{scenes}"
        )
    if reference is None:
        return text + "."
    difference = int8.psnr - reference.psnr
    side = "above" if difference > 0 else "below"
    return f"{text}, and lies {abs(difference):.2f} dB {side} the float model."


def figures(inputs: PageInputs) -> list[Figure]:
    """The tiles; those whose file was not given are left out."""
    int8, reference = int8_evaluation(inputs), float_evaluation(inputs)
    found = []
    if int8:
        found.append(Figure("Gain over the unchanged input", signed(int8.gain), "dB", f"PSNR, {int8.name}"))
    if int8 and reference:
        found.append(
            Figure(
                "int8 against float",
                signed(int8.psnr - reference.psnr),
                "dB",
                f"PSNR, {int8.name} minus {reference.name}",
            )
        )
    if inputs.benchmark and (fastest := fastest_int8(inputs.benchmark)):
        cost = fastest.summary()
        found.append(Figure("Latency", three_digits(cost.median), "ms", f"{fastest.model}, {fastest.setting}"))
        size = three_digits(inputs.benchmark.model(fastest.model).bytes / 1e6)
        found.append(Figure("File size", size, "MB", fastest.model))
        if fastest.memory:
            found.append(Figure("Peak memory", f"{fastest.memory.peak_mb:.0f}", "MB", "whole process, same setting"))
    return found


def int8_evaluation(inputs: PageInputs) -> Evaluation | None:
    """The evaluation that speaks for int8, by its name."""
    return _preferred(inputs.evaluations, lambda evaluation: evaluation.name, INT8_NAMES)


def float_evaluation(inputs: PageInputs) -> Evaluation | None:
    """The evaluation that speaks for the float model, by its name."""
    return _preferred(inputs.evaluations, lambda evaluation: evaluation.name, FLOAT_NAMES)


def fastest_int8(results: Results) -> Measurement | None:
    """The int8 model's fastest setting, with XNNPACK where that was measured: what an app would choose."""
    model = _preferred(results.models, lambda model: f"{model.quantization} {model.name}", INT8_NAMES)
    if model is None:
        return None
    own = [measurement for measurement in results.measurements if measurement.model == model.name]
    accelerated = [measurement for measurement in own if measurement.setting.kernels == XNNPACK]
    return min(accelerated or own, key=lambda measurement: measurement.summary().median, default=None)


def _preferred(items: Iterable, text: Callable, wanted: tuple[str, ...]):
    items = list(items)
    return next((item for name in wanted for item in items if name in text(item).lower()), None)
