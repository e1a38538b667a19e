"""`benchmark_model` to a phone and back, from the command line through the real adb to Debian's real adbd."""

import json
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from benchmark import phone_tool, results
from benchmark.__main__ import main
from benchmark.adb import Adb, choose
from benchmark.executor import Unavailable
from benchmark.samples import PhoneState, Setting
from debian_phone import EMULATOR_PORT, SERIAL, DebianPhone, adb_programs, missing
from pynet_bokeh.errors import UserError

REASON = missing()
if REASON:
    warnings.warn(f"the way to a phone is not tested: {REASON}", stacklevel=1)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
    pytest.mark.xdist_group("debian_phone"),
]

QUICK = ["--rounds", "2", "--precision", "0", "--runs", "5", "--min-seconds", "0", "--warmup", "1", "--pause", "0"]


@pytest.fixture
def tool(tmp_path):
    """A benchmark_model for that phone."""
    path = tmp_path / "benchmark_model"
    stand_in = Path(__file__).with_name("benchmark_model_stand_in.py")
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    return path


def lines(capsys):
    """The error lines, without those of progress."""
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]


def left_behind(phone) -> str:
    return phone.run("ls", "-A", str(phone.storage)).stdout


def test_a_model_goes_there_is_measured_and_nothing_stays(phone, tool, real_models, tmp_path, capsys):
    phone.plug_in()
    out = tmp_path / "results.json"
    models = [str(real_models / f"{name}.tflite") for name in ("whole", "split")]
    command = ["run", *models, "--on", "phone", "--adb", phone.adb, "--benchmark-model", str(tool), "--threads", "1"]
    assert main([*command, *QUICK, "--out", str(out)]) == 0
    measured = results.read(out)
    assert measured.executor == f"benchmark_model on phone {SERIAL}"
    assert (measured.machine.device, measured.machine.serial) == ("Debian Bookworm 12", SERIAL)
    assert measured.machine.os == "Android 15 (API 35)"
    assert [(one.model, one.setting.kernels) for one in measured.measurements] == [
        ("whole", "xnnpack"),
        ("split", "xnnpack"),
        ("whole", "builtin"),
        ("split", "builtin"),
    ]
    for one in measured.measurements:
        assert [latency.reported.count for latency in one.rounds] == [5, 5]
        assert all(0 < latency.typical_ms < 1000 for latency in one.rounds)
        assert 10 < one.memory.baseline_mb < one.memory.peak_mb < 500
        expected = PhoneState(83, 31.2, True, 0, 45.5)
        assert all((latency.before, latency.after) == (expected, expected) for latency in one.rounds)
    assert "Debian Bookworm 12" in capsys.readouterr().out
    assert left_behind(phone) == ""


def test_bad_models_are_named_and_the_others_go_on(phone, tool, real_models, tmp_path, capsys):
    phone.plug_in()
    (real_models / "cut.tflite").write_bytes((real_models / "whole.tflite").read_bytes()[:300])
    out = tmp_path / "results.json"
    command = ["run", str(real_models), "--on", "phone", "--adb", phone.adb, "--benchmark-model", str(tool)]
    assert main([*command, *QUICK, "--threads", "1", "--kernels", "xnnpack", "--out", str(out)]) == 2
    errors = lines(capsys)
    assert len(errors) == 3
    for error, name in zip(errors, ("cut", "open", "unknown"), strict=True):
        assert f"{name}.tflite" in error
    assert [one.model for one in results.read(out).measurements] == ["split", "whole"]


def test_what_the_tool_says_of_a_model_it_can_t_run_is_told(phone, tool, real_models, capsys):
    phone.plug_in()
    reason = rf"unknown\.tflite: benchmark_model failed: .*Bokehfy.*phone {SERIAL}"
    executor = phone_tool.PhoneTool(Adb(SERIAL, program=phone.adb), tool)
    with executor, pytest.raises(UserError, match=reason):
        executor.memory(real_models / "unknown.tflite", Setting("xnnpack", 1))


