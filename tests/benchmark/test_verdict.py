"""Budgets, bounds and verdicts."""

import dataclasses

import pytest

from benchmark import budget, probe
from benchmark.__main__ import main
from benchmark.bounds import CPU, GPU, Bound, Chip, Cores, Cpu, Gpu, Peak, chips, lower_bound
from benchmark.budget import Budget
from benchmark.inspection import inspect
from benchmark.machine import describe
from benchmark.probe import BoundCheck, Probe, ThreadPeak
from benchmark.probe_models import matmul_macs, matmul_model
from benchmark.results import Measurement
from benchmark.samples import Delegation, Latency, Memory, PhoneState, Setting
from benchmark.verdict import FAILS, FITS, UNKNOWN, choose, judge, overall
from pynet_bokeh.errors import UserError

WHOLE, SPLIT = Delegation(3, 3, 1), Delegation(3, 2, 2, {"FLOOR_MOD": 1})
EDGES, INSIDE = Delegation(9, 7, 1, {"QUANTIZE": 2}), Delegation(9, 7, 2, {"QUANTIZE": 2})


@pytest.fixture
def product(tmp_path):
    """A matrix product of 64 * 64 * 128 * 128 multiply-accumulates, 0.067 GMAC."""
    path = tmp_path / "product.tflite"
    path.write_bytes(matmul_model(side=64, channels=128, int8=False))
    return path


def measured(ms, *, memory=100.0, delegation=WHOLE, setting=None):
    rounds = [Latency(1.0, ms, [], [ms * factor] * 9, None, delegation) for factor in (0.99, 1.0, 1.01)]
    return Measurement("product", setting or Setting("xnnpack", 4), rounds, Memory(40.0, memory))


def test_the_bound_is_work_over_peak():
    found = Bound(2.0, 3.0)
    assert (found.ms, found.limit) == (3.0, "memory")


def test_arithmetic_and_memory_overlap_at_best(product):
    model = inspect(product)
    macs = matmul_macs(side=64, channels=128)
    slow = lower_bound(model, Peak(CPU, float_macs=macs * 10, int8_macs=1e30, memory_bytes=1e9, cache_bytes=1e9))
    assert slow.ms == slow.compute_ms == pytest.approx(100)
    assert slow.memory_ms == 0  # all of it stays in the cache
    moved = 2 * 64 * 64 * 128 * 4 + (128 * 128 + 128) * 2  # pictures as they are, weights perhaps in half precision
    narrow = lower_bound(model, Peak(CPU, 1e30, 1e30, memory_bytes=1e9, cache_bytes=1e6))
    assert narrow.ms == pytest.approx(1000 * (moved - 1e6) / 1e9)


def test_a_chip_s_peak_is_cores_times_clock_times_lanes():
    chip = Chip("c", 2024, 50.0, ["s"], cpu=Cpu([Cores("a", 2, 3.0), Cores("b", 4, 2.0)], 4), gpu=Gpu("g", 4.0))
    assert chip.peak(CPU).float_macs == pytest.approx(14e9 * 4 * (2 * 2 * 4))  # 2×4 by 4×2 bfloat16
    assert chip.peak(CPU).int8_macs == pytest.approx(14e9 * 4 * (2 * 2 * 8))  # 2×8 by 8×2
    assert chip.peak(GPU).float_macs == pytest.approx(2e12)
    assert dataclasses.replace(chip, gpu=None).peak(GPU) is None


