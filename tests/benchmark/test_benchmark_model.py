"""What the versions of benchmark_model print, and what they are asked."""

import re
from pathlib import Path

import pytest

from benchmark import benchmark_model
from benchmark.samples import Delegation, Effort, Reported, Setting
from pynet_bokeh.errors import UserError

GOLDEN = Path(__file__).parent / "benchmark_model"
XNNPACK, BUILTIN, GPU = Setting("xnnpack", 4), Setting("builtin", 1), Setting("gpu", 1)


def printed(name):
    return (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize(
    ("name", "initialisation", "first", "reported"),
    [
        ("no-first-inference", 4.452, 146.161, Reported(50, 137.722, 0.896, 137.079, 143.416)),
        ("exponents", 1452.1, 3512.391, Reported(50, 2950.34, 109.798, 2727.568, 3189.954)),
        ("prefixed", 592.232, 633.43, Reported(50, 602.943, 27.69, 568.228, 722.188)),
        (
            "percentiles",
            1361.244,
            125.113,
            Reported(50, 105.784, 0.26, 105.416, 106.528, 105.718, 105.485, 106.281),
        ),
        ("logcat", 1361.244, 125.113, Reported(50, 105.784, 0.26, 105.416, 106.528, 105.718, 105.485, 106.281)),
        ("framed", 17.19, 87.11, Reported(100, 51.7432, 2.716, 49.088, 68.628, 51.891, 49.62, 54.628)),
        ("framed-only", 17.19, 87.11, Reported(100, 51.74, 2.72, 49.09, 68.63)),
    ],
)
def test_the_timings_of_every_version(name, initialisation, first, reported):
    latency = benchmark_model.latency(printed(name), XNNPACK)
    assert latency.initialisation_ms == pytest.approx(initialisation)
    assert latency.first_ms == pytest.approx(first)
    assert vars(latency.reported) == pytest.approx(vars(reported))
    assert latency.samples_ms == []
    assert latency.typical_ms == pytest.approx(reported.median_ms or reported.mean_ms)


@pytest.mark.parametrize(
    ("name", "setting", "delegation"),
    [
        ("no-first-inference", GPU, None),
        ("exponents", GPU, Delegation(0, 0, 2, {"unnamed": 1})),
        ("prefixed", XNNPACK, Delegation(65, 64, 2, {"unnamed": 1})),
        ("prefixed", BUILTIN, None),
        ("percentiles", GPU, Delegation(49, 49, 1)),
        ("logcat", GPU, Delegation(49, 49, 1)),
        ("gpu-partly", GPU, Delegation(43, 40, 1, {"CONV_3D": 1, "GATHER_ND": 1})),
        ("framed", GPU, None),
    ],
)
def test_what_the_delegate_took(name, setting, delegation):
    assert benchmark_model.delegation(printed(name), setting) == delegation


def test_litert_s_readme_calls_the_first_run_otherwise_than_its_source():
    text = printed("framed-only").replace("Warmup (first):       87.11 ms", "First inference:      120.45 ms")
    assert benchmark_model.latency(text, XNNPACK).first_ms == 120.45


def test_runs_that_all_took_the_same():
    text = printed("exponents").replace("count=1 curr=3512391", "count=2 curr=3512391(all same)")
    assert benchmark_model.latency(text, GPU).first_ms == pytest.approx(3512.391)


def test_a_deviation_that_is_no_number_is_none():
    """stats_calculator.h takes the root of a difference that rounding can make negative."""
    text = re.sub(r"std=\S+", "std=-nan", printed("percentiles"))
    latency = benchmark_model.latency(text, XNNPACK)
    assert (latency.reported.std_ms, latency.typical_ms) == (0.0, 105.718)
    framed = re.sub(r"Inference \(std\):.*", "Inference (std): nan ms", printed("framed-only"))
    assert benchmark_model.latency(framed, XNNPACK).reported.std_ms == 0.0
    broken = re.sub(r"curr=\S+", "curr=nan", printed("percentiles"))
    with pytest.raises(UserError, match="no timings that are known here"):
        benchmark_model.latency(broken, XNNPACK)


def test_what_the_oldest_gpu_delegate_left_to_the_cpu():
    text = (
        "ERROR: Next operations are not supported by GPU delegate:\nMAXIMUM: Operation is not supported.\n"
        "MEAN: Operation is not supported.\nFirst 65 operations will run on the GPU, and the remaining 3 on the CPU.\n"
    )
    assert benchmark_model.delegation(text, GPU) == Delegation(68, 65, 1, {"MAXIMUM": 1, "MEAN": 1})


@pytest.mark.parametrize(("setting", "option"), [(BUILTIN, "--use_xnnpack=false"), (GPU, "--use_gpu=true")])
def test_an_option_that_the_tool_passes_over_is_no_measurement(setting, option):
    text = f"INFO: STARTING!\nWARN: Unconsumed cmdline flags: {option}\n" + printed("framed")
    with pytest.raises(UserError, match=f"doesn't know {option}: leave {setting.kernels} out of --kernels"):
        benchmark_model.latency(text, setting)


def test_xnnpack_needs_no_option_where_there_is_none():
    text = "WARN: Unconsumed cmdline flags: --use_xnnpack=true\n" + printed("framed")
    assert benchmark_model.latency(text, XNNPACK).typical_ms == 51.891


def test_a_gpu_that_took_all_without_counting_and_one_that_took_nothing():
    whole = "Explicitly applied GPU delegate, and the model graph will be completely executed by the delegate."
    assert benchmark_model.delegation(whole, GPU).whole
    for nothing in (
        "INFO: Though GPU delegate is explicitly applied, the model graph will not be executed by the delegate.",
        "GPU acceleration is unsupported on this platform.",
    ):
        found = benchmark_model.delegation(nothing, GPU)
        assert (found.partitions, found.whole) == (0, False)
    # XNNPACK runs what the GPU left over: its own line must not pass for the GPU's
    fallback = (
        "VERBOSE: Replacing 9 out of 9 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 1 partitions."
    )
    assert benchmark_model.delegation(fallback, GPU) is None


@pytest.mark.parametrize(
    ("name", "megabytes"),
    [
        ("no-first-inference", None),
        ("exponents", 46.0859),
        ("prefixed", 149.531),
        ("percentiles", 14.8164),
        ("framed", 61.25),
    ],
)
def test_memory_is_in_megabytes_of_ten_to_the_six(name, megabytes):
    expected = megabytes and megabytes * 1024**2 / 1e6
    assert benchmark_model.footprint_mb(printed(name)) == (expected and pytest.approx(expected))


def test_output_without_timings_shows_its_last_line():
    with pytest.raises(UserError, match=r"no timings that are known here: INFO: Loaded model x"):
        benchmark_model.latency("INFO: STARTING!\nINFO: Loaded model x\n", XNNPACK)
    with pytest.raises(UserError, match="nothing at all"):
        benchmark_model.latency("", XNNPACK)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "INFO: STARTING!\nERROR: Failed to mmap model 0.tflite\nERROR: Benchmarking failed.\n",
            "Failed to mmap model 0.tflite",
        ),
        (
            "ERROR: Encountered unresolved custom op: Bokehfy.\nERROR: Node number 1 (Bokehfy) failed to prepare.\n"
            "ERROR: Failed to allocate tensors!\nERROR: Benchmarking failed.\n",
            "Encountered unresolved custom op: Bokehfy.; Failed to allocate tensors!",
        ),
        ("E tflite  : Failed to load model\n", "Failed to load model"),
        ("sh: ./benchmark_model: not executable: 64-bit ELF file\n", "must be built for this phone"),
        ('CANNOT LINK EXECUTABLE "./benchmark_model": library "libc.so" not found\n', "must be built for this phone"),
        ("", "no message"),
    ],
)
def test_a_failure_says_why(text, reason):
    assert reason in benchmark_model.failure(text)


def test_effort_and_setting_become_the_tool_s_own_options():
    effort = Effort(warmup=4, min_runs=30, min_seconds=1.5, max_seconds=20)
    assert benchmark_model.latency_options(XNNPACK, effort) == [
        "--num_threads=4",
        "--use_xnnpack=true",
        "--warmup_runs=5",
        "--warmup_min_secs=0",
        "--num_runs=30",
        "--min_secs=1.5",
        "--max_secs=20",
    ]
    assert "--use_xnnpack=false" in benchmark_model.latency_options(BUILTIN, Effort())
    assert "--use_gpu=true" in benchmark_model.memory_options(GPU)
    assert "--warmup_min_secs=1" in benchmark_model.latency_options(GPU, Effort(warmup_max_seconds=2.0))
