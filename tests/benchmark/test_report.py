"""The table and the warnings."""

import dataclasses

import pytest

from benchmark.advice import warnings
from benchmark.executor import FakeExecutor
from benchmark.report import COLUMNS, markdown, notes, rows, signed, terminal, three_digits
from benchmark.results import Failure
from benchmark.samples import Delegation, Effort, Setting
from benchmark.schedule import measure

ONE_THREAD = Setting("xnnpack", 1)
CALM = {"noise": 0.005, "cold": 1.0}


def with_machine(results, **facts):
    return dataclasses.replace(results, machine=dataclasses.replace(results.machine, **facts))


def measured(stand_ins, *, settings=(ONE_THREAD,), effort=None, rounds=3, **fake):
    executor = FakeExecutor({"a": 10.0}, **{**CALM, **fake})
    results = measure(executor, stand_ins[:1], settings, effort=effort, rounds=rounds)
    return with_machine(results, load_average=0.0, cores=4)


def test_every_row_says_its_kernels_and_threads(fake_results):
    assert [(row.model, row.kernels, row.threads) for row in rows(fake_results)] == [
        *[(name, "XNNPACK", "1") for name in "abc"],
        *[(name, "XNNPACK", "4") for name in "abc"],
        *[(name, "built-in", "1") for name in "abc"],
    ]


def test_ratios_are_to_the_first_model_in_the_same_setting(fake_results):
    ratios = [float(row.ratio) for row in rows(fake_results)]
    assert ratios == pytest.approx([1.0, 0.25, 0.5] * 3, abs=0.01)


def test_figures_of_a_row(fake_results):
    row = rows(fake_results)[4]
    assert float(row.median) == pytest.approx(25 / 4, rel=0.02)
    assert float(row.first) == pytest.approx(2 * 25 / 4, rel=0.001)
    assert (row.size, row.peak) == ("2.00", "55")
    low, high = map(float, row.interval.split("–"))
    assert low <= float(row.median) <= high


def test_the_first_inference_is_the_processes_median(stand_ins):
    results = measured(stand_ins, rounds=4)
    (only,) = results.measurements
    rounds = [
        dataclasses.replace(one, first_ms=ms) for one, ms in zip(only.rounds, (40.0, 10.0, 20.0, 30.0), strict=True)
    ]
    changed = dataclasses.replace(results, measurements=[dataclasses.replace(only, rounds=rounds)])
    assert rows(changed)[0].first == "25.0"


def test_the_notes_count_processes(fake_results, stand_ins):
    assert "from 3 fresh processes, taken in turn with the other models, warm-up" in notes(fake_results)
    first, *others = fake_results.measurements
    longer = dataclasses.replace(first, rounds=[*first.rounds, *first.rounds])
    assert "from 3 to 6 fresh processes, " in notes(dataclasses.replace(fake_results, measurements=[longer, *others]))
    assert "from one fresh process, warm-up" in notes(measured(stand_ins, rounds=1))


def test_no_ratio_where_the_first_model_is_missing(fake_results):
    without = dataclasses.replace(fake_results, measurements=fake_results.measurements[1:])
    assert [row.ratio for row in rows(without)][:3] == ["–", "–", "1.00"]


def test_markdown_is_a_table_of_equal_rows_and_names_failures(fake_results):
    failed = dataclasses.replace(fake_results, failures=[Failure("x.tflite", None, "x.tflite: broken")])
    text = markdown(failed)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 9
    assert {line.count("|") for line in table} == {len(COLUMNS) + 1}
    assert "- **Not measured:** x.tflite: broken" in text


def test_terminal_columns_line_up(fake_results):
    lines = terminal(fake_results).splitlines()[:11]
    assert lines[0].startswith("model")
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (1.2345, "1.23"), (12.345, "12.3"), (99.96, "100"), (123.45, "123"), (12345.6, "12346")],
)
def test_three_digits(value, text):
    assert three_digits(value) == text


def test_a_difference_carries_its_sign():
    assert (signed(0.25), signed(-0.04)) == ("+0.25", "−0.04")


def test_a_calm_machine_gets_no_warnings(stand_ins):
    assert warnings(measured(stand_ins)) == []


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        ({"noise": 0.3, "rounds": 1}, "noisy, standard deviation"),
        ({"drift": 0.15}, "the slowest of 3 processes took 32% longer"),
        ({"drift": 0.05, "rounds": 4}, "each of 4 processes was slower than the one before, 16% in all"),
        (
            {"cold": 5.0},
            "a (XNNPACK kernels, 1 thread): the first inference took 5.0 times as long as later ones",
        ),
        ({"effort": Effort(min_runs=2)}, "only 6 timed runs; raise --max-seconds or --rounds"),
        ({"delegation": Delegation(9, 0, 0, {"CONV_2D": 9})}, "XNNPACK took none of its 9 operators (9 CONV_2D)"),
        ({"delegation": Delegation(9, 7, 2, {"GATHER_ND": 2})}, "7 of 9 operators in 2 pieces"),
        ({"settings": [Setting("xnnpack", 8)]}, "8 threads share 4 cores; give --threads 4 or fewer"),
    ],
)
def test_each_warning_appears_alone_and_says_what_to_do(stand_ins, fake, expected):
    found = warnings(measured(stand_ins, **fake))
    assert len(found) == 1
    assert expected in found[0]


def test_the_same_trouble_in_many_rows_is_one_line(stand_ins):
    settings = [Setting("xnnpack", threads) for threads in (1, 2, 3, 4)]
    found = warnings(measured(stand_ins, settings=settings, cold=5.0))
    assert len(found) == 1
    assert found[0].startswith("4 of 4 rows, the worst a (XNNPACK kernels, ")


def test_a_busy_machine_is_said_first(stand_ins):
    found = warnings(with_machine(measured(stand_ins, cold=5.0), load_average=3.2, cores=4))
    assert "load average 3.2 on 4 cores" in found[0]
    assert len(found) == 2


def test_a_warm_up_that_never_settled_is_told_when_the_runs_still_drift(stand_ins):
    results = measured(stand_ins)
    drifting = [
        dataclasses.replace(latency, settled=False, samples_ms=[12.0, 11.8, 11.6, 11.4, 11.2, 11.0, 10.8, 10.6])
        for latency in results.measurements[0].rounds
    ]
    one = dataclasses.replace(results.measurements[0], rounds=drifting)
    (found,) = warnings(dataclasses.replace(results, measurements=[one]))
    assert "after a warm-up that ended at its limit" in found