def test_a_phone_unplugged_meanwhile_is_one_line_and_the_same_command_goes_on(phone, real_models, tmp_path, capsys):
    phone.plug_in()
    slow, calm = tmp_path / "slow", phone.inside_bin / "calm"
    text = json.dumps((Path(__file__).parent / "benchmark_model" / "percentiles.txt").read_text())
    slow.write_text(
        f"#!{sys.executable}\nimport os, sys, time\nprint({text})\n"
        f"time.sleep(0.3 if '0.tflite' in sys.argv[1] or os.path.exists({str(calm)!r}) else 30)\n"
    )
    out = tmp_path / "results.json"
    models = [str(real_models / f"{name}.tflite") for name in ("whole", "split")]
    command = ["run", *models, "--on", "phone", "--adb", phone.adb, "--benchmark-model", str(slow), "--threads", "1"]

    def pull():
        end = time.monotonic() + 60  # a run that never comes there must not hang the test
        while "1.tflite" not in phone.run("sh", "-c", "cat /proc/[0-9]*/cmdline").stdout and time.monotonic() < end:
            time.sleep(0.05)
        phone.unplug()

    cable = threading.Thread(target=pull)
    cable.start()
    code = main([*command, *QUICK, "--kernels", "xnnpack", "--out", str(out)])
    cable.join()
    assert code == 2
    errors = lines(capsys)
    assert len(errors) == 1
    assert errors[0].startswith(f"error: phone {SERIAL}: ")
    assert "plug it in" in errors[0] or "the connection broke off" in errors[0]
    first = results.read(out)
    assert [one.model for one in first.measurements] == ["whole"]
    assert first.broken_off
    kept = tmp_path / "results.unfinished.json"
    assert len(json.loads(kept.read_text())["answers"]) == 1
    calm.touch()
    phone.plug_in()
    assert main([*command, *QUICK, "--kernels", "xnnpack", "--out", str(out)]) == 0
    second = results.read(out)
    assert [(one.model, len(one.rounds)) for one in second.measurements] == [("whole", 2), ("split", 2)]
    assert second.started == first.started and len(second.resumed) == 1
    assert not kept.exists()
    assert left_behind(phone) == ""


def test_no_phone(phone, capsys, real_models, tool):
    command = ["run", str(real_models), "--on", "phone", "--adb", phone.adb, "--benchmark-model", str(tool)]
    assert main(command) == 2
    assert lines(capsys) == [
        "error: no phone: adb sees none; plug one in with USB debugging on (Settings, Developer options), or give "
        "adb connect HOST"
    ]


def test_two_phones_must_be_told_apart_and_can_be_measured_in_turn(phone, tool, real_models, tmp_path, capsys):
    phone.plug_in(port=EMULATOR_PORT)  # adb sees it twice: connected, and as an emulator
    for _ in range(50):
        if "emulator-5554\tdevice" in phone.command("devices"):
            break
        phone.command("kill-server")  # it looks for emulators when it starts
        phone.command("connect", f"127.0.0.1:{EMULATOR_PORT}")
        time.sleep(0.2)
    command = ["run", str(real_models / "whole.tflite"), "--on", "phone", "--adb", phone.adb]
    command += ["--benchmark-model", str(tool), "--threads", "1", "--kernels", "xnnpack", *QUICK]
    assert main(command) == 2
    (error,) = lines(capsys)
    assert error.startswith("error: 2 phones: give --serial with one or more of ")
    assert "emulator-5554" in error and f"127.0.0.1:{EMULATOR_PORT}" in error
    assert main([*command, "--serial", "elsewhere"]) == 2
    (error,) = lines(capsys)
    assert error.endswith("; received elsewhere")
    out = tmp_path / "results.json"
    both = ["--serial", "emulator-5554", "--serial", f"127.0.0.1:{EMULATOR_PORT}"]
    assert main([*command, *both, "--out", str(out)]) == 0
    found = [results.read(tmp_path / f"results-{name}.json") for name in ("emulator-5554", "127.0.0.1-5555")]
    assert [one.machine.serial for one in found] == ["emulator-5554", "127.0.0.1:5555"]


