"""LiteRT itself, on models of a few operators: the whole way from the command line to the file of results."""

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

from benchmark import machine, results
from benchmark.__main__ import main
from benchmark.host import HostExecutor
from benchmark.samples import Delegation, Effort, Setting
from benchmark.worker import PATIENCE
from pynet_bokeh.errors import UserError

QUICK = ["--rounds", "2", "--precision", "0", "--runs", "5", "--min-seconds", "0", "--warmup", "1", "--threads", "1"]


def test_from_the_command_line_to_the_results(real_models, tmp_path, capsys):
    (real_models / "cut.tflite").write_bytes((real_models / "whole.tflite").read_bytes()[:300])
    out = tmp_path / "results.json"
    assert main(["run", str(real_models), "--out", str(out), *QUICK]) == 2
    captured = capsys.readouterr()
    errors = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    for error, name in zip(errors, ("cut", "open", "unknown"), strict=True):
        assert f"{name}.tflite" in error
    measured = results.read(out)
    assert [(m.model, m.setting.kernels) for m in measured.measurements] == [
        ("split", "xnnpack"),
        ("whole", "xnnpack"),
        ("split", "builtin"),
        ("whole", "builtin"),
    ]
    for measurement in measured.measurements:
        assert len(measurement.rounds) == 2
        # on a busy machine more, to make up for runs that were disturbed
        assert all(5 <= len(latency.samples_ms) <= 5 * PATIENCE for latency in measurement.rounds)
        assert all(0 < ms < 1000 for latency in measurement.rounds for ms in latency.samples_ms)
        assert 0 < measurement.memory.baseline_mb < measurement.memory.peak_mb < 500
    facts = measured.model("whole")
    assert [(tensor.name, tensor.shape, tensor.dtype) for tensor in facts.inputs] == [
        ("image", [1, 32, 32, 3], "float32")
    ]
    assert "XNNPACK" in captured.out and "built-in" in captured.out


def test_partitions_are_litert_s_own(real_models):
    effort = Effort(warmup=0, min_runs=1, min_seconds=0.0)

    def delegation(name, kernels):
        return HostExecutor().latency(real_models / f"{name}.tflite", Setting(kernels, 1), effort).delegation

    assert delegation("whole", "xnnpack") == Delegation(3, 3, 1, {})
    assert delegation("split", "xnnpack") == Delegation(3, 2, 2, {"FLOOR_MOD": 1})
    assert delegation("whole", "builtin") == Delegation(3, 0, 0, {"ADD": 3})


def test_an_unknown_operator_is_named(real_models):
    with pytest.raises(UserError, match=r"unknown\.tflite.*Bokehfy"):
        HostExecutor().inspect(real_models / "unknown.tflite")


def test_a_model_too_large_for_memory_is_named_and_the_others_go_on(real_models, chain, tmp_path, capsys):
    side = math.isqrt(2 * machine.describe().memory_mb * 1_000_000 // 12)  # one tensor is twice the memory there is
    huge = tmp_path / "huge.tflite"
    huge.write_bytes(chain([schema.BuiltinOperator.ADD] * 2, shape=(1, side, side, 3)))
    out = tmp_path / "results.json"
    command = ["run", str(huge), str(real_models / "whole.tflite"), "--out", str(out), "--kernels", "xnnpack"]
    assert main([*command, *QUICK]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {huge}: too large for memory, most likely: ")
    assert [one.model for one in results.read(out).measurements] == ["whole"]


@pytest.mark.parametrize(("signalled", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_is_one_line_and_ends_the_worker_too(real_models, tmp_path, signalled, code):
    """The signal goes to the command alone, as from kill; a terminal's Ctrl-C reaches the worker by itself."""
    out = tmp_path / "results.json"
    model = str(real_models / "whole.tflite")
    command = ["run", model, "--rounds", "2", "--runs", "3", "--min-seconds", "0", "--threads", "1", "--out", str(out)]
    command += ["--kernels", "xnnpack", "--pause", "0"]
    endless = [*command, "--max-seconds", "300", "--min-seconds", "300"]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmark", *endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert "whole: latency" in process.stderr.readline()
        (worker,) = waited_for(lambda: children(process.pid))
        process.send_signal(signalled)
        printed, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert printed == ""
    assert errors == "interrupted; nothing was written\n"
    assert not Path(f"/proc/{worker}").exists()
    assert not list(tmp_path.glob("*results*"))


def children(parent: int) -> list[str]:
    return Path(f"/proc/{parent}/task/{parent}/children").read_text().split()


def waited_for(look):
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < end, look
        time.sleep(0.02)
    return found


def test_a_run_ended_by_sigterm_goes_on(real_models, tmp_path, capsys):
    out, kept = tmp_path / "results.json", tmp_path / "results.unfinished.json"
    command = ["run", str(real_models / "whole.tflite"), "--out", str(out), *QUICK, "--kernels", "xnnpack"]
    command += ["--rounds", "20"]
    process = subprocess.Popen([sys.executable, "-m", "benchmark", *command], stderr=subprocess.PIPE, text=True)
    with process:
        waited_for(kept.exists)
        process.terminate()
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 143
    first = json.loads(kept.read_text())["answers"]
    assert 1 <= len(first) < 21
    last = f"interrupted; {len(first)} processes' answers are kept in {kept}, and the same command goes on from there"
    assert errors.splitlines()[-1] == last
    assert main(command) == 0
    rounds = results.read(out).measurements[0].rounds
    assert len(rounds) == 20
    assert [one.samples_ms for one in rounds[: len(first)]] == [one["latency"]["samples_ms"] for one in first]
    assert not kept.exists()
