"""The static view of a .tflite: what it costs wherever it runs, read from the file without running it."""

from dataclasses import dataclass
from pathlib import Path

from benchmark.operator_cost import INT8, OperatorCost, operator_costs
from pynet_bokeh import tflite_files, tflite_graph
from pynet_bokeh.tflite_graph import Graph, Tensor

TRAP_BYTES = 32_000_000  # an index list larger than this is worth a line


@dataclass(frozen=True)
class LiveTensor:
    """An activation that is held at the peak moment."""

    name: str
    shape: list[int]
    dtype: str
    bytes: int


@dataclass(frozen=True)
class PeakMoment:
    """When activations take the most memory: while this operator runs, with everything that is still needed."""

    operator: int
    kind: str
    layer: str
    bytes: int
    tensors: list[LiveTensor]  # largest first


@dataclass(frozen=True)
class Inspection:
    """A model's costs.

    Attributes:
      weights_bytes: constants in the file, each once, however many tensors share it.
      least_weights_bytes: the same with floats in half precision, as a runtime may keep them.
      edges_bytes: the graph's inputs and outputs.
      largest_bytes: the operator that can't run in less: its inputs and outputs that are no constants, floats in half
        precision; of one that multiplies nothing only the larger side, as it may write over what it reads.
      indirection_bytes: of all operators together, under XNNPACK, an estimate.
    """

    path: str
    file_bytes: int
    weights_bytes: int
    least_weights_bytes: int
    edges_bytes: int
    peak: PeakMoment
    largest_bytes: int
    indirection_bytes: int
    operators: list[OperatorCost]
    subgraphs: int

    @property
    def macs(self) -> int:
        return sum(cost.macs for cost in self.operators)

    def least_macs(self, arithmetic: str) -> float:
        """Multiplications that no runtime can do without, of the operators with `arithmetic` (FLOAT or INT8)."""
        return sum(cost.least_macs for cost in self.operators if cost.arithmetic == arithmetic)

    @property
    def share_int8(self) -> float:
        """Of the multiply-accumulates, those with 8-bit weights, 0 to 1."""
        return sum(cost.macs for cost in self.operators if cost.arithmetic == INT8) / max(1, self.macs)

    @property
    def bytes_moved(self) -> int:
        """Operator after operator, every tensor read and written once: what a runtime that fuses nothing moves."""
        return sum(cost.bytes_moved for cost in self.operators)

    @property
    def needed_bytes(self) -> int:
        """What has to come from memory and go there at least once a run: weights, inputs and outputs."""
        return self.least_weights_bytes + self.edges_bytes

    @property
    def xnnpack_bytes(self) -> int:
        """An estimate of what running it under XNNPACK takes: the weights in the file and packed once more, the
        activations at the peak moment, and the lists of pointers."""
        return 2 * self.weights_bytes + self.peak.bytes + self.indirection_bytes

    def traps(self) -> list[OperatorCost]:
        """Operators whose index list under XNNPACK is large, largest first."""
        large = [cost for cost in self.operators if cost.indirection_bytes > TRAP_BYTES]
        return sorted(large, key=lambda cost: -cost.indirection_bytes)


def inspect(path: Path) -> Inspection:
    """Reads a model's costs. Raises UserError for a damaged file, and for one whose sizes are open."""
    graph = tflite_graph.read(path)
    if not all(graph.tensors[index].fixed for index in graph.inputs):
        raise tflite_files.of_any_size(path)
    costs = operator_costs(graph)
    weights = list({tensor.buffer: tensor for tensor in graph.tensors if tensor.constant}.values())
    edges = {index: graph.tensors[index].bytes for index in (*graph.inputs, *graph.outputs)}
    return Inspection(
        path=str(path),
        file_bytes=Path(path).stat().st_size,
        weights_bytes=sum(tensor.bytes for tensor in weights),
        least_weights_bytes=sum(map(_least_bytes, weights)),
        edges_bytes=sum(edges.values()),
        peak=peak_moment(graph),
        largest_bytes=max((_least_held(graph, cost) for cost in costs), default=0),
        indirection_bytes=sum(cost.indirection_bytes for cost in costs),
        operators=costs,
        subgraphs=graph.subgraphs,
    )


def peak_moment(graph: Graph) -> PeakMoment:
    """Walks through the operators in order; an activation lives from the operator that makes it to its last reader, the
    graph's inputs and outputs to the end: the interpreter gives their memory to nothing else."""
    last_use = {index: number for number, operator in enumerate(graph.operators) for index in operator.inputs}
    last_use |= dict.fromkeys((*graph.inputs, *graph.outputs), len(graph.operators))
    live = {index for index in graph.inputs if not graph.tensors[index].constant}
    best, at, held = -1, 0, frozenset()
    for number, operator in enumerate(graph.operators):
        live |= set(operator.outputs)
        size = sum(graph.tensors[index].bytes for index in live)
        if size > best:
            best, at, held = size, number, frozenset(live)
        live = {index for index in live if last_use.get(index, number) > number}
    tensors = sorted((graph.tensors[index] for index in held), key=lambda tensor: (-tensor.bytes, tensor.index))
    operator = graph.operators[at] if graph.operators else None
    return PeakMoment(
        operator=at,
        kind=operator.kind if operator else "",
        layer=graph.name(operator) if operator else "",
        bytes=max(best, 0),
        tensors=[LiveTensor(tensor.name, list(tensor.shape), tensor.dtype, tensor.bytes) for tensor in tensors],
    )


def _least_held(graph: Graph, cost: OperatorCost) -> int:
    operator = graph.operators[cost.index]
    read, made = (
        sum(_least_bytes(tensor) for tensor in {graph.tensors[index] for index in side} if not tensor.constant)
        for side in (operator.inputs, operator.outputs)
    )
    return read + made if cost.macs else max(read, made)


def _least_bytes(tensor: Tensor) -> int:
    """What it takes in a runtime that computes floats in half precision."""
    return tensor.bytes // 2 if tensor.dtype == "float32" else tensor.bytes
