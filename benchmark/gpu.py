"""LiteRT's GPU accelerator: what its log says of the adapter, and why it refused a model."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmark.benchmark_model import unsupported
from pynet_bokeh.errors import UserError
from pynet_bokeh.gpu_runtime import GpuModel, open_on_gpu

NO_ADAPTER = (
    "there is no GPU here that LiteRT can use: it found no adapter (a Vulkan driver is what it wants on Linux); "
    "leave gpu out of --kernels"
)


def open_model(model: Path) -> tuple[GpuModel, str | None]:
    """Compiles the model for the GPU; also returns the adapter's name as the accelerator's log has it.

    Raises UserError that says whether the GPU is missing or which operators it doesn't take. Only the log tells, which
    goes to standard error past Python.
    """
    with _log() as log:
        try:
            opened = open_on_gpu(model)
        except UserError as error:
            text = log.read()
            raise UserError(f"{model}: {_reason(text)}" if _reason(text) else str(error)) from error
        return opened, adapter(log.read())


def adapter(log: str) -> str | None:
    """The adapter that was taken, such as "llvmpipe (LLVM 15.0.6, 256 bits), a software driver"; None if unsaid."""
    found = re.search(r"Selected adapter: (.*?), arch=", log)
    if not found:
        return None
    return found[1] + (", a software driver" if "adapterType=CPU" in log else "")


def _reason(log: str) -> str | None:
    if "No adapters found" in log:
        return NO_ADAPTER
    names = unsupported(log)
    if names:
        return f"the GPU doesn't take all of it; not {', '.join(names)}"
    return None


class _Log:
    def __init__(self, file):
        self._file = file

    def read(self) -> str:
        self._file.seek(0)
        return self._file.read().decode(errors="replace")


@contextlib.contextmanager
def _log() -> Iterator[_Log]:
    """Catches what libraries write to standard error, and repeats it there at the end."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        log = _Log(file)
        try:
            yield log
        finally:
            os.dup2(terminal, 2)
            os.write(terminal, log.read().encode())
            os.close(terminal)
