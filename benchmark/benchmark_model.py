"""The official `benchmark_model` of TensorFlow Lite and LiteRT: its options, and what its versions print.

Written after its source, tensorflow/lite/tools/benchmark/{README.md, benchmark_model.cc, benchmark_tflite_model.cc}
(later tflite/tools/benchmark in google-ai-edge/LiteRT) and litert/tools/benchmark_litert_model.h, and after logs that
people published. Lines may begin with "INFO: " (newer ones) or logcat's prefix, numbers may read 1.24e+06.
"""

import math
import re
from collections.abc import Iterator

from benchmark.samples import BUILTIN, GPU, XNNPACK, Delegation, Effort, Latency, Reported, Setting
from pynet_bokeh.errors import UserError

MEMORY_SECONDS = 0.5  # runs at least so long that its memory can be looked at meanwhile
_NUMBER = r"(-?[\d.]+(?:e[+-]?\d+)?|-?inf|-?nan)"
_PAIR = re.compile(rf"\b([a-z]+\d*)={_NUMBER}")


def latency_options(setting: Setting, effort: Effort) -> list[str]:
    """Command-line options for timed runs. The tool's warm-up is a time, not "until steady": half of what we allow."""
    if effort.warmup is None:
        warm_up = ["--warmup_runs=3", f"--warmup_min_secs={effort.warmup_max_seconds / 2:g}"]
    else:  # one more, because the tool calls the first inference a warm-up
        warm_up = [f"--warmup_runs={effort.warmup + 1}", "--warmup_min_secs=0"]
    runs = [f"--num_runs={effort.min_runs}", f"--min_secs={effort.min_seconds:g}", f"--max_secs={effort.max_seconds:g}"]
    return [*_setting(setting), *warm_up, *runs]


def memory_options(setting: Setting) -> list[str]:
    """Command-line options for a run whose memory is looked at."""
    runs = ["--warmup_runs=1", "--warmup_min_secs=0", "--num_runs=3", f"--min_secs={MEMORY_SECONDS:g}"]
    return [*_setting(setting), *runs]


def _setting(setting: Setting) -> list[str]:
    delegate = {XNNPACK: "--use_xnnpack=true", BUILTIN: "--use_xnnpack=false", GPU: "--use_gpu=true"}[setting.kernels]
    return [f"--num_threads={setting.threads}", delegate]


def latency(text: str, setting: Setting) -> Latency:
    """Reads what the tool printed. UserError says what is missing, or which option it passed over.

    It only warns of an option that it doesn't know: LiteRT's has no --use_xnnpack, and would measure XNNPACK twice.
    """
    wanted = _setting(setting)[-1]
    if re.search(rf"Unconsumed cmdline flags:.*{re.escape(wanted)}", text) and setting.kernels != XNNPACK:
        raise UserError(
            f"this benchmark_model doesn't know {wanted}: leave {setting.kernels} out of --kernels, or take another one"
        )
    times = {name: ms for name, ms in _times(text).items() if math.isfinite(ms)}
    missing = [name for name in ("initialisation", "first") if name not in times]
    runs = list(_counted(text)) or list(_boxed(text))
    if missing or not runs:
        raise UserError("benchmark_model printed no timings that are known here: " + (_last(text) or "nothing at all"))
    return Latency(
        initialisation_ms=times["initialisation"],
        first_ms=times["first"],
        warmup_ms=[],
        samples_ms=[],
        settled=None,
        delegation=delegation(text, setting),
        reported=runs[-1],  # what comes before it is the warm-up
    )


def footprint_mb(text: str) -> float | None:
    """How much the process's largest resident set grew since its start, in MB of 10^6 bytes; None in old versions."""
    grown = re.search(
        rf"Memory footprint delta from the start of the tool \(MB\): init={_NUMBER} overall={_NUMBER}", text
    )
    grown = grown or re.search(rf"Peak memory footprint \(MB\): init={_NUMBER} overall={_NUMBER}", text)
    grown = grown or re.search(rf"(Overall footprint):\s+{_NUMBER} MB", text)
    return float(grown[2]) * 2**20 / 1e6 if grown else None


def delegation(text: str, setting: Setting) -> Delegation | None:
    """How much of the graph the setting's delegate took, from whichever lines the version prints; None without any."""
    name = {GPU: "Gpu", XNNPACK: "XNNPack"}.get(setting.kernels)
    if name is None:
        return None
    taken = re.findall(
        r"Replacing (\d+) out of (\d+) node\(s\) with delegate \(TfLite(\w+?)Delegate\w*\) node, "
        r"yielding (\d+) partition",
        text,
    )
    taken = [(int(part), int(nodes), int(pieces)) for part, nodes, whose, pieces in taken if whose == name]
    left = unsupported(text)
    if taken:
        part, nodes, pieces = taken[0]
        unnamed = nodes - part - sum(left.values())
        return Delegation(nodes, part, pieces, left | ({"unnamed": unnamed} if unnamed > 0 else {}))
    split = re.search(
        r"(\d+) operations will run on the GPU, and the remaining (\d+) (?:operations will run )?on the CPU", text
    )
    kernels = re.search(r"partially executed by the delegate w/ (\d+) delegate kernels", text)
    if split:
        on_gpu, on_cpu = int(split[1]), int(split[2])
        pieces = int(kernels[1]) if kernels else min(on_gpu, 1)
        return Delegation(on_gpu + on_cpu, on_gpu, pieces, left or {"unnamed": on_cpu})
    if kernels:
        return Delegation(0, 0, int(kernels[1]), left or {"unnamed": 1})
    if "will be completely executed by the delegate" in text:
        return Delegation(0, 0, 1)
    if "will not be executed by the delegate" in text or (name == "Gpu" and "GPU acceleration is unsupported" in text):
        return Delegation(0, 0, 0, left or {"unnamed": 1})
    return None


