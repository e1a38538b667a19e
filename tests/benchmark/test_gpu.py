"""LiteRT's GPU accelerator: what its log tells, and a real run where Debian's software Vulkan is unpacked."""

import os
import warnings

import pytest

from benchmark import gpu
from benchmark.host import HostExecutor
from benchmark.samples import Delegation, Effort, Setting
from benchmark.worker import PATIENCE
from export import check_gpu
from pynet_bokeh.errors import UserError

GPU = Setting("gpu", 1)
QUICK = Effort(warmup=1, min_runs=3, min_seconds=0.0)
SELECTED = (
    "I0000 3 environment.cc:532] Selected adapter: {name}, arch=x, vendor=y, backend=Vulkan, adapterType={kind}\n"
)


def test_the_adapter_is_named_and_software_said():
    assert gpu.adapter(SELECTED.format(name="NVIDIA H100", kind="Discrete GPU")) == "NVIDIA H100"
    found = gpu.adapter(SELECTED.format(name="llvmpipe (LLVM 15.0.6, 256 bits)", kind="CPU / Software"))
    assert found == "llvmpipe (LLVM 15.0.6, 256 bits), a software driver"
    assert gpu.adapter("INFO: nothing of it\n") is None


def test_no_adapter_is_a_clear_answer(real_models, monkeypatch, tmp_path):
    monkeypatch.setenv("VK_DRIVER_FILES", str(tmp_path / "none.json"))  # whatever this machine has
    monkeypatch.setenv("VK_ICD_FILENAMES", str(tmp_path / "none.json"))
    with pytest.raises(UserError, match=r"whole\.tflite: there is no GPU here that LiteRT can use.*leave gpu out"):
        HostExecutor().latency(real_models / "whole.tflite", GPU, QUICK)


@pytest.fixture
def driver(monkeypatch):
    """Software Vulkan; without it the test is skipped, loudly."""
    environment = check_gpu.driver_environment()
    if environment is None:
        reason = "no Vulkan driver here; `python -m export fetch-emulators` brings one"
        warnings.warn(f"the GPU executor is not tested: {reason}", stacklevel=1)
        pytest.skip(reason)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return os.environ


@pytest.mark.slow
def test_a_model_runs_on_it_whole_or_not_at_all(driver, real_models):
    latency = HostExecutor().latency(real_models / "whole.tflite", GPU, QUICK)
    assert 3 <= len(latency.samples_ms) <= 3 * PATIENCE
    assert latency.delegation == Delegation(0, 0, 1) and latency.delegation.whole
    assert latency.adapter
    assert HostExecutor().memory(real_models / "whole.tflite", GPU).peak_mb > 50
    with pytest.raises(UserError, match=r"split\.tflite: the GPU doesn't take all of it; not FLOOR_MOD"):
        HostExecutor().latency(real_models / "split.tflite", GPU, QUICK)
