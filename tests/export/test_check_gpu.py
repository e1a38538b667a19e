"""The real accelerator on software Vulkan where it was unpacked; what can be told without one, everywhere."""

import numpy as np
import pytest

from export import check_gpu, debian
from export.__main__ import main
from export.gpu_rules import Finding
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import Tensor

needs_vulkan = pytest.mark.skipif(
    not debian.is_there(debian.VULKAN), reason="no software Vulkan: run `python -m export fetch-emulators`"
)


@pytest.fixture
def quiet():
    return lambda line: None


@needs_vulkan
def test_a_graph_is_compiled_and_agrees_with_the_cpu(tiny_models, quiet):
    found = check_gpu.check(tiny_models / "focus.tflite", report=quiet)
    assert (found.compiled, found.failures, found.skipped) == (True, [], [])
    assert found.agreement["gpu_f32"] > 120
    assert 50 < found.agreement["gpu"] < found.agreement["gpu_f32"]  # it really is another arithmetic


@needs_vulkan
def test_an_eight_bit_graph_too(tiny_models, quiet):
    found = check_gpu.check(tiny_models / "int8.tflite", report=quiet)
    assert (found.compiled, found.failures, found.skipped) == (True, [], [])


@pytest.mark.parametrize(("model", "failures"), [("focus", 2), ("int8", 0)])
def test_where_the_cpu_computes_in_integers_less_agreement_is_asked(tiny_models, monkeypatch, quiet, model, failures):
    """36 dB: too few for float arithmetic, enough for integers against a GPU's floats."""
    original = check_gpu._ask

    def ask(model, inputs, where, environment, seconds):
        outputs = original(model, inputs, "xnnpack", environment, seconds)
        if where == "xnnpack":
            return outputs
        return [{name: four_steps(value) for name, value in one.items()} for one in outputs]

    def four_steps(value):
        return value ^ 4 if value.dtype == np.uint8 else value + np.float32(4 / 255)

    monkeypatch.setattr(check_gpu, "driver_environment", dict)
    monkeypatch.setattr(check_gpu, "_ask", ask)
    assert len(check_gpu.check(tiny_models / f"{model}.tflite", report=quiet).failures) == failures


def test_without_a_driver_it_says_so_loudly(tiny_models, monkeypatch, capsys):
    monkeypatch.setattr(check_gpu, "driver_environment", lambda: None)
    model = tiny_models / "focus.tflite"
    assert main(["check-gpu", str(model)]) == 3
    said = capsys.readouterr()
    assert said.err.startswith(f"SKIPPED: {model}: compilation for the GPU: there is no Vulkan driver here")
    assert "2 operators, 0 of them known to be rejected" in said.out


def test_a_run_that_takes_too_long_counts_as_not_checked(tiny_models, monkeypatch, quiet):
    slow = check_gpu._Refusal("took longer than 1 s here", compiled=True, slow=True)
    original = check_gpu._ask
    monkeypatch.setattr(check_gpu, "driver_environment", dict)
    monkeypatch.setattr(check_gpu, "_ask", lambda *given: original(*given) if given[2] == "xnnpack" else slow)
    found = check_gpu.check(tiny_models / "focus.tflite", report=quiet)
    assert found.compiled and not found.failures
    assert found.skipped[0] == "comparison of gpu_f32 with the CPU: took longer than 1 s here"


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (lambda x: x + 0.1, "gpu: bokeh has 20.0 dB to the CPU's, 40 wanted"),
        (lambda x: x / 0, "gpu: bokeh holds infinity or NaN, which the CPU's does not"),
    ],
)
def test_what_differs_is_a_failure(change, failure):
    result = check_gpu.GpuReport(1, [], None)
    picture = np.full((1, 8, 8, 3), 0.5, np.float32)
    tensor = Tensor("bokeh", picture.shape, picture.dtype, 0.0, 0)
    with np.errstate(divide="ignore"):
        check_gpu._judge(result, "gpu", tensor, [change(picture)], [picture], 40)
    assert result.failures == [failure]


def test_of_one_reason_the_first_operators_are_named_and_the_others_counted():
    findings = [Finding(f"layer{number}", "ADD", (1, 2), "16 bits") for number in range(7)]
    lines = check_gpu._named([*findings, Finding("odd", "SPLIT", (1,), "no such operator")])
    assert lines == [
        *(f"layer{number}: ADD [1, 2]: 16 bits" for number in range(5)),
        "odd: SPLIT [1]: no such operator",
        "2 more: 16 bits",
    ]


@needs_vulkan
def test_what_the_accelerator_refuses_is_a_failure(tiny_models, tmp_path, monkeypatch, quiet):
    def no_gpu():
        return {**environment, "VK_DRIVER_FILES": str(tmp_path / "none.json")}

    environment = check_gpu.driver_environment()
    monkeypatch.setattr(check_gpu, "driver_environment", no_gpu)
    found = check_gpu.check(tiny_models / "focus.tflite", report=quiet)
    assert found.compiled is False
    assert found.failures[0].startswith("gpu_f32: LiteRT's GPU accelerator can't compile it")


def test_a_file_that_is_no_bokeh_network_is_named(tiny_models, tmp_path, quiet):
    with pytest.raises(UserError, match="not a bokeh network"):
        check_gpu.check(tiny_models / "wrong.tflite", report=quiet)
    with pytest.raises(UserError, match="can't be read"):
        check_gpu.check(tmp_path / "none.tflite", report=quiet)


def test_a_refusal_names_the_operator_that_the_accelerator_does_not_take():
    said = ["ERROR: Following operations are not supported by GPU delegate:", "TRANSPOSE_CONV: Max version is 3."]
    wanted = "Following operations are not supported by GPU delegate: TRANSPOSE_CONV: Max version is 3."
    assert check_gpu._reason(said) == wanted
    assert check_gpu._reason(["UNIMPLEMENTED: no kernel", "other"]) == "UNIMPLEMENTED: no kernel"
