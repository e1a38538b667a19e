"""The host executor: what it makes of a worker that fails, and one real run."""

import json
import subprocess

import pytest

from benchmark import host, process
from benchmark.host import HostExecutor
from benchmark.samples import Effort, Setting
from pynet_bokeh.errors import UserError

SETTING = Setting("xnnpack", 2)


@pytest.mark.parametrize(
    ("returncode", "stderr", "message"),
    [
        (2, "INFO: XNNPACK\nerror: a.tflite: not a model\n", "a.tflite: not a model"),
        (2, "error: input image: float wanted\n", "a.tflite: input image: float wanted"),
        (-9, "", "a.tflite: LiteRT was ended by SIGKILL, most likely for lack of memory (XNNPACK kernels, 2 threads)"),
        (-11, "", "a.tflite: LiteRT was ended by SIGSEGV (XNNPACK kernels, 2 threads)"),
        (1, "Traceback\nKeyError: 'x'\n", "a.tflite: LiteRT failed (XNNPACK kernels, 2 threads): KeyError: 'x'"),
    ],
)
def test_a_worker_that_fails_is_one_line(monkeypatch, returncode, stderr, message):
    done = subprocess.CompletedProcess([], returncode, stdout="", stderr=stderr)
    monkeypatch.setattr(process, "run", lambda *_: done)
    with pytest.raises(UserError) as caught:
        HostExecutor().memory("a.tflite", SETTING)
    assert str(caught.value) == message


def test_a_worker_that_takes_too_long_is_ended(stand_ins):
    with pytest.raises(UserError, match=r"a\.tflite: took longer than 0\.01 s .*--process-seconds"):
        HostExecutor(process_seconds=0.01).memory(stand_ins[0], SETTING)


def test_commands_without_the_option_don_t_speak_of_it(monkeypatch, stand_ins):
    monkeypatch.setattr(host, "PROCESS_SECONDS", 0.01)
    with pytest.raises(UserError) as caught:
        HostExecutor().partition(stand_ins[0])
    assert str(caught.value).endswith("a.tflite: took longer than 0.01 s in one process (XNNPACK kernels, 1 thread)")


@pytest.mark.parametrize("printed", ["", "done\n"])
def test_a_worker_that_ends_without_an_answer_is_one_line(monkeypatch, printed):
    monkeypatch.setattr(process, "run", lambda *_: subprocess.CompletedProcess([], 0, stdout=printed, stderr=""))
    with pytest.raises(UserError, match=r"^a\.tflite: LiteRT ended without an answer \(XNNPACK kernels, 2 threads\)"):
        HostExecutor().memory("a.tflite", SETTING)


def test_effort_and_setting_reach_the_worker(monkeypatch):
    seen = []

    def run(command, environment, seconds):
        seen.append(command)
        answer = {"initialisation_ms": 1.0, "first_ms": 1.0, "warmup_ms": [], "samples_ms": [1.0], "settled": None}
        return subprocess.CompletedProcess([], 0, stdout=json.dumps({**answer, "delegation": None}), stderr="")

    monkeypatch.setattr(process, "run", run)
    latency = HostExecutor().latency("a.tflite", SETTING, Effort(min_runs=3))
    assert latency.samples_ms == [1.0]
    assert seen[0][1:5] == ["-m", "benchmark.worker", "latency", "a.tflite"]
    assert seen[0][-4:] == ["--kernels", "xnnpack", "--threads", "2"]
    assert json.loads(seen[0][seen[0].index("--effort") + 1])["min_runs"] == 3
