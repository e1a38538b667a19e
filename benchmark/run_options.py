"""The options of `benchmark run`: what is measured, how long, where."""

import argparse
from pathlib import Path

from benchmark.option_types import numbers
from benchmark.samples import CPU_KERNELS, KERNELS, Effort
from pynet_bokeh import cli

HOST = "host"
PHONE = "phone"
PHONE_PAUSE = 2.0


def add(commands) -> argparse.ArgumentParser:
    """Adds the command's parser to argparse's subparsers; its caller sets what it runs."""
    effort = Effort()
    parser = commands.add_parser(
        "run",
        help="measure models on this machine or on phones",
        description="Measures latency and peak memory of .tflite models, each in fresh processes, models interleaved. "
        "The table goes to standard output, progress to standard error.",
    )
    parser.add_argument(
        "models",
        nargs="+",
        type=Path,
        metavar="MODEL",
        help="a .tflite file, or a folder of them; ratios are to the first",
    )
    parser.add_argument(
        "--threads", type=numbers, help="comma-separated numbers of threads (default: 1 and 4, or the cores there are)"
    )
    parser.add_argument(
        "--kernels",
        type=_kernels,
        default=list(CPU_KERNELS),
        help=f"comma-separated: {', '.join(KERNELS)} (default: the first two)",
    )
    how = parser.add_argument_group("how long")
    how.add_argument(
        "--rounds", type=cli.positive, default=3, metavar="N", help="fresh processes per model and setting (default: 3)"
    )
    how.add_argument(
        "--precision",
        type=_percent,
        default=0.05,
        metavar="P",
        help="more rounds until each median is known to ± P percent, or 0 for none (default: 5)",
    )
    how.add_argument(
        "--max-rounds", type=cli.positive, metavar="N", help="rounds for that, at most (default: twice --rounds)"
    )
    how.add_argument(
        "--runs",
        type=cli.positive,
        default=effort.min_runs,
        metavar="N",
        help=f"timed runs per process, at least (default: {effort.min_runs})",
    )
    how.add_argument(
        "--min-seconds",
        type=_seconds,
        default=effort.min_seconds,
        metavar="S",
        help=f"time for them, at least (default: {effort.min_seconds:g})",
    )
    how.add_argument(
        "--max-seconds",
        type=_seconds,
        default=effort.max_seconds,
        metavar="S",
        help=f"time for them, at most, even if the runs are fewer (default: {effort.max_seconds:g})",
    )
    how.add_argument(
        "--warmup",
        type=_warmup,
        metavar="auto|N",
        help=f"runs before those: N, or until steady, at most {effort.warmup_max_seconds:g} s (default: auto)",
    )
    how.add_argument(
        "--pause",
        type=_seconds,
        metavar="S",
        help=f"rest before each timed process (default: 0; phones {PHONE_PAUSE:g})",
    )
    how.add_argument(
        "--process-seconds",
        type=_seconds,
        default=600.0,
        metavar="S",
        help="end a process that takes longer (default: 600)",
    )
    where = parser.add_argument_group("where")
    where.add_argument("--on", choices=(HOST, PHONE), default=HOST, help=f"(default: {HOST})")
    where.add_argument(
        "--serial",
        action="append",
        default=[],
        help="a phone's, as `adb devices` tells it; repeatable: one after another",
    )
    where.add_argument(
        "--benchmark-model", type=Path, metavar="FILE", help="the official benchmark_model binary, built for the phone"
    )
    where.add_argument(
        "--app", action="store_true", help="measure in the demo app installed there, with the model it was built with"
    )
    where.add_argument("--adb", default="adb", metavar="PROGRAM", help="(default: adb)")
    where.add_argument(
        "--cool-down",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="wait for a phone that throttles, at most, before each timed process (default: 120)",
    )
    parser.add_argument(
        "--photo",
        metavar="FILE|12MP",
        help="also render a whole photo with each model on this machine's CPU, timed by stage; 12MP makes one up",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE.json",
        help="write all raw samples and facts; a run that is interrupted is kept beside it (FILE.unfinished.json), and "
        "the same command goes on from there",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write the table and the warnings")
    parser.add_argument(
        "--force", action="store_true", help="overwrite existing files, and an interrupted run of another kind"
    )
    parser.add_argument("--budget", type=Path, metavar="BUDGET.yaml", help="judge the models by it, as verdict does")
    return parser


def _kernels(text: str) -> list[str]:
    wanted = list(dict.fromkeys(text.split(",")))
    if any(kernels not in KERNELS for kernels in wanted):
        raise argparse.ArgumentTypeError(f"comma-separated, of {', '.join(KERNELS)}; received {text!r}")
    return wanted


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"seconds, 0 or more; received {text!r}")
    return value


def _percent(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"percent, 0 to 100; received {text!r}")
    return value / 100


def _warmup(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"auto or a number of runs; received {text!r}")
    return int(text)
