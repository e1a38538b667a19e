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
    """A layer whose values lie nearer to their error than what it reads accounts for.

    Attributes:
      layer: its name.
      snr: decibels of its values above their error; below 0 where the error is larger.
      before: what they would be by the errors in what it reads alone.
    """

    layer: str
    snr: float
    before: float

    def height(self, enough: float) -> float:
        """Decibels of the fall, of those up to `enough`."""
        return min(self.before, enough) - self.snr

    def __str__(self) -> str:
        return f"most is lost in {self.layer}: {self.snr:.1f} dB above its error, {self.before:.1f} dB by what it reads"


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
    layers = {tensor: layer for layer, tensor in tensors.items() if layer in errors}
    reached: dict[int, _Reached] = {}  # of every tensor on the way; one that is no layer's is like what it is made of
    falls = []
    for operator in graph.operators:
        read = [reached[index] for index in operator.inputs if index in reached]
        for index in operator.outputs:
            layer = layers.get(graph.tensors[index].name)
            if layer is None:
                reached[index] = min(read, key=lambda one: one.ratio, default=_Reached(NO_ERROR, 0.0))
                continue
            reached[index] = _Reached(_ratio(errors[layer]), errors[layer]["error"])
            falls.append(Fall(layer, reached[index].ratio, _by_errors(operator.kind, read, reached[index])))
    worst = max(falls, key=lambda fall: fall.height(enough), default=None)
    return worst if worst and worst.height(enough) > LEAST else None


@dataclasses.dataclass(frozen=True)
class _Reached:
    """How wrong a tensor's values are: decibels above their error, and the error itself, its root mean square."""

    ratio: float
    error: float


def _by_errors(kind: str, read: Sequence[_Reached], given: _Reached) -> float:
    """The decibels that an operator would give if it added no error of its own.

    The errors of what is added up or subtracted add up as they are: the difference of two pictures that hardly differ
    may be all error, and that operator is right. All others are taken to leave the worst ratio as it is.
    """
    worst = min((one.ratio for one in read), default=NO_ERROR)
    noise = math.hypot(*(one.error for one in read))
    if kind not in ("ADD", "SUB") or noise == 0 or given.error == 0:
        return worst
    return min(given.ratio + 20 * math.log10(given.error / noise), NO_ERROR)


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
