"""Two runs of one model on one machine agree: the ratio's interval holds 1. Minutes; busy machines take part, too."""

import json

import pytest
from ai_edge_litert import schema_py_generated as schema

from benchmark.host import HostExecutor
from benchmark.samples import Effort, Setting
from benchmark.schedule import measure
from benchmark.statistics import ratio

REPEATS = 20
AGREEING = 19


@pytest.mark.slow
def test_two_runs_of_the_same_model_agree(tmp_path, chain, capsys):
    model = tmp_path / "model.tflite"
    model.write_bytes(chain([schema.BuiltinOperator.ADD] * 20, shape=(1, 256, 256, 16)))

    def run():
        results = measure(
            HostExecutor(),
            [model],
            [Setting("xnnpack", 1)],
            rounds=3,
            precision=0.05,
            effort=Effort(min_seconds=0.3),
        )
        assert results.failures == []
        return results.measurements[0].rounds

    found, rounds = [], []
    for _ in range(REPEATS):
        first, second = run(), run()
        found.append(ratio(second, first))
        rounds.append([[latency.typical_ms for latency in one] for one in (first, second)])
        (tmp_path / "rounds.json").write_text(json.dumps(rounds))
    agreeing = sum(one.holds(1.0) for one in found)
    widths = sorted(one.interval[1] / one.interval[0] for one in found)
    with capsys.disabled():
        ratios = ", ".join(f"{one.value:.3f} ({one.interval[0]:.3f}–{one.interval[1]:.3f})" for one in found)
        print(f"\n{agreeing} of {REPEATS} hold 1; half of the intervals span a factor up to {widths[REPEATS // 2]:.3f}")
        print(ratios)
    assert agreeing >= AGREEING
