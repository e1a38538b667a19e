"""The options of `benchmark run`: what is measured, how long, where."""

import argparse
from pathlib import Path

from benchmark.option_types import check_distinct, numbers
from benchmark.samples import CPU_KERNELS, GPU, KERNELS, Effort
from pynet_bokeh import cli
from pynet_bokeh.errors import UserError

HOST = "host"
PHONE = "phone"
PHONE_PAUSE = 2.0
PHONE_ONLY = ("serial", "benchmark_model", "app", "adb", "cool_down")
_EFFORT = Effort()
DEFAULTS = {
    "runs": _EFFORT.min_runs,
    "min_seconds": _EFFORT.min_seconds,
    "max_seconds": _EFFORT.max_seconds,
    "adb": "adb",
    "cool_down": 120.0,
}
"""Filled in by `settle`: until then it can be told what was given."""


def add(commands) -> argparse.ArgumentParser:
    """Adds the command's parser to argparse's subparsers; its caller sets what it runs."""
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
    for name, kind, metavar, text, default in (
        ("--runs", cli.positive, "N", "timed runs per process, at least", DEFAULTS["runs"]),
        ("--min-seconds", _seconds, "S", "time for them, at least", DEFAULTS["min_seconds"]),
        ("--max-seconds", _seconds, "S", "time for them, at most, even if the runs are fewer", DEFAULTS["max_seconds"]),
    ):
        how.add_argument(name, type=kind, metavar=metavar, help=f"{text} (default: {default:g})")
    how.add_argument(
        "--warmup",
        type=_warmup,
        metavar="auto|N",
        help=f"runs before those: N, or until steady, at most {_EFFORT.warmup_max_seconds:g} s (default: auto)",
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
    where.add_argument("--adb", metavar="PROGRAM", help=f"(default: {DEFAULTS['adb']})")
    where.add_argument(
        "--cool-down",
        type=_seconds,
        metavar="S",
        help="wait for a phone that throttles, at most, before each timed process "
        f"(default: {DEFAULTS['cool_down']:g})",
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


def settle(arguments: argparse.Namespace) -> None:
    """Fills the defaults in. Raises UserError for options that contradict each other, or have no effect together."""
    # By identity: 0 seconds equal False, and were given.
    given = {name for name, value in vars(arguments).items() if not (value is None or value is False or value == [])}
    if arguments.on == HOST and (stray := [name for name in PHONE_ONLY if name in given]):
        raise UserError(f"{_option(stray[0])}: is for phones, with --on {PHONE}")
    if arguments.on == PHONE and (arguments.benchmark_model is None) != arguments.app:
        raise UserError(
            f"--on {PHONE}: wants either --benchmark-model FILE, the official binary built for the phone, or --app"
        )
    if arguments.app and (stray := [name for name in ("min_seconds", "max_seconds") if name in given]):
        raise UserError(f"{_option(stray[0])}: the app counts runs; --app takes --runs")
    for name, value in DEFAULTS.items():
        if name not in given:
            setattr(arguments, name, value)
    if arguments.min_seconds > arguments.max_seconds:
        raise UserError(
            f"--min-seconds: at most --max-seconds ({arguments.max_seconds:g}); received {arguments.min_seconds:g}"
        )
    if arguments.max_rounds is not None and not arguments.precision:
        raise UserError("--max-rounds: of the rounds that --precision adds, which is 0")
    if arguments.max_rounds is not None and arguments.max_rounds < arguments.rounds:
        raise UserError(f"--max-rounds: --rounds ({arguments.rounds}) or more; received {arguments.max_rounds}")
    if arguments.threads and arguments.kernels == [GPU]:
        raise UserError(f"--threads: of {' and '.join(CPU_KERNELS)}; --kernels has {GPU} alone")
    check_distinct(arguments.out, arguments.markdown)
    if arguments.photo and arguments.on == PHONE:
        raise UserError("--photo: is measured on this machine only; leave out --on phone")
    if arguments.photo and not set(arguments.kernels) & set(CPU_KERNELS):
        raise UserError(f"--photo: wants {' or '.join(CPU_KERNELS)} among --kernels; received {GPU} alone")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


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
