"""Two files of results held against each other."""

import dataclasses
import json

import jsonschema
import pytest

from benchmark import results
from benchmark.__main__ import main
from benchmark.compare import FASTER, SAME, SLOWER, UNCLEAR, compare, lines
from benchmark.executor import FakeExecutor
from benchmark.samples import Setting
from benchmark.schedule import measure

ONE = (Setting("xnnpack", 1),)


def run(stand_ins, **milliseconds):
    return measure(FakeExecutor(milliseconds, noise=0.001), stand_ins, ONE, rounds=4)


def test_ratios_and_what_they_say(stand_ins):
    difference = compare(run(stand_ins, a=100.0, b=50.0, c=10.0), run(stand_ins, a=120.0, b=25.0, c=10.2))
    by_name = {one.model: one for one in difference.comparisons}
    assert by_name["a"].latency.value == pytest.approx(1.2, rel=0.01)
    assert by_name["a"].latency.interval[0] < by_name["a"].latency.value < by_name["a"].latency.interval[1]
    assert [by_name[name].says(0.05) for name in "abc"] == [SLOWER, FASTER, UNCLEAR]
    slower = {limit: [one.model for one in difference.comparisons if one.slower(limit)] for limit in (0.01, 0.05, 0.3)}
    assert slower == {0.01: ["a", "c"], 0.05: ["a"], 0.3: []}
    assert difference.regressions(0.05)[0].startswith("a (XNNPACK kernels, 1 thread): 1.20 times as long")


def test_a_file_against_itself(fake_results):
    difference = compare(fake_results, fake_results)
    assert {one.says(0.0) for one in difference.comparisons} == {SAME}
    assert difference.regressions(0.0) == difference.lost == difference.new == difference.cautions == []


def test_noise_is_no_regression(stand_ins):
    noisy = [
        measure(FakeExecutor({"a": ms, "b": 1.0, "c": 1.0}, noise=0.3, drift=drift), stand_ins, ONE, rounds=3)
        for ms, drift in ((100.0, 0.2), (115.0, -0.2))
    ]
    (slower,) = [one for one in compare(*noisy).comparisons if one.model == "a"]
    assert slower.latency.value > 0 and not slower.slower(0.0)


def test_rows_that_vary_too_much_to_show_anything_are_told(stand_ins):
    calm = compare(*(run(stand_ins, a=100.0, b=50.0, c=10.0) for _ in range(2)))
    assert not [line for line in lines(calm, 0.05) if line.startswith("caution")]
    noisy = [measure(FakeExecutor({"a": 100.0}, noise=0.9), stand_ins[:1], ONE, rounds=3) for _ in range(2)]
    told = list(lines(compare(*noisy), 0.05))
    assert "caution: 1 of 1 rows vary too much to show a regression of 5%" in "\n".join(told)
    assert told[-1] == "no regression beyond 5% was shown"


def test_memory_size_and_lost_models_count(fake_results):
    def changed(measurement):
        memory = dataclasses.replace(measurement.memory, peak_mb=2 * measurement.memory.peak_mb)
        return dataclasses.replace(measurement, memory=memory)

    first, *others = fake_results.measurements
    after = dataclasses.replace(
        fake_results,
        measurements=[changed(first), *others[:-1]],
        models=[dataclasses.replace(fake_results.models[0], bytes=3_000_000), *fake_results.models[1:]],
        machine=dataclasses.replace(fake_results.machine, cpu="another"),
    )
    difference = compare(fake_results, after)
    told = "\n".join(difference.regressions(0.05))
    assert "2.00 times the memory" in told
    assert "a: 3.00 times the file" in told
    assert "no longer measured" in told
    assert "different machines" in difference.cautions[0]


def test_exit_codes(stand_ins, tmp_path, capsys):
    before, after, other = (tmp_path / f"{name}.json" for name in ("before", "after", "other"))
    results.write(before, run(stand_ins, a=100.0, b=50.0, c=10.0))
    results.write(after, run(stand_ins, a=100.0, b=50.0, c=12.0))
    results.write(other, run([stand_ins[0].rename(tmp_path / "d.tflite")], d=1.0))
    command = ["compare", str(before), str(after)]
    assert main([*command, "--threshold", "5%"]) == 1
    assert "regression: c (XNNPACK kernels, 1 thread): 1.2" in capsys.readouterr().out
    assert main([*command, "--threshold", "0.5"]) == 0
    assert "no regression beyond 50%" in capsys.readouterr().out
    assert main(["compare", str(before), str(other)]) == 2
    assert "no model and setting in common" in capsys.readouterr().err


def test_results_keep_to_their_schema(fake_results, tmp_path, capsys):
    path = tmp_path / "results.json"
    results.write(path, fake_results)
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    content = json.loads(path.read_text())
    jsonschema.validate(content, schema)
    for damage in (
        {"format": "other"},
        {"seconds": "long"},
        {"models": [{}]},
        {"measurements": [{**content["measurements"][0], "rounds": [{"samples_ms": ["fast"]}]}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**content, **damage}, schema)
