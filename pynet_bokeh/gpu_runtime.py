"""LiteRT on a GPU. TensorFlow is never imported: the accelerator crashes in a process that has it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pynet_bokeh import tflite_files
from pynet_bokeh.errors import UserError


class GpuModel:
    """A graph that LiteRT's GPU accelerator took whole. Calling it runs it on stored inputs by name.

    Attributes:
      inputs, outputs: shape and dtype by name, of the first signature.
    """

    def __init__(self, path: Path, model):
        self._path, self._model = path, model
        self._key = next(iter(model.get_signature_list()))
        self.inputs = model.get_input_tensor_details(self._key)
        self.outputs = model.get_output_tensor_details(self._key)

    def __call__(self, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return self.bind(values)()

    def bind(self, values: dict[str, np.ndarray]) -> Callable[[], dict[str, np.ndarray]]:
        """Hands `values` to the GPU; the result runs on them, however often, and waits for what comes out."""
        make_input, make_output = self._model.create_input_buffer_by_name, self._model.create_output_buffer_by_name
        inputs = {name: make_input(self._key, name) for name in values}
        outputs = {name: make_output(self._key, name) for name in self.outputs}

        def run() -> dict[str, np.ndarray]:
            try:
                self._model.run_by_name(self._key, inputs, outputs)
                read = {
                    name: outputs[name].read(int(np.prod(one["shape"])), np.dtype(one["dtype"]).type)
                    for name, one in self.outputs.items()
                }
            except RuntimeError as error:
                last_line = str(error).strip().splitlines()[-1]
                raise UserError(
                    f"{self._path}: LiteRT's GPU accelerator compiled it but could not run it ({last_line})"
                ) from error
            return {name: np.reshape(value, self.outputs[name]["shape"]) for name, value in read.items()}

        for name, value in values.items():
            inputs[name].write(np.ascontiguousarray(value))
        return run


def open_on_gpu(path: Path, *, enforce_f32: bool = False) -> GpuModel:
    """Compiles the whole graph for LiteRT's GPU accelerator.

    On a software Vulkan driver it is for correctness only.

    Args:
      enforce_f32: compute in float32 instead of the GPU's own fp16.

    Raises UserError, from here or from the run, when there is no GPU, or an operator that it does not take.
    """
    tflite_files.check(path)
    from ai_edge_litert.compiled_model import CompiledModel, GpuOptions, HardwareAccelerator, Options

    options = Options(HardwareAccelerator.GPU, gpu_options=GpuOptions(enforce_f32=enforce_f32))
    try:
        model = CompiledModel.from_file(str(path), options=options)
    except RuntimeError as error:
        raise UserError(f"{path}: LiteRT's GPU accelerator can't compile it") from error
    if not model.is_fully_accelerated():
        raise UserError(f"{path}: LiteRT's GPU accelerator takes a part of the graph only")
    return GpuModel(path, model)