def test_every_chip_says_where_its_figures_come_from():
    assert len({chip.name for chip in chips()}) == len(chips()) >= 5
    assert [chip.year for chip in chips()] == sorted((chip.year for chip in chips()), reverse=True)
    for chip in chips():
        assert chip.sources and (chip.cpu or chip.gpu), chip.name
        assert any("https://" in source for source in chip.sources), chip.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("latency_ms: 100\nlatency: 3", "latency: unknown; known are name"),
        ("latency_ms: fast", "latency_ms: float is wanted; received 'fast'"),
        ("latency_ms: -1", "latency_ms: a number above 0 is wanted; received -1"),
        ("latency_ms: 1\nlatency_ms: 2", "latency_ms stands there twice"),
        ("file_mb: 1\nchips: [Snapdragon 9]", "chips: some of Snapdragon 8 Elite Gen 5, "),
        ("file_mb: 1\nkernels: npu", "kernels: xnnpack, builtin, gpu is wanted"),
        ("file_mb: 1\nwhere: watch", "where: phone or host is wanted"),
        ("name: nothing", "holds nothing to judge"),
        ("- 1", "names and values are wanted; received list"),
        ("a: [", "not YAML in line"),
    ],
)
def test_a_bad_budget_is_one_line(tmp_path, text, message):
    path = tmp_path / "budget.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        budget.read(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_budget(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml: no such file"):
        budget.read(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("limits", "measurement", "verdict", "text"),
    [
        (Budget(latency_ms=20), measured(10.0), FITS, "10.0 ms of 20"),
        (Budget(latency_ms=5), measured(10.0), FAILS, "5.00 ms too slow"),
        (Budget(latency_ms=10), measured(10.0), UNKNOWN, "the interval holds the limit"),
        (Budget(peak_memory_mb=100), measured(1.0, memory=100.0), FITS, "100 of 100 MB"),
        (Budget(peak_memory_mb=100), measured(1.0, memory=130.0), FAILS, "30.0 MB too much"),
        (Budget(file_mb=0.07), None, FITS, "0.0666 of 0.07 MB"),
        (Budget(file_mb=0.06), None, FAILS, "MB too much"),
        (Budget(fully_delegated=True), measured(1.0), FITS, "all operators in one piece, as measured"),
        (Budget(fully_delegated=True), measured(1.0, delegation=SPLIT), FAILS, "2 of 3 operators in 2 pieces"),
        (Budget(fully_delegated=True), measured(1.0, delegation=EDGES), FITS, "7 of 9 operators in 1 piece"),
        (Budget(fully_delegated=True), measured(1.0, delegation=INSIDE), FAILS, "left: 2 QUANTIZE"),
        (Budget(fully_delegated=True), None, UNKNOWN, "no phone was measured"),
        (Budget(peak_memory_mb=2), None, FAILS, "one operator alone needs 2.10 MB (a bound)"),
        (Budget(peak_memory_mb=9, kernels="gpu"), None, UNKNOWN, "at least 2.10 MB (a bound)"),
        (Budget(latency_ms=5), None, UNKNOWN, "no phone was measured"),
    ],
)
def test_each_criterion(product, limits, measurement, verdict, text):
    (judgement,) = judge(limits, inspect(product), measured=measurement)
    assert judgement.verdict == verdict
    assert text in judgement.text


def test_an_unmeasured_phone_fails_only_by_a_bound_that_covers_every_unit(product):
    model = inspect(product)
    chip = "Snapdragon 8 Elite"  # its CPU has figures, its GPU none
    cpu = Budget(latency_ms=1e-6, kernels="xnnpack", chips=[chip])
    (judgement,) = judge(cpu, model)
    assert judgement.verdict == FAILS and "at least" in judgement.text and chip in judgement.text
    assert judge(dataclasses.replace(cpu, kernels=None), model)[0].verdict == UNKNOWN
    assert judge(dataclasses.replace(cpu, latency_ms=1e6), model)[0].verdict == UNKNOWN


def test_one_failure_fails_the_whole_and_one_unknown_leaves_it_open(product):
    model = inspect(product)
    assert overall(judge(Budget(latency_ms=1, file_mb=1), model, measured=measured(0.1))) == FITS
    assert overall(judge(Budget(latency_ms=1, file_mb=1), model)) == UNKNOWN
    assert overall(judge(Budget(latency_ms=1, file_mb=0.01), model)) == FAILS


def test_only_measurements_of_the_place_and_setting_count(fake_results):
    host = Budget(where="host", latency_ms=1)
    assert choose(host, fake_results, "a").setting == Setting("xnnpack", 4)  # the fastest
    assert choose(dataclasses.replace(host, threads=1), fake_results, "a").setting.threads == 1
    assert choose(dataclasses.replace(host, kernels="gpu"), fake_results, "a") is None
    assert choose(Budget(latency_ms=1), fake_results, "a") is None  # a host's times say nothing of a phone
    latency = dataclasses.replace(fake_results.measurements[0].rounds[0], before=PhoneState(), after=PhoneState())
    on_phone = dataclasses.replace(
        fake_results, measurements=[dataclasses.replace(fake_results.measurements[0], rounds=[latency])]
    )
    assert choose(Budget(latency_ms=1), on_phone, "a") is not None
    assert choose(host, on_phone, "a") is None