def test_a_phone_that_doesn_t_trust_this_computer(phone):
    """A few lines of adb's protocol instead of Debian's adbd, which trusts everybody: it asks for ever who is there."""
    server = phone.start(sys.executable, "-c", _DISTRUSTFUL)
    try:
        assert server.stdout.readline() == "ready\n"
        phone.command("connect", SERIAL)
        with pytest.raises(UserError, match=rf"phone {SERIAL}: (doesn't trust|is still asking).*unlock it"):
            choose([], program=phone.adb)
    finally:
        server.kill()
        server.communicate()


def test_full_storage(tmp_path, monkeypatch, tool, real_models, capsys):
    small = DebianPhone(tmp_path / "phone", program=adb_programs()["unpacked"], storage="256k")
    monkeypatch.setattr(phone_tool, "FOLDER", str(small.storage / "pynet_bokeh_benchmark"))
    try:
        small.plug_in()
        big = real_models / "whole.tflite"
        big.write_bytes(big.read_bytes() + bytes(1_000_000))
        command = ["run", str(real_models / "split.tflite"), str(big), "--on", "phone", "--adb", small.adb]
        assert main([*command, "--benchmark-model", str(tool), "--threads", "1", "--kernels", "xnnpack", *QUICK]) == 2
        captured = capsys.readouterr()
        errors = [line for line in captured.err.splitlines() if line.startswith("error: ")]
        assert errors == [f"error: {big}: can't be copied to phone {SERIAL} (its storage is full: free some space)"]
        assert "split" in captured.out  # which fits
        assert left_behind(small) == ""
    finally:
        small.close()


def test_a_process_that_takes_too_long_is_ended_on_the_phone_too(phone, tmp_path, real_models, monkeypatch):
    phone.plug_in()
    monkeypatch.setattr(phone_tool, "_OUTSIDE_SECONDS", 1.0)
    forever = tmp_path / "forever"
    forever.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(4321)\n")
    executor = phone_tool.PhoneTool(Adb(SERIAL, program=phone.adb), forever, process_seconds=0.1)
    with executor, pytest.raises(UserError, match=r"whole\.tflite: took longer than 0 s.*--process-seconds"):
        executor.memory(real_models / "whole.tflite", Setting("xnnpack", 1))
    time.sleep(0.2)
    running = phone.run("sh", "-c", "cat /proc/[0-9]*/cmdline").stdout
    assert f"{phone_tool.FOLDER}/benchmark_model" not in running


def test_a_phone_that_is_gone_before_it_is_used(phone, tool):
    phone.plug_in()
    (adb,) = choose([SERIAL], program=phone.adb)
    phone.unplug()
    with pytest.raises(Unavailable, match=f"phone {SERIAL}"), phone_tool.PhoneTool(adb, tool):
        pass


_DISTRUSTFUL = """
import socket, struct
server = socket.create_server(("127.0.0.1", 7777))
print("ready", flush=True)

def packet(command, first, second, data=b""):
    number = struct.unpack("<I", command)[0]
    return struct.pack("<IIIIII", number, first, second, len(data), sum(data), number ^ 0xFFFFFFFF) + data

while True:
    connection, _ = server.accept()
    with connection:
        while head := connection.recv(24, socket.MSG_WAITALL):
            command, kind, _, length, _, _ = struct.unpack("<4sIIIII", head)
            connection.recv(length, socket.MSG_WAITALL) if length else None
            if command in (b"CNXN", b"STLS") or (command == b"AUTH" and kind == 2):  # 2: a signature; 3: a public key
                connection.sendall(packet(b"AUTH", 1, 0, bytes(range(20))))  # 1: here is a token, sign it
"""
