"""The method, with an executor that runs nothing."""

from collections import Counter

import numpy as np
import pytest

from benchmark.executor import FakeExecutor, Unavailable
from benchmark.results import Measurement
from benchmark.samples import Effort, Setting
from benchmark.schedule import LATENCY, MEMORY, measure, plan

FAST, SLOW = Setting("xnnpack", 4), Setting("builtin", 1)


def test_models_take_turns_and_every_second_round_runs_backwards():
    steps = plan(2, [FAST, SLOW], rounds=2)
    order = [(step.model, step.setting) for step in steps if step.what == LATENCY]
    assert order[:4] == [(0, FAST), (1, FAST), (0, SLOW), (1, SLOW)]
    assert order[4:] == order[:4][::-1]


def test_every_pair_gets_its_rounds_and_one_process_for_memory():
    counts = Counter((step.what, step.model, step.setting) for step in plan(3, [FAST, SLOW], rounds=5))
    assert set(counts.values()) == {5, 1}
    assert {count for (what, *_), count in counts.items() if what == LATENCY} == {5}
    assert {count for (what, *_), count in counts.items() if what == MEMORY} == {1}


def test_a_steady_drift_cancels_out_of_the_ratio(stand_ins):
    """Each process is 3 % slower than the one before; equal models must still come out equal."""
    executor = FakeExecutor({"a": 10.0, "b": 10.0, "c": 10.0}, drift=0.03, noise=0.0)
    results = measure(executor, stand_ins, [FAST], rounds=4)
    means = [np.log([np.median(r.samples_ms) for r in m.rounds]).mean() for m in results.measurements]
    assert means == pytest.approx([means[0]] * 3, abs=1e-9)


def test_warm_up_and_first_inference_stay_out_of_the_statistics(stand_ins):
    results = measure(FakeExecutor({"a": 8.0}, noise=0.0, cold=50.0), stand_ins[:1], [Setting("xnnpack", 1)])
    latency = results.measurements[0].rounds[0]
    assert latency.first_ms == pytest.approx(400.0)
    assert latency.warmup_ms == [12.0] * 3
    summary = results.measurements[0].summary()
    assert summary.max == pytest.approx(8.0)
    assert summary.count == 3 * Effort().min_runs


def test_raw_samples_are_kept(stand_ins):
    results = measure(FakeExecutor(dict.fromkeys("abc", 5.0)), stand_ins, [FAST], rounds=4, effort=Effort(min_runs=7))
    assert [[len(latency.samples_ms) for latency in m.rounds] for m in results.measurements] == [[7] * 4] * 3


def test_a_model_that_fails_is_named_and_the_others_go_on(stand_ins):
    executor = FakeExecutor({"a": 1.0, "c": 1.0}, failing={"b": "can't be opened"})
    results = measure(executor, stand_ins, [FAST, SLOW])
    assert [model.name for model in results.models] == ["a", "c"]
    assert [(f.model, f.setting, f.reason) for f in results.failures] == [
        (str(stand_ins[1]), None, f"{stand_ins[1]}: can't be opened")
    ]
    assert len(results.measurements) == 4
    assert ("latency", "b", FAST) not in executor.calls


def test_a_setting_that_fails_takes_only_itself_along(stand_ins):
    class NoBuiltin(FakeExecutor):
        def latency(self, model, setting, effort):
            if setting == SLOW and model.stem == "b":
                self._failing["b"] = "took too long"
            try:
                return super().latency(model, setting, effort)
            finally:
                self._failing.clear()

    results = measure(NoBuiltin(dict.fromkeys("abc", 1.0)), stand_ins, [FAST, SLOW])
    assert [(m.model, m.setting) for m in results.measurements] == [
        *[(name, FAST) for name in "abc"],
        *[(name, SLOW) for name in "ac"],
    ]
    assert [(f.setting, "took too long" in f.reason) for f in results.failures] == [(SLOW, True)]


