"""Which layer it comes from that a .tflite missed a threshold: where values fall away from the float graph's."""

import dataclasses
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from export import layer_errors
from export.verify import Case
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError

NO_ERROR = 200.0  # dB that stand for values without any
ENOUGH = {"integer": 30.0, "float": NO_ERROR}
"""Decibels from which on more is no better. What is wrong with a layer shows near 0; where integers fall from 41 to 15
something may only be clipped."""
MOST_MEMORY = 4e9  # bytes of all activations of the float graph, which are kept together with the other graph's
LEAST = 6.0  # dB; where nothing falls by more, no layer is to blame


@dataclasses.dataclass(frozen=True)
class Fall:
    """A layer whose values lie nearer to their error than those of all that it reads.

    Attributes:
      layer: its name.
      snr: decibels of its values above their error; below 0 where the error is larger.
      before: the same of what it reads, the worst of it.
    """

    layer: str
    snr: float
    before: float

    def height(self, enough: float) -> float:
        """Decibels of the fall, of those up to `enough`."""
        return min(self.before, enough) - self.snr

    def __str__(self) -> str:
        return f"most is lost in {self.layer}: {self.snr:.1f} dB above its error, {self.before:.1f} dB in what it reads"


def steepest(
    float_model: Path, tensors: Mapping[str, str], errors: Mapping[str, dict], *, enough: float
) -> Fall | None:
    """The layer with the steepest fall; None where none falls by more than `LEAST`.

    Args:
      float_model: the float graph as a file.
      tensors: for each layer the name of the tensor that it gives.
      errors: of layer_errors.
      enough: one of `ENOUGH`.
    """
    graph = tflite_graph.read(float_model)
    ratios = {tensors[layer]: _ratio(one) for layer, one in errors.items()}
    layers = {tensors[layer]: layer for layer in errors}
    reached: dict[int, float] = {}  # the worst on the way to each tensor that is no layer's, or the layer's own
    falls = []
    for operator in graph.operators:
        before = min((reached[index] for index in operator.inputs if index in reached), default=NO_ERROR)
        for index in operator.outputs:
            name = graph.tensors[index].name
            reached[index] = ratios.get(name, before)
            if name in layers:
                falls.append(Fall(layers[name], ratios[name], before))
    worst = max(falls, key=lambda fall: fall.height(enough), default=None)
    return worst if worst and worst.height(enough) > LEAST else None


def _ratio(error: Mapping) -> float:
    """Decibels of a layer's values above their error."""
    if error["snr"] is not None:
        return error["snr"]
    return NO_ERROR if error["error"] == 0 else -NO_ERROR


def of_file(content: bytes, float_graph, cases: Sequence[Case], *, integer: bool) -> Fall | None:
    """The same of a .tflite's bytes, compared with the float_graph (a flatbuffer.Graph) of the network that it was made
    of, on these pictures. None, too, where the two can't be compared, or not without much memory.

    Args:
      integer: whether it computes in integers.
    """
    tensors = {node.layer: node.tensor for node in float_graph.nodes}
    with tempfile.TemporaryDirectory() as folder:
        float_model, model = (Path(folder) / name for name in ("float.tflite", "model.tflite"))
        try:
            float_model.write_bytes(float_graph.content)
            if sum(one.bytes for one in tflite_graph.read(float_model).tensors if not one.constant) > MOST_MEMORY:
                return None
            model.write_bytes(content)
            errors = layer_errors.by_another_process(float_model, model, tensors, cases)
        except (OSError, UserError):
            return None
        errors = {layer: one for layer, one in errors.items() if math.isfinite(one["error"])}
        return steepest(float_model, tensors, errors, enough=ENOUGH["integer" if integer else "float"])
