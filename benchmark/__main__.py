"""How fast is a .tflite, how much memory does it take, and what does it make of a photo? What does training cost?"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmark import export_table, training_command
from benchmark.samples import KERNELS, Effort, Setting
from pynet_bokeh import cli
from pynet_bokeh.errors import UserError

EPILOG = """examples:
  python -m benchmark run build/demo/models --out build/results.json
  python -m benchmark run fp32.tflite int8.tflite --threads 4 --kernels xnnpack
  python -m benchmark table build/results.json
  python -m benchmark training pynet_mobile --levels 7,1
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m benchmark", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(title="commands", metavar="")
    _add_run(commands)
    _add_table(commands)
    _add_page(commands)
    training_command.add(commands)
    export_table.add(commands)
    arguments = cli.parse(parser, argv)
    return cli.run(_without_leftovers, arguments)


def _without_leftovers(arguments: argparse.Namespace) -> int:
    """Runs the command; files are written whole at its end, so after Ctrl-C there is nothing to go on from."""
    try:
        return arguments.command(arguments)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return cli.EXIT_INTERRUPTED


def _add_run(commands) -> None:
    parser = commands.add_parser(
        "run",
        help="measure models on this machine's CPU",
        description="Measures latency and peak memory of .tflite models, each in fresh processes, models interleaved. "
        "The table goes to standard output, progress to standard error.",
    )
    effort = Effort()
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
        default=list(KERNELS),
        help=f"comma-separated: {', '.join(KERNELS)} (default: both)",
    )
    parser.add_argument(
        "--rounds", type=cli.positive, default=3, metavar="N", help="fresh processes per model and setting (default: 3)"
    )
    parser.add_argument(
        "--runs",
        type=cli.positive,
        default=effort.min_runs,
        metavar="N",
        help=f"timed runs per process, at least (default: {effort.min_runs})",
    )
    parser.add_argument(
        "--min-seconds",
        type=_seconds,
        default=effort.min_seconds,
        metavar="S",
        help=f"time for them, at least (default: {effort.min_seconds:g})",
    )
    parser.add_argument(
        "--max-seconds",
        type=_seconds,
        default=effort.max_seconds,
        metavar="S",
        help=f"time for them, at most, even if the runs are fewer (default: {effort.max_seconds:g})",
    )
    parser.add_argument(
        "--warmup",
        type=_warmup,
        metavar="auto|N",
        help=f"runs before those: N, or until steady, at most {effort.warmup_max_seconds:g} s (default: auto)",
    )
    parser.add_argument(
        "--process-seconds",
        type=_seconds,
        default=600.0,
        metavar="S",
        help="end a process that takes longer (default: 600)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write all raw samples and facts")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write the table and the warnings")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    parser.set_defaults(command=_run)


def _add_table(commands) -> None:
    parser = commands.add_parser("table", help="show a file of results again", description="Prints a run's table.")
    parser.add_argument("results", type=Path, metavar="RESULTS.json", help="what run --out wrote")
    parser.add_argument("--markdown", action="store_true", help="as Markdown")
    parser.set_defaults(command=_table)


def _add_page(commands) -> None:
    parser = commands.add_parser(
        "report",
        help="a page with pictures, quality, latency and training of one run",
        description="Builds one self-contained HTML page. Whatever is not given is named on the page as missing.",
    )
    parser.add_argument("--run", type=Path, metavar="DIR", help="training run: recipe.json, levelN/metrics.jsonl")
    parser.add_argument(
        "--evaluation",
        action="append",
        default=[],
        type=_named,
        metavar="NAME=FILE",
        help="what evaluate --json wrote, under the name it gets in the table; repeatable",
    )
    parser.add_argument("--models", type=Path, nargs="+", default=[], metavar="MODEL", help=".tflite files or a folder")
    parser.add_argument("--benchmark", type=Path, metavar="RESULTS.json", help="what run --out wrote")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="rendered photos")
    parser.add_argument("--originals", type=Path, metavar="DIR", help="the same photos before, with the same stems")
    parser.add_argument("--scenes", type=Path, metavar="DIR", help="validation strips: input, output, target")
    parser.add_argument(
        "--command", dest="typed", action="append", default=[], help="a command that made this; repeatable"
    )
    parser.add_argument("--title", default="Rendered bokeh from an int8 .tflite", help="heading of the page")
    parser.add_argument("--out", type=Path, required=True, metavar="report.html")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(command=_page)


def _run(arguments: argparse.Namespace) -> int:
    from benchmark import machine, models, report, results
    from benchmark.host import HostExecutor
    from benchmark.progress import Progress
    from benchmark.schedule import measure
    from pynet_bokeh.files import refuse_overwriting, whole_file

    for path in filter(None, (arguments.out, arguments.markdown)):
        refuse_overwriting(path, force=arguments.force)
    if arguments.min_seconds > arguments.max_seconds:
        raise UserError(
            f"--min-seconds: at most --max-seconds ({arguments.max_seconds:g}); received {arguments.min_seconds:g}"
        )
    threads = arguments.threads or sorted({1, min(4, machine.usable_cores())})
    progress = Progress(sys.stderr)
    try:
        measured = measure(
            HostExecutor(process_seconds=arguments.process_seconds),
            models.find(arguments.models),
            [Setting(kernels, count) for kernels in arguments.kernels for count in threads],
            rounds=arguments.rounds,
            effort=Effort(
                warmup=arguments.warmup,
                min_runs=arguments.runs,
                min_seconds=arguments.min_seconds,
                max_seconds=arguments.max_seconds,
            ),
            announce=progress,
        )
    finally:
        progress.clear()
    if measured.measurements:
        print(report.terminal(measured), end="")
        if arguments.out:
            results.write(arguments.out, measured)
        if arguments.markdown:
            with whole_file(arguments.markdown) as temporary:
                temporary.write_text(report.markdown(measured), encoding="utf-8")
    for failure in measured.failures:
        print(f"error: {failure.reason}", file=sys.stderr)
    return cli.EXIT_BAD_INPUT if measured.failures else 0


def _table(arguments: argparse.Namespace) -> int:
    from benchmark import report, results

    measured = results.read(arguments.results)
    if arguments.markdown:
        print(report.markdown(measured), end="")
        return 0
    print(report.terminal(measured), end="")
    for failure in measured.failures:
        print(f"not measured: {failure.reason}")
    return 0


def _page(arguments: argparse.Namespace) -> int:
    from benchmark import page, page_inputs
    from pynet_bokeh.files import refuse_overwriting

    refuse_overwriting(arguments.out, force=arguments.force)
    inputs = page_inputs.gather(
        run=arguments.run,
        evaluations=dict(arguments.evaluation),
        models=arguments.models,
        benchmark=arguments.benchmark,
        pictures=arguments.pictures,
        originals=arguments.originals,
        scenes=arguments.scenes,
        commands=arguments.typed,
    )
    page.write(arguments.out, inputs, title=arguments.title)
    print(arguments.out)
    return 0


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


def _warmup(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"auto or a number of runs; received {text!r}")
    return int(text)


def _named(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"NAME=FILE is wanted; received {text!r}")
    return name, Path(path)


if __name__ == "__main__":
    sys.exit(main())