def test_a_failing_memory_process_leaves_the_latency(stand_ins):
    class NoMemory(FakeExecutor):
        def memory(self, model, setting):
            self._failing[model.stem] = "killed"
            return super().memory(model, setting)

    results = measure(NoMemory({"a": 1.0}), stand_ins[:1], [FAST])
    assert results.measurements[0].memory is None
    assert len(results.failures) == 1


def test_announcements_count_down_and_end(stand_ins):
    seen = []
    measure(FakeExecutor(dict.fromkeys("abc", 1.0)), stand_ins, [FAST], rounds=2, announce=seen.append)
    assert [len(announcement.remaining) for announcement in seen] == list(range(9, -1, -1))
    assert [announcement.step is None for announcement in seen] == [False] * 9 + [True]


def test_rounds_are_added_until_the_precision_is_reached_or_they_are_used_up(stand_ins):
    executor = FakeExecutor({"a": 10.0, "b": 10.0}, noise=0.02)
    results = measure(executor, stand_ins[:2], [FAST], rounds=2, precision=0.02, max_rounds=9)
    for one in results.measurements:
        reached = [Measurement("", FAST, one.rounds[: n + 1], None).summary().precision <= 0.02 for n in range(9)]
        assert len(one.rounds) == reached.index(True, 1) + 1  # and not one more
    assert results.precision == 0.02
    # noise that no number of rounds takes away
    hopeless = measure(FakeExecutor({"a": 10.0}, noise=0.5), stand_ins[:1], [FAST], rounds=2, precision=0.001)
    assert len(hopeless.measurements[0].rounds) == 4
    # memory stays last
    kinds = [call[0] for call in executor.calls if call[0] != "inspect"]
    assert kinds == sorted(kinds)


def test_only_what_is_imprecise_gets_more_rounds(stand_ins):
    class Shaky(FakeExecutor):
        def latency(self, model, setting, effort):
            self._noise = 0.4 if model.stem == "b" else 0.0
            return super().latency(model, setting, effort)

    results = measure(Shaky(dict.fromkeys("abc", 10.0)), stand_ins, [FAST], rounds=2, precision=0.01, max_rounds=5)
    assert [len(one.rounds) for one in results.measurements] == [2, 5, 2]


def test_a_place_that_is_gone_ends_the_run_with_what_there_is(stand_ins):
    class Unplugged(FakeExecutor):
        def latency(self, model, setting, effort):
            if sum(call[0] == "latency" for call in self.calls) == 4:
                raise Unavailable("phone X: was unplugged")
            return super().latency(model, setting, effort)

    executor = Unplugged(dict.fromkeys("abc", 10.0))
    results = measure(executor, stand_ins, [FAST], rounds=2)
    assert [(one.model, len(one.rounds), one.memory) for one in results.measurements] == [
        ("a", 1, None),
        ("b", 1, None),
        ("c", 2, None),
    ]
    assert [failure.reason for failure in results.failures] == ["phone X: was unplugged"]
    assert results.broken_off


def test_what_was_answered_is_not_asked_again_and_what_failed_is(stand_ins):
    names, answers = dict.fromkeys("abc", 10.0), []
    whole = measure(FakeExecutor(names, noise=0.02), stand_ins, [FAST, SLOW], precision=0.02, keep=answers.append)
    executor = FakeExecutor(names, noise=0.02)
    seen = []
    again = measure(
        executor, stand_ins, [FAST, SLOW], precision=0.02, so_far=answers, keep=seen.append, announce=seen.append
    )
    assert again.measurements == whole.measurements
    assert [call for call in executor.calls if call[0] != "inspect"] == []
    assert [announcement.step for announcement in seen] == [None]


def test_only_what_is_missing_is_asked(stand_ins):
    names, answers, new = dict.fromkeys("abc", 10.0), [], []
    measure(FakeExecutor(names), stand_ins, [FAST, SLOW], keep=answers.append)
    missing = [answer.step for answer in answers if answer.step.setting == SLOW and answer.step.round != 1]
    part = [answer for answer in answers if answer.step not in missing]
    measure(FakeExecutor(names), stand_ins, [FAST, SLOW], so_far=part, keep=new.append)
    assert [answer.step for answer in new] == missing
