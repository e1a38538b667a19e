"""Where does quality go? Each layer's error in the quantized graph, its range, and what it alone costs the picture."""

import csv
import dataclasses
import math
from pathlib import Path

from tqdm import tqdm

from export import layer_errors
from export.workbench import FEW, Workbench
from pynet_bokeh import files


@dataclasses.dataclass(frozen=True)
class LayerReport:
    """One layer of a quantized graph on real pictures.

    Attributes:
      layer, operators: which, and what it was converted to.
      alone: the picture's error in 8-bit steps (root of the mean square) when nothing but this layer is quantized.
      share: of the sum of all layers' squared `alone`.
      snr: decibels of the layer's values above their error in the whole quantized graph, with what came in.
      low, high, step: the integers' range and step; None where it is float.
      seen_low, seen_high: what the float graph holds on these pictures.
      clipped: share of the values outside the range.
    """

    layer: str
    operators: str
    alone: float
    share: float
    snr: float | None
    low: float | None
    high: float | None
    step: float | None
    seen_low: float
    seen_high: float
    clipped: float


def inspect(bench: Workbench, *, progress: bool = True) -> list[LayerReport]:
    """Every layer's report, that which costs the picture most first."""
    float_model = bench.write_float()
    tensors = {node.layer: node.tensor for node in bench.graph.nodes}
    errors = layer_errors.by_another_process(float_model, bench.write("quantized"), tensors, bench.cases[:FEW])
    bench.scorer.compare_with(float_model)  # of fine-tuned weights, which draw otherwise than the run's
    alone = {}
    for layer in tqdm(bench.layers, desc="layers alone", unit="layer", disable=not progress):
        if layer in errors:
            alone[layer] = bench.alone(layer)["error"]
    total = sum(alone.values()) or 1.0
    operators: dict[str, list[str]] = {}
    for node in bench.graph.nodes:
        operators.setdefault(node.layer, []).append(node.operator)
    reports = [
        LayerReport(
            layer=layer,
            operators="+".join(operators[layer]),
            alone=math.sqrt(cost),
            share=cost / total,
            snr=errors[layer]["snr"],
            low=errors[layer]["range"] and errors[layer]["range"][0],
            high=errors[layer]["range"] and errors[layer]["range"][1],
            step=errors[layer]["step"],
            seen_low=errors[layer]["seen"][0],
            seen_high=errors[layer]["seen"][1],
            clipped=errors[layer]["clipped"],
        )
        for layer, cost in alone.items()
    ]
    return sorted(reports, key=lambda report: -report.alone)


def table(reports: list[LayerReport], count: int) -> str:
    """The first `count` reports as aligned text."""
    rows = [("layer", "operators", "alone", "share", "SNR", "range", "step", "seen", "clipped")]
    for one in reports[:count]:
        rows.append(
            (
                one.layer,
                one.operators,
                f"{one.alone:.3f}",
                f"{one.share:.1%}",
                "" if one.snr is None else f"{one.snr:.1f} dB",
                "float" if one.low is None else f"{one.low:.3g} … {one.high:.3g}",
                "" if one.step is None else f"{one.step:.2g}",
                f"{one.seen_low:.3g} … {one.seen_high:.3g}",
                f"{one.clipped:.2%}" if one.clipped else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def write_csv(reports: list[LayerReport], path: Path) -> None:
    """All reports as a table for a spreadsheet."""
    with files.whole_file(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(LayerReport)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(report) for report in reports)
