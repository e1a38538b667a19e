"""The command line: exit codes, error lines, start-up."""

import dataclasses
import subprocess
import sys
import time

import pytest

from benchmark import host, results
from benchmark.__main__ import main
from benchmark.executor import FakeExecutor


@pytest.fixture
def fake_host(monkeypatch):
    """Replaces the host by a fake one; returns its settings, to be changed before `main`."""
    settings = {"milliseconds": {"a": 100.0, "b": 25.0, "c": 50.0}, "failing": {}}
    monkeypatch.setattr(host, "HostExecutor", lambda **_: FakeExecutor(**settings))
    return settings


def exit_code(argv) -> int:
    try:
        return main([str(word) for word in argv])
    except SystemExit as exit:
        return exit.code


def test_help_starts_quickly_and_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from benchmark.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'tf_keras', 'ai_edge_litert', 'matplotlib', 'cv2', 'numpy'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert time.monotonic() - start < 1.0
    assert done.stderr.strip() == "[]"
    assert "run" in done.stdout and "report" in done.stdout


def test_no_module_of_the_package_imports_tensorflow():
    program = (
        "import importlib, pkgutil, sys, benchmark\n"
        "for module in pkgutil.iter_modules(benchmark.__path__):\n"
        "    if module.name != '__main__': importlib.import_module(f'benchmark.{module.name}')\n"
        "assert not {'tensorflow', 'tf_keras'} & set(sys.modules)\n"
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_a_command_the_help_is_shown(capsys):
    assert exit_code([]) == 2
    assert "commands:" in capsys.readouterr().err


def test_a_run_prints_its_table_and_writes_its_files(fake_host, stand_ins, tmp_path, capsys):
    out, markdown = tmp_path / "out" / "results.json", tmp_path / "out" / "table.md"
    command = ["run", tmp_path, "--threads", "1,4", "--out", out, "--markdown", markdown, "--rounds", "2"]
    assert exit_code(command) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[2].split()[:3] == ["a", "XNNPACK", "1"]
    assert "36/36 a: memory, built-in kernels, 4 threads" not in captured.out
    assert "left" in captured.err
    assert len(results.read(out).measurements) == 3 * 2 * 2
    assert markdown.read_text().startswith("| model | kernels |")
    assert exit_code(command) == 2
    assert "exists already" in capsys.readouterr().err
    assert exit_code([*command, "--force"]) == 0


def test_a_bad_model_is_named_and_the_others_results_are_written(fake_host, stand_ins, tmp_path, capsys):
    (tmp_path / "photo.tflite").write_bytes(b"\xff\xd8\xff\xe0 a photo")
    (tmp_path / "notes.txt").write_text("no model")
    fake_host["failing"]["b"] = "an operator is unknown"
    out = tmp_path / "results.json"
    assert exit_code(["run", tmp_path, tmp_path / "notes.txt", "--out", out, "--threads", "1"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    assert "b.tflite: an operator is unknown" in errors[0]
    assert "photo.tflite: not a TensorFlow Lite model" in errors[1]
    assert "notes.txt: a .tflite file is wanted" in errors[2]
    measured = results.read(out)
    assert [model.name for model in measured.models] == ["a", "c"]
    assert len(measured.failures) == 3
    assert exit_code(["table", out]) == 0
    assert capsys.readouterr().out.count("not measured: ") == 3


def test_when_nothing_could_be_measured_nothing_is_written(fake_host, tmp_path, capsys):
    (tmp_path / "photo.tflite").write_bytes(b"\xff\xd8\xff\xe0 a photo")
    assert exit_code(["run", tmp_path, "--out", tmp_path / "results.json"]) == 2
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere.tflite"], "nowhere.tflite: no such file or folder"),
        (["a.tflite", "--threads", "1,zero"], "argument --threads: a whole number above 0 is wanted; received 'zero'"),
        (
            ["a.tflite", "--kernels", "npu"],
            "argument --kernels: comma-separated, of xnnpack, builtin, gpu; received 'npu'",
        ),
        (["a.tflite", "--warmup", "some"], "argument --warmup: auto or a number of runs; received 'some'"),
        (["a.tflite", "--min-seconds", "-1"], "argument --min-seconds: seconds, 0 or more; received '-1'"),
        (["a.tflite", "--min-seconds", "60"], "--min-seconds: at most --max-seconds (10); received 60"),
        (["a.tflite", "--precision", "tight"], "argument --precision: percent, 0 to 100; received 'tight'"),
        (["a.tflite", "--max-rounds", "2"], "--max-rounds: --rounds (3) or more; received 2"),
        (["a.tflite", "--serial", "X"], "--serial: is for phones, with --on phone"),
        (["a.tflite", "--on", "phone"], "--on phone: wants either --benchmark-model FILE"),
        (["a.tflite", "--on", "phone", "--app", "--photo", "12MP"], "--photo: is measured on this machine only"),
        (["a.tflite", "--photo", "nowhere.jpg"], "nowhere.jpg: no such file"),
        (["a.tflite", "--round", "2"], "unrecognized arguments: --round 2"),
    ],
)
def test_wrong_arguments_are_one_line(fake_host, stand_ins, tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    assert exit_code(["run", *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_an_interruption_is_one_line_and_leaves_no_file(stand_ins, tmp_path, monkeypatch, capsys):
    class Interrupted(FakeExecutor):
        def memory(self, model, setting):
            raise KeyboardInterrupt

    monkeypatch.setattr(host, "HostExecutor", lambda **_: Interrupted({"a": 1.0}))
    before = set(tmp_path.iterdir())
    code = exit_code(["run", stand_ins[0], "--threads", "1", "--rounds", "1", "--out", tmp_path / "results.json"])
    assert code == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; nothing was written"
    assert set(tmp_path.iterdir()) == before


def test_a_file_of_results_shows_the_same_table_again(fake_host, stand_ins, tmp_path, capsys):
    out = tmp_path / "results.json"
    assert exit_code(["run", tmp_path, "--out", out]) == 0
    printed = capsys.readouterr().out
    assert exit_code(["table", out]) == 0
    assert capsys.readouterr().out == printed
    results.write(out, dataclasses.replace(results.read(out), measurements=[]))
    assert exit_code(["table", out, "--markdown"]) == 0
