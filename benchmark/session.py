"""A model that is open, on the CPU or the GPU: filled with pictures, inferred, asked what its delegate took."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmark.delegation import partition
from benchmark.samples import GPU, XNNPACK, Delegation, Setting
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import open_interpreter


def random_pictures(inputs: Sequence[dict], *, seed: int = 0) -> list[np.ndarray]:
    """One random picture per input, in the tensor's own shape and type: float [0,1), or the whole range of 8 bits.

    `inputs` are `Interpreter.get_input_details()`. The same seed gives the same pictures on every machine.
    """
    generator = np.random.default_rng(seed)
    pictures = []
    for tensor in inputs:
        kind = np.dtype(tensor["dtype"])
        if kind in (np.uint8, np.int8):
            picture = generator.integers(np.iinfo(kind).min, np.iinfo(kind).max, tensor["shape"], kind, endpoint=True)
        elif kind.kind == "f":
            picture = generator.random(tensor["shape"], np.float32).astype(kind)
        else:
            raise UserError(f"input {tensor['name']}: float, uint8 or int8 can be measured; the model wants {kind}")
        pictures.append(picture)
    return pictures


def import_litert(setting: Setting) -> None:
    """Imports LiteRT ahead of `pynet_bokeh.runtime`, which imports it when it first opens a model.

    Otherwise Python's 0.1 s would count as the model's initialisation, and the library's memory as the model's.
    """
    importlib.import_module("ai_edge_litert." + ("compiled_model" if setting.kernels == GPU else "interpreter"))


class _CpuSession:
    adapter = None

    def __init__(self, model: Path, setting: Setting):
        self._interpreter = open_interpreter(model, threads=setting.threads, xnnpack=setting.kernels == XNNPACK)

    def fill(self) -> Callable[[], object]:
        """Sets the inputs; what it returns infers."""
        inputs = self._interpreter.get_input_details()
        for tensor, picture in zip(inputs, random_pictures(inputs), strict=True):
            self._interpreter.set_tensor(tensor["index"], picture)
        return self._interpreter.invoke

    def delegation(self) -> Delegation | None:
        # A private method, so it may leave with any release; the measurement stands without it.
        details = getattr(self._interpreter, "_get_ops_details", None)
        return partition(details()) if details else None


class _GpuSession:
    def __init__(self, model: Path):
        from benchmark import gpu

        self._model, self.adapter = gpu.open_model(model)

    def fill(self) -> Callable[[], object]:
        inputs = [{**tensor, "name": name} for name, tensor in self._model.inputs.items()]
        pictures = random_pictures(inputs)
        return self._model.bind({tensor["name"]: one for tensor, one in zip(inputs, pictures, strict=True)})

    def delegation(self) -> Delegation:
        """All of it: what the GPU takes in part is refused."""
        return Delegation(nodes=0, delegated=0, partitions=1)


def open_session(model: Path, setting: Setting) -> _CpuSession | _GpuSession:
    """Opens the model; UserError where it can't be, or on the GPU where that doesn't take all of it."""
    return _GpuSession(model) if setting.kernels == GPU else _CpuSession(model, setting)
