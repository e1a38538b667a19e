"""The command `benchmark run`: options in, results and table out, for this machine or for phones."""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.samples import CPU_KERNELS, GPU, KERNELS, Effort, Setting
from pynet_bokeh import cli
from pynet_bokeh.errors import UserError

if TYPE_CHECKING:  # numpy, which --help does without
    from benchmark.executor import Executor
    from benchmark.results import Results

HOST = "host"
PHONE = "phone"
PHONE_PAUSE = 2.0
MADE_UP = "12MP"


def add(commands) -> None:
    """Adds the command to argparse's subparsers."""
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
        "--threads", type=_counts, help="comma-separated numbers of threads (default: 1 and 4, or the cores there are)"
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
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write all raw samples and facts")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write the table and the warnings")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    parser.add_argument("--budget", type=Path, metavar="BUDGET.yaml", help="judge the models by it, as verdict does")
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from benchmark import budget, verdict_command
    from pynet_bokeh.files import refuse_overwriting

    limits = budget.read(arguments.budget) if arguments.budget else None
    if arguments.min_seconds > arguments.max_seconds:
        raise UserError(
            f"--min-seconds: at most --max-seconds ({arguments.max_seconds:g}); received {arguments.min_seconds:g}"
        )
    if arguments.max_rounds is not None and arguments.max_rounds < arguments.rounds:
        raise UserError(f"--max-rounds: --rounds ({arguments.rounds}) or more; received {arguments.max_rounds}")
    if arguments.photo and arguments.on == PHONE:
        raise UserError("--photo: is measured on this machine only; leave out --on phone")
    places = _places(arguments)
    for suffix, _ in places:
        for path in filter(None, (arguments.out, arguments.markdown)):
            refuse_overwriting(_suffixed(path, suffix), force=arguments.force)
    failures, judged = 0, 0
    for suffix, place in places:
        try:
            with place as executor, _photo(arguments.photo) as photo:
                measured = _measure(arguments, executor, photo)
        except UserError as error:
            if len(places) == 1:
                raise
            print(f"error: {error}", file=sys.stderr)  # the other phones go on
            failures += 1
            continue
        _hand_out(arguments, measured, suffix)
        failures += len(measured.failures)
        if limits and measured.models:
            print()
            verdict = verdict_command.show(limits, [Path(model.path) for model in measured.models], measured)
            judged = judged if judged == verdict_command.EXIT_FAILS else verdict or judged
    return cli.EXIT_BAD_INPUT if failures else judged


def _places(arguments: argparse.Namespace) -> list[tuple[str, contextlib.AbstractContextManager["Executor"]]]:
    """The executors to measure with, in turn, each with what sets its files apart from the others'."""
    from benchmark import adb, host, phone_app, phone_tool

    if arguments.on == HOST:
        stray = [
            f"--{option.replace('_', '-')}"
            for option in ("serial", "benchmark_model", "app")
            if getattr(arguments, option)
        ]
        if stray:
            raise UserError(f"{stray[0]}: is for phones, with --on {PHONE}")
        executor = host.HostExecutor(process_seconds=arguments.process_seconds, pause=arguments.pause or 0.0)
        return [("", contextlib.nullcontext(executor))]
    if (arguments.benchmark_model is None) != arguments.app:
        raise UserError(
            f"--on {PHONE}: wants either --benchmark-model FILE, the official binary built for the phone, or --app"
        )
    phones = adb.choose(arguments.serial, program=arguments.adb)
    patience = {
        "pause": PHONE_PAUSE if arguments.pause is None else arguments.pause,
        "cool_down": arguments.cool_down,
        "process_seconds": arguments.process_seconds,
    }
    return [
        (
            f"-{one.serial.replace(':', '-')}" if len(phones) > 1 else "",
            phone_app.PhoneApp(one, **patience)
            if arguments.app
            else phone_tool.PhoneTool(one, arguments.benchmark_model, **patience),
        )
        for one in phones
    ]


@contextlib.contextmanager
def _photo(wanted: str | None) -> Iterator[Path | None]:
    """The photo to render; one that was made up is gone afterwards."""
    if wanted != MADE_UP:
        if wanted is not None:
            from pynet_bokeh import images

            images.header_size(Path(wanted))  # before anything is measured
        yield wanted and Path(wanted)
        return
    from benchmark import photo

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.jpg"
        photo.write_made_up(path)
        yield path


def _measure(arguments: argparse.Namespace, executor: "Executor", photo: Path | None) -> "Results":
    from benchmark import models
    from benchmark.progress import Progress
    from benchmark.schedule import measure

    progress = Progress(sys.stderr)
    try:
        return measure(
            executor,
            models.find(arguments.models),
            _settings(arguments, executor),
            rounds=arguments.rounds,
            precision=arguments.precision or None,
            max_rounds=arguments.max_rounds,
            effort=Effort(
                warmup=arguments.warmup,
                min_runs=arguments.runs,
                min_seconds=arguments.min_seconds,
                max_seconds=arguments.max_seconds,
            ),
            photo=photo,
            announce=progress,
        )
    finally:
        progress.clear()


def _settings(arguments: argparse.Namespace, executor: "Executor") -> list[Setting]:
    """Every kernels with every number of threads; the GPU once."""
    threads = arguments.threads or sorted({1, min(4, executor.machine().cores)})
    settings = [
        Setting(kernels, count) for kernels in arguments.kernels for count in ([1] if kernels == GPU else threads)
    ]
    return list(dict.fromkeys(settings))


def _hand_out(arguments: argparse.Namespace, measured: "Results", suffix: str) -> None:
    """Prints the table and the failures, and writes the files asked for."""
    from benchmark import report, results
    from pynet_bokeh.files import whole_file

    if measured.measurements:
        print(report.terminal(measured), end="")
        if arguments.out:
            results.write(_suffixed(arguments.out, suffix), measured)
        if arguments.markdown:
            with whole_file(_suffixed(arguments.markdown, suffix)) as temporary:
                temporary.write_text(report.markdown(measured), encoding="utf-8")
    for failure in measured.failures:
        print(f"error: {failure.reason}", file=sys.stderr)


def _suffixed(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.stem}{suffix}{path.suffix}")


def _counts(text: str) -> list[int]:
    return list(dict.fromkeys(cli.positive(part) for part in text.split(",")))


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
