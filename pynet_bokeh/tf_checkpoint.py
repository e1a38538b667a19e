"""Reading TensorFlow checkpoints that others wrote: by variable names (TensorFlow 1), or by object graph (2)."""

import collections
import dataclasses
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import trackable_object_graph_pb2

from pynet_bokeh.errors import UserError

GENERATOR = "generator"
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_NOT_WEIGHTS = ("optimizer", "_optimizer", "keras_api")  # what a compiled or saved Keras model carries along
_UNREADABLE = (tf.errors.OpError, ValueError, IndexError, KeyError, RuntimeError)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A variable in a checkpoint: the name it had in its program, the key it is stored under, and its shape."""

    name: str
    key: str
    shape: tuple[int, ...]


class TfCheckpoint:
    """An opened checkpoint.

    Attributes:
      path: the prefix TensorFlow knows it by.
      by_names: whether it was written by variable names (TensorFlow 1), not as an object graph.
      entries: the generator's variables: in an object graph those of its `generator` (of everything, where it has
        none), in the order of its nodes; of a TensorFlow 1 checkpoint those whose name begins with `generator/` (all of
        them, where none does), by name. Optimisers' variables of an object graph are left out.
      total: how many variables the checkpoint holds altogether.
    """

    def __init__(self, path: Path | str):
        self.path = _prefix(Path(path))
        try:
            self._reader = tf.train.load_checkpoint(self.path)
            shapes = self._reader.get_variable_to_shape_map()
            self._dtypes = self._reader.get_variable_to_dtype_map()
            graph = self._reader.get_tensor(_OBJECT_GRAPH) if _OBJECT_GRAPH in shapes else None
        except _UNREADABLE as error:
            raise UserError(f"{path}: not a readable TensorFlow checkpoint ({_one_line(error)})") from error
        self.by_names = graph is None
        self.total = len(shapes) - (not self.by_names)
        pairs = [(name, name) for name in sorted(shapes)] if self.by_names else _graph_variables(graph)
        if self.by_names and any(name.startswith(f"{GENERATOR}/") for name in shapes):
            pairs = [pair for pair in pairs if pair[0].startswith(f"{GENERATOR}/")]
        self.entries = [Entry(name, key, tuple(shapes[key])) for name, key in pairs if key in shapes]

    def read(self, entry: Entry) -> np.ndarray:
        """The variable's values as float32; raises UserError when they are damaged, no floats or not finite."""
        if not self._dtypes[entry.key].is_floating:
            raise UserError(f"{self.path}: {entry.name} should hold floats; received {self._dtypes[entry.key].name}")
        try:
            values = self._reader.get_tensor(entry.key).astype(np.float32)
        except _UNREADABLE as error:
            raise UserError(f"{self.path}: {entry.name} can't be read ({_one_line(error)})") from error
        if not np.isfinite(values).all():
            raise UserError(f"{self.path}: {entry.name} holds numbers that are not finite")
        return values


def _prefix(path: Path) -> str:
    """What TensorFlow calls a checkpoint, from that, one of its files, or the folder of several (the newest)."""
    if path.is_dir():
        newest = tf.train.latest_checkpoint(str(path))
        if newest is None:
            raise UserError(f"{path}: no TensorFlow checkpoint there (a file called `checkpoint` names the newest)")
        return newest
    if path.suffix == ".index" or path.suffix.startswith(".data-"):
        path = path.with_suffix("")
    if not path.is_file() and not path.with_name(f"{path.name}.index").is_file():
        raise UserError(f"{path}: no such checkpoint ({path.name}.index is missing)")
    return str(path)


def _graph_variables(serialized: bytes) -> list[tuple[str, str]]:
    """(name, key) of the generator's variables in a serialized object graph, in the order of its nodes."""
    nodes = trackable_object_graph_pb2.TrackableObjectGraph.FromString(serialized).nodes
    children = {child.local_name: child.node_id for child in nodes[0].children}
    start = children.get(GENERATOR, 0)
    reached, waiting = {start}, collections.deque([start])
    while waiting:
        for child in nodes[waiting.popleft()].children:
            if child.local_name not in _NOT_WEIGHTS and child.node_id not in reached:
                reached.add(child.node_id)
                waiting.append(child.node_id)
    return [
        (attribute.full_name or attribute.checkpoint_key, attribute.checkpoint_key)
        for number in sorted(reached)
        for attribute in nodes[number].attributes
        if attribute.name == "VARIABLE_VALUE"
    ]


def _one_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