@pytest.mark.parametrize(("limit", "code"), [("file_mb: 1", 0), ("file_mb: 0.01", 1), ("latency_ms: 1", 3)])
def test_exit_codes(product, tmp_path, capsys, limit, code):
    path = tmp_path / "budget.yaml"
    path.write_text(limit)
    assert main(["verdict", str(product), "--budget", str(path)]) == code
    assert str(product) in capsys.readouterr().out


def test_the_budget_in_the_box_is_one(product):
    assert budget.read("budgets/phone.yaml").latency_ms > 0


def test_peaks_of_more_threads_are_never_too_small():
    probed = Probe(describe(), 1, [ThreadPeak(1, 10.0, 20.0, 9.0), ThreadPeak(4, 30.0, 90.0, 5.0)])
    assert (probed.peak(2).float_macs, probed.peak(4).float_macs) == (20.0, 30.0)
    assert probed.peak(4).memory_bytes == 9.0  # one thread reached it, so four can
    assert probed.peak(8).int8_macs == 180.0


def test_a_latency_below_its_bound_is_told(tmp_path, product, fake_results):
    slow = BoundCheck("m", Setting("xnnpack", 1), Bound(5.0, 1.0), median_ms=6.0, fastest_ms=5.5)
    assert slow.holds
    assert not dataclasses.replace(slow, fastest_ms=4.9).holds
    other = Probe(dataclasses.replace(describe(), cpu="another"), 1, [ThreadPeak(1, 1.0, 1.0, 1.0)])
    with pytest.raises(UserError, match="another machine"):
        probe.check(other, fake_results)


def test_a_file_that_was_exported_again_is_not_what_was_measured(tmp_path, product, fake_results):
    """Of the same size, as a model of other weights is."""
    again = dataclasses.replace(
        fake_results.models[0], path=str(product), bytes=product.stat().st_size, sha256="of another"
    )
    probed = Probe(describe(), 1, [ThreadPeak(1, 1.0, 1.0, 1.0)])
    with pytest.raises(UserError, match=r"product\.tflite: is not the file any more"):
        probe.check(probed, dataclasses.replace(fake_results, models=[again]))


def test_caches_count_once_each_whoever_shares_them(tmp_path):
    """Two pairs of threads, each pair with a core's own caches, and a last level for each pair."""
    for cpu, (own, last) in enumerate([("0-1", "0-1"), ("0-1", "0-1"), ("2-3", "2-3"), ("2-3", "2-3")]):
        for index, (level, kind, size, shared) in enumerate(
            [("1", "Data", "32K", own), ("1", "Instruction", "64K", own), ("3", "Unified", "8192K", last)]
        ):
            folder = tmp_path / f"cpu{cpu}" / "cache" / f"index{index}"
            folder.mkdir(parents=True)
            for name, text in (("level", level), ("type", kind), ("size", size), ("shared_cpu_list", shared)):
                (folder / name).write_text(f"{text}\n")
    assert probe.cache_bytes(tmp_path) == 2 * (32 + 8192) * 1024
    assert probe.cache_bytes(tmp_path / "none") == 0


@pytest.mark.slow
def test_no_latency_on_this_machine_lies_below_its_bound(tmp_path):
    """The real thing: probe, measure, hold against each other."""
    from benchmark.host import HostExecutor
    from benchmark.samples import Effort
    from benchmark.schedule import measure

    paths = []
    for side, channels, int8 in ((16, 256, False), (64, 64, True), (96, 128, False)):
        path = tmp_path / f"m{side}.tflite"
        path.write_bytes(matmul_model(side=side, channels=channels, int8=int8))
        paths.append(path)
    results = measure(HostExecutor(), paths, [Setting("xnnpack", 1)], rounds=1, effort=Effort(max_seconds=1.0))
    checks = probe.check(probe.probe([1]), results)
    assert len(checks) == 3
    assert all(one.holds for one in checks), checks