def failure(text: str) -> str:
    """Why the tool gave up, in one line: its own errors, the first and the last but its closing "failed"."""
    if "not executable" in text or "xec format error" in text or "CANNOT LINK EXECUTABLE" in text:
        return "benchmark_model can't be executed there; it must be built for this phone (android_arm64, mostly)"
    lines = [
        re.sub(r"^.*?\bERROR: *|^E tflite *: *", "", line).strip() for line in text.splitlines() if _is_error(line)
    ]
    lines = [line for line in lines if line and line != "Benchmarking failed."]
    return "; ".join(dict.fromkeys([*lines[:1], *lines[-1:]])) or _last(text) or "no message"


def _is_error(line: str) -> bool:
    return bool(
        re.search(r"\bERROR:|\bE tflite|Failed to|failed to|Segmentation fault|Abort|Encountered unresolved", line)
    )


def _times(text: str) -> dict[str, float]:
    """Initialisation and first inference in milliseconds, from the summary of any version."""
    found = {}
    summary = re.search(r"Inference timings in us: (.*)", text, re.I)
    if summary:
        given = dict(re.findall(rf"([A-Z][\w ()]*): {_NUMBER}", summary[1]))
        if "Init" in given:
            found["initialisation"] = float(given["Init"]) / 1000
        # The oldest summary has no first inference; the warm-up's own line has.
        first = given.get("First inference")
        warm_up = next(_pairs(text), {})
        first = first or warm_up.get("first") or warm_up.get("curr")
        if first:
            found["first"] = float(first) / 1000
    for name, label in (("initialisation", "Model initialization"), ("first", r"(?:Warmup \(first\)|First inference)")):
        boxed = re.search(rf"{label}:\s+{_NUMBER} ms", text)
        if boxed:
            found[name] = float(boxed[1])
    return found


def _pairs(text: str) -> Iterator[dict[str, str]]:
    """The lines "count=50 first=… curr=… min=… max=… avg=… std=…", perhaps percentiles; "curr" alone of one run."""
    for line in text.splitlines():
        start = line.find("count=")
        if start >= 0:
            values = dict(_PAIR.findall(line[start:]))
            if "curr" in values:
                yield values


def _counted(text: str) -> Iterator[Reported]:
    lines = list(_pairs(text))
    for values in lines[1:]:  # the first is the warm-up
        # Of times that are almost the same, rounding makes the variance negative: std=-nan.
        ms = {key: float(value) / 1000 for key, value in values.items() if math.isfinite(float(value))}
        if "curr" not in ms or "count" not in ms:
            continue
        yield Reported(
            count=int(float(values["count"])),
            mean_ms=ms.get("avg", ms["curr"]),
            std_ms=ms.get("std", 0.0),
            min_ms=ms.get("min", ms["curr"]),
            max_ms=ms.get("max", ms["curr"]),
            median_ms=ms.get("median"),
            p5_ms=ms.get("p5"),
            p95_ms=ms.get("p95"),
        )


def _boxed(text: str) -> Iterator[Reported]:
    """LiteRT 2's `benchmark_model` frames its results and tells milliseconds."""
    mean = re.search(rf"Inference \(avg\):\s+{_NUMBER} ms \((\d+) runs\)", text)
    if mean and int(mean[2]) and math.isfinite(float(mean[1])):
        values = {"min": float(mean[1]), "max": float(mean[1]), "std": 0.0}
        for name in values:
            value = re.search(rf"Inference \({name}\):\s+{_NUMBER}", text)
            if value and math.isfinite(float(value[1])):
                values[name] = float(value[1])
        yield Reported(int(mean[2]), float(mean[1]), values["std"], values["min"], values["max"])


def unsupported(text: str) -> dict[str, int]:
    """Operators that the GPU delegate names as not supported, each counted once per reason: numbers are not given."""
    block = re.search(r"not supported by GPU delegate:\n((?:.*\n)*?)(?=.*operations will run on)", text)
    if not block:
        return {}
    names = re.findall(r"^(?:\w+: )?([A-Z][A-Z0-9_]+): ", block[1], re.M)
    return dict.fromkeys(names, 1)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
