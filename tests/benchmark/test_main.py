"""The command line: exit codes, error lines, start-up."""

import dataclasses
import json
import subprocess
import sys

import pytest

from benchmark import host, machine, results
from benchmark.__main__ import main
from benchmark.executor import FakeExecutor, Unavailable
from pynet_bokeh.errors import UserError


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


def test_help_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from benchmark.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'tf_keras', 'ai_edge_litert', 'matplotlib', 'cv2', 'numpy'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
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


def test_peaks_from_a_file_have_their_own_threads(tmp_path, capsys):
    assert exit_code(["probe", "--peaks", tmp_path / "peaks.json", "--threads", "2"]) == 2
    assert capsys.readouterr().err == "error: --threads: for measuring; --peaks takes what was measured\n"


def test_a_reader_that_has_read_enough_is_no_error():
    """As `python -m benchmark schema | head -1`."""
    command = [sys.executable, "-m", "benchmark", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_model_that_can_t_be_opened_is_named_first_and_the_others_are_measured(
    fake_host, stand_ins, tmp_path, capsys
):
    fake_host["failing"]["b"] = "an operator is unknown"
    out = tmp_path / "results.json"
    assert exit_code(["run", tmp_path, "--out", out, "--threads", "1"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"error: {stand_ins[1]}: an operator is unknown"
    assert told[1].startswith("1/") and not any(line.startswith("error: ") for line in told[1:])
    measured = results.read(out)
    assert [model.name for model in measured.models] == ["a", "c"]
    assert len(measured.failures) == 1
    assert exit_code(["table", out]) == 0
    assert capsys.readouterr().out.count("not measured: ") == 1


def test_what_fails_while_it_is_measured_is_named_below_the_table(stand_ins, tmp_path, monkeypatch, capsys):
    class Failing(FakeExecutor):
        def latency(self, model, setting, effort):
            raise UserError(f"{model}: ended by SIGKILL")

    monkeypatch.setattr(host, "HostExecutor", lambda **_: Failing({"b": 1.0}))
    assert exit_code(["run", stand_ins[1], "--threads", "1", "--kernels", "xnnpack"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {stand_ins[1]}: ended by SIGKILL"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("photo.tflite", "photo.tflite: not a .tflite file"),
        ("notes.txt", "notes.txt: a .tflite file is wanted"),
        ("nowhere.tflite", "nowhere.tflite: no such file or folder"),
    ],
)
def test_a_file_that_is_no_model_is_named_before_all_else(
    fake_host, stand_ins, tmp_path, monkeypatch, capsys, name, message
):
    """Before a model is measured, and before the results that are there already."""
    for other in ("photo.tflite", "notes.txt"):
        (tmp_path / other).write_bytes(b"\xff\xd8\xff\xe0 a photo")
    out = tmp_path / "results.json"
    out.write_text("earlier results")
    monkeypatch.setattr(host, "HostExecutor", lambda **_: pytest.fail("measured"))
    assert exit_code(["run", *stand_ins, tmp_path / name, "--out", out]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert out.read_text() == "earlier results"


def test_a_model_that_failed_its_verification_is_measured_with_a_warning(fake_host, stand_ins, tmp_path, capsys):
    failures = ["chelsea (xnnpack): 31.20 dB to the float network, 35 wanted", "another"]
    stand_ins[1].with_suffix(".json").write_text(json.dumps({"verification": {"failures": failures}}))
    stand_ins[2].with_suffix(".json").write_text(json.dumps({"verification": {"failures": []}}))
    assert exit_code(["run", *stand_ins, "--threads", "1", "--kernels", "xnnpack"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert told == [f"warning: {stand_ins[1]}: failed its verification: {failures[0]} (and 1 more)"]


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
        (["a.tflite", "--max-rounds", "9", "--precision", "0"], "--max-rounds: of the rounds that --precision adds"),
        (
            ["a.tflite", "--threads", "2", "--kernels", "gpu"],
            "--threads: of xnnpack and builtin; --kernels has gpu alone",
        ),
        (["a.tflite", "--markdown", "a.tflite/t.md"], "a.tflite/t.md: can't be written ("),
        (["a.tflite", "--out", "."], ".: is a folder; the name of a file is wanted"),
        (["a.tflite", "--out", ""], "--out: an empty argument"),
        (
            ["a.tflite", "--on", "phone", "--benchmark-model", "nowhere"],
            "nowhere: no such file; --benchmark-model wants",
        ),
        (["a.tflite", "--out", "m.json", "--markdown", "./m.json"], "--markdown: m.json is what --out writes; the"),
        (["a.tflite", "--serial", "X"], "--serial: is for phones, with --on phone"),
        (["a.tflite", "--adb", "adb"], "--adb: is for phones, with --on phone"),
        (["a.tflite", "--cool-down", "0"], "--cool-down: is for phones, with --on phone"),
        (
            ["a.tflite", "--on", "phone", "--app", "--min-seconds", "0"],
            "--min-seconds: the app counts runs; --app takes",
        ),
        (["a.tflite", "--on", "phone", "--app", "--max-seconds", "9"], "--max-seconds: the app counts runs"),
        (["a.tflite", "--on", "phone"], "--on phone: wants either --benchmark-model FILE"),
        (["a.tflite", "--on", "phone", "--app", "--photo", "12MP"], "--photo: is measured on this machine only"),
        (["a.tflite", "--kernels", "gpu", "--photo", "12MP"], "--photo: wants xnnpack or builtin among --kernels"),
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


@pytest.mark.parametrize(
    ("given", "effort"),
    [([], (10, 0.5, 10.0)), (["--min-seconds", "0", "--max-seconds", "0", "--runs", "3"], (3, 0.0, 0.0))],
)
def test_how_long_is_as_given_zero_too(fake_host, stand_ins, tmp_path, given, effort):
    """Else as --help says."""
    out = tmp_path / "results.json"
    assert exit_code(["run", stand_ins[0], "--threads", "1", "--out", out, *given]) == 0
    taken = results.read(out).effort
    assert (taken.min_runs, taken.min_seconds, taken.max_seconds) == effort


def test_an_interruption_is_one_line_and_leaves_no_file(stand_ins, tmp_path, monkeypatch, capsys):
    class Interrupted(FakeExecutor):
        def latency(self, model, setting, effort):
            raise KeyboardInterrupt

    monkeypatch.setattr(host, "HostExecutor", lambda **_: Interrupted({"a": 1.0}))
    before = set(tmp_path.iterdir())
    code = exit_code(["run", stand_ins[0], "--threads", "1", "--rounds", "1", "--out", tmp_path / "results.json"])
    assert code == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; nothing was written"
    assert set(tmp_path.iterdir()) == before


@pytest.fixture
def interrupted(fake_host, stand_ins, tmp_path, monkeypatch, capsys):
    """A run of a, b, c that was interrupted after two of three rounds; its command."""

    class Interrupted(FakeExecutor):
        def latency(self, model, setting, effort):
            if sum(call[0] == "latency" for call in self.calls) == 6:
                raise KeyboardInterrupt
            return super().latency(model, setting, effort)

    command = ["run", tmp_path, "--threads", "1", "--kernels", "xnnpack", "--precision", "0"]
    command += ["--out", tmp_path / "results.json"]
    whole = host.HostExecutor
    monkeypatch.setattr(host, "HostExecutor", lambda **_: Interrupted(fake_host["milliseconds"]))
    assert exit_code(command) == 130
    unfinished = tmp_path / "results.unfinished.json"
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"interrupted; 6 processes' answers are kept in {unfinished}, and the same command goes on from there"
    )
    assert not (tmp_path / "results.json").exists()
    monkeypatch.setattr(host, "HostExecutor", whole)
    return command


def test_the_same_command_goes_on_from_where_a_run_was_interrupted(interrupted, tmp_path, monkeypatch, capsys):
    kept = json.loads((tmp_path / "results.unfinished.json").read_text())
    first = {(one["step"]["model"], one["step"]["round"]): one["latency"]["samples_ms"] for one in kept["answers"]}
    asked = []
    make = host.HostExecutor
    monkeypatch.setattr(host, "HostExecutor", lambda **_: asked.append(make()) or asked[-1])
    assert exit_code(interrupted) == 0
    assert [call[:2] for call in asked[0].calls if call[0] != "inspect"] == [
        *[("latency", name) for name in "abc"],
        *[("memory", name) for name in "abc"],
    ]
    progress = capsys.readouterr().err.splitlines()
    assert progress[0] == f"going on from {tmp_path / 'results.unfinished.json'}: 6 processes are done"
    assert progress[1].startswith("7/12 a: latency") and progress[1].endswith("left")
    measured = results.read(tmp_path / "results.json")
    for number, one in enumerate(measured.measurements):
        assert [latency.samples_ms for latency in one.rounds[:2]] == [first[number, 0], first[number, 1]]
        assert len(one.rounds) == 3 and one.memory
    assert measured.started == kept["started"]
    assert len(measured.resumed) == 1
    assert not (tmp_path / "results.unfinished.json").exists()
    assert exit_code(["table", tmp_path / "results.json"]) == 0
    assert "interrupted and taken up again" in capsys.readouterr().out


def test_a_run_under_other_conditions_doesn_t_go_on_from_it(interrupted, stand_ins, tmp_path, monkeypatch, capsys):
    kept, original = tmp_path / "results.unfinished.json", stand_ins[1].read_bytes()
    before = kept.read_bytes()

    def refused(reason, *options):
        assert exit_code([*interrupted, *options]) == 2
        assert capsys.readouterr().err == (
            f"error: {kept}: an interrupted run is kept there, but with {reason}; give its command to go on with "
            "it, or --force to begin anew\n"
        )

    refused("rounds 3, not 5", "--rounds", "5")
    refused(
        "settings XNNPACK kernels, 1 thread, not XNNPACK kernels, 1 thread, XNNPACK kernels, 2 threads",
        "--threads",
        "1,2",
    )
    refused("min runs 10, not 20", "--runs", "20")
    stand_ins[1].write_bytes(original + b"!")
    refused(f"another content of {stand_ins[1]}")
    stand_ins[1].write_bytes(original)
    with monkeypatch.context() as patch:
        elsewhere = dataclasses.replace(machine.describe(), cpu="Another CPU")
        patch.setattr(machine, "describe", lambda: elsewhere)
        refused(f"cpu {json.loads(before)['conditions']['machine']['cpu']}, not Another CPU")
    stand_ins[1].unlink()
    refused("other models")
    assert kept.read_bytes() == before
    stand_ins[1].write_bytes(original)
    assert exit_code([*interrupted, "--rounds", "2", "--force"]) == 0
    assert results.read(tmp_path / "results.json").resumed == []
    assert not kept.exists()


def test_a_broken_file_of_an_interrupted_run_is_named(interrupted, tmp_path, capsys):
    kept = tmp_path / "results.unfinished.json"
    for text in ('{"format": "something"}', "{", '{"format": "pynet-bokeh unfinished benchmark"}'):
        kept.write_text(text)
        assert exit_code(interrupted) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"error: {kept}: ") and error.count("\n") == 1


def test_a_phone_that_was_unplugged_can_be_gone_on_with(fake_host, stand_ins, tmp_path, monkeypatch, capsys):
    class Unplugged(FakeExecutor):
        def memory(self, model, setting):
            raise Unavailable("phone X: was unplugged")

    command = ["run", stand_ins[0], "--threads", "1", "--kernels", "xnnpack", "--out", tmp_path / "results.json"]
    whole = host.HostExecutor
    monkeypatch.setattr(host, "HostExecutor", lambda **_: Unplugged({"a": 1.0}))
    assert exit_code(command) == 2
    kept = tmp_path / "results.unfinished.json"
    errors = capsys.readouterr().err.splitlines()[-2:]
    assert errors == ["error: phone X: was unplugged", f"kept: {kept}; the same command goes on from there"]
    assert results.read(tmp_path / "results.json").broken_off
    monkeypatch.setattr(host, "HostExecutor", whole)
    assert exit_code(command) == 0
    measured = results.read(tmp_path / "results.json")
    assert not measured.broken_off and measured.measurements[0].memory
    assert not kept.exists()


def test_a_file_of_results_shows_the_same_table_again(fake_host, stand_ins, tmp_path, capsys):
    out = tmp_path / "results.json"
    assert exit_code(["run", tmp_path, "--out", out]) == 0
    printed = capsys.readouterr().out
    assert exit_code(["table", out]) == 0
    assert capsys.readouterr().out == printed
    results.write(out, dataclasses.replace(results.read(out), measurements=[]))
    assert exit_code(["table", out, "--markdown"]) == 0
