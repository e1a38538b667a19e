"""Warnings about phones, the GPU and precision; those about this machine are with the report."""

import dataclasses

import pytest

from benchmark.advice import warnings
from benchmark.executor import FakeExecutor
from benchmark.samples import Delegation, PhoneState, Reported, Setting
from benchmark.schedule import measure

CPU, GPU = Setting("xnnpack", 1), Setting("gpu", 1)


@pytest.fixture
def measured(stand_ins):
    """Results of one calm model, its latencies changed by the given fields."""

    def make(setting=CPU, *, precision=None, noise=0.01, **changes):
        results = measure(FakeExecutor({"a": 10.0}, noise=noise), stand_ins[:1], [setting], precision=precision)
        calm = dataclasses.replace(results.machine, load_average=0.0, cores=64)
        one = results.measurements[0]
        rounds = [dataclasses.replace(latency, **changes) for latency in one.rounds]
        return dataclasses.replace(results, machine=calm, measurements=[dataclasses.replace(one, rounds=rounds)])

    return make


def test_a_phone_that_throttled(measured):
    (line,) = warnings(measured(before=PhoneState(80, 30.0, True, 0, 40.0), after=PhoneState(79, 41.0, True, 2, 80.0)))
    assert "throttled" in line and "thermal status 2, its battery at 41 °C" in line and "--cool-down" in line
    assert warnings(measured(before=PhoneState(80, 30.0, True, 0, 40.0), after=PhoneState(80))) == []


def test_a_phone_that_is_nearly_empty(measured):
    (line,) = warnings(measured(before=PhoneState(battery_percent=12)))
    assert line.startswith("The phone's battery was at 12 %")


@pytest.mark.parametrize(
    ("delegation", "said"),
    [
        (Delegation(0, 0, 0, {"unnamed": 1}), "the GPU took nothing of it, so these are the CPU's times"),
        (Delegation(43, 40, 2, {"CONV_3D": 3}), "3 of 43 operators fell back from the GPU to the CPU (3 CONV_3D)"),
    ],
)
def test_a_delegate_that_fell_back(measured, delegation, said):
    (line,) = warnings(measured(GPU, delegation=delegation))
    assert said in line
    assert warnings(measured(GPU, delegation=Delegation(0, 0, 1))) == []


def test_a_tool_that_doesn_t_tell_what_the_gpu_took(measured):
    reported = Reported(10, 10.0, 0.1, 9.9, 10.1)
    (line,) = warnings(measured(GPU, delegation=None, reported=reported))
    assert "doesn't tell what the GPU took" in line
    assert warnings(measured(CPU, delegation=None, reported=reported)) == []


def test_a_software_gpu_is_no_gpu(measured):
    whole = Delegation(0, 0, 1)
    (line,) = warnings(measured(GPU, delegation=whole, adapter="llvmpipe (LLVM 15), a software driver"))
    assert "nothing of how fast a GPU is" in line
    assert warnings(measured(GPU, delegation=whole, adapter="NVIDIA H100")) == []


def test_runs_that_were_disturbed(measured):
    (line,) = warnings(measured(disturbed=[True] * 4 + [False] * 6))
    assert "other programs took a processor away during 40% of the runs" in line
    assert warnings(measured(disturbed=[True] * 2 + [False] * 8)) == []


def test_a_precision_that_was_missed(measured):
    (line,) = warnings(measured(precision=0.001))
    assert "not to the ± 0.1 % that were wanted" in line
    assert "after 6 processes" in line and "--max-rounds" in line
