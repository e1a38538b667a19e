"""The real emulated cores where qemu was unpacked; what can be told without it, everywhere."""

import numpy as np
import pytest

from export import check_arm, raw_worker
from export.__main__ import main

needs_arm = pytest.mark.skipif(check_arm.missing() is not None, reason=str(check_arm.missing()))


@needs_arm
def test_eight_bits_agree_bit_for_bit_on_arm(tiny_models, capsys):
    model = tiny_models / "int8.tflite"
    assert main(["check-arm", str(model), "--cpu", "cortex-a76"]) == 0
    assert "cortex-a76: bokeh bit for bit the same" in capsys.readouterr().out


@needs_arm
def test_the_other_side_really_is_arm(tiny_models):
    import subprocess

    command = [*check_arm._emulated_python("cortex-a53"), "-c", "import platform; print(platform.machine())"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "aarch64"


def faked(monkeypatch, change):
    """Both machines are this one; the second one's picture is changed."""
    monkeypatch.setattr(check_arm, "missing", lambda: None)
    here = []

    def ask(python, model, inputs, environment, seconds):
        outputs = raw_worker.run(model, raw_worker.load(inputs), "xnnpack")
        here.append(python)
        return outputs if len(here) == 1 else [{name: change(value) for name, value in one.items()} for one in outputs]

    monkeypatch.setattr(check_arm, "_ask", ask)


def one_step(stored):
    changed = stored.copy()
    changed.flat[0] ^= 1
    return changed


@pytest.mark.parametrize(
    ("model", "change", "code", "said"),
    [
        ("int8", one_step, 1, "FAILED: cortex-a53: bokeh up to 1 of 255 steps apart, 0.01% of the values differ"),
        ("focus", lambda x: x + np.float32(1e-5), 0, "cortex-a53: bokeh at most 1e-05 apart, 0.0001 allowed"),
        ("focus", lambda x: x + np.float32(1e-3), 1, "FAILED: cortex-a53: bokeh at most 0.001 apart, 0.0001 allowed"),
        ("focus", lambda x: x * np.nan, 1, "FAILED: cortex-a53: bokeh at most inf apart"),
    ],
)
def test_what_differs_is_told(tiny_models, monkeypatch, capsys, model, change, code, said):
    faked(monkeypatch, change)
    assert main(["check-arm", str(tiny_models / f"{model}.tflite"), "--cpu", "cortex-a53"]) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("steps", "code"), [(2, 0), (3, 1)])
def test_where_floats_are_on_the_way_a_few_steps_are_allowed(tiny_models, monkeypatch, capsys, steps, code):
    faked(monkeypatch, lambda stored: np.where(stored > 100, stored - np.uint8(steps), stored))
    monkeypatch.setattr(check_arm, "_computes_in_float", lambda model: True)
    assert main(["check-arm", str(tiny_models / "int8.tflite"), "--cpu", "cortex-a53"]) == code
    said = capsys.readouterr().out
    assert f"cortex-a53: bokeh up to {steps} of 255 steps apart" in said
    assert "of the values differ, 2 allowed" in said
    assert ("FAILED" in said) == bool(code)


def test_a_file_that_cannot_be_checked_does_not_keep_the_others_from_it(tiny_models, monkeypatch, capsys, tmp_path):
    faked(monkeypatch, lambda stored: stored)
    content = (tiny_models / "int8.tflite").read_bytes()
    for name, size in (("bad", 100), ("good", None)):
        (tmp_path / f"{name}.tflite").write_bytes(content[:size])
    assert main(["check-arm", str(tmp_path), "--cpu", "cortex-a53"]) == 2
    out, err = capsys.readouterr()
    assert "cortex-a53: bokeh bit for bit the same" in out
    assert err == f"error: {tmp_path / 'bad.tflite'}: a damaged .tflite file; was it copied whole?\n"


def test_float_arithmetic_is_found_in_a_graph(tiny_models):
    assert check_arm._computes_in_float(tiny_models / "focus.tflite")
    assert not check_arm._computes_in_float(tiny_models / "int8.tflite")


def test_without_an_emulator_it_says_so_loudly(tiny_models, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(check_arm.platform, "machine", lambda: "x86_64")
    assert main(["check-arm", str(tiny_models / "int8.tflite")]) == 3
    assert "SKIPPED" in capsys.readouterr().err
