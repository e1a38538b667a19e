"""How fast is a .tflite, how much memory does it take, and what does it make of a photo? What does training cost?"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmark import (
    compare_command,
    export_table,
    inspect_command,
    networks_command,
    probe_command,
    run_command,
    training_command,
    verdict_command,
)
from benchmark.option_types import named_file
from pynet_bokeh import cli

INTERRUPTED = "interrupted; nothing was written"
EXIT_ENDED = 128 + signal.SIGTERM
EXIT_UNREAD = 128 + 13  # SIGPIPE, which Windows hasn't
EPILOG = """examples:
  python -m benchmark run build/demo/models --out build/results.json
  python -m benchmark run fp32.tflite int8.tflite --threads 4 --kernels xnnpack
  python -m benchmark run models --on phone --benchmark-model android_aarch64_benchmark_model
  python -m benchmark table build/results.json
  python -m benchmark inspect int8.tflite
  python -m benchmark verdict int8.tflite --budget budgets/phone.yaml
  python -m benchmark compare before.json after.json --threshold 5%
  python -m benchmark training pynet_mobile --levels 7,1
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m benchmark", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(title="commands", metavar="")
    run_command.add(commands)
    _add_table(commands)
    _add_schema(commands)
    _add_page(commands)
    inspect_command.add(commands)
    verdict_command.add(commands)
    compare_command.add(commands)
    probe_command.add(commands)
    networks_command.add(commands)
    training_command.add(commands)
    export_table.add(commands)
    arguments = cli.parse(parser, argv)
    return cli.run(_without_leftovers, arguments)


def _without_leftovers(arguments: argparse.Namespace) -> int:
    """Runs the command, which Ctrl-C and SIGTERM end with one line, the processes that it started with it.

    Files are written whole; a command that kept something to go on from says so in the interruption it passes on.
    """
    with _ended_by_sigterm():
        try:
            code = arguments.command(arguments)
            sys.stdout.flush()
            return code
        except _Ended as ended:
            print(str(ended) or INTERRUPTED, file=sys.stderr)
            return EXIT_ENDED
        except KeyboardInterrupt as interruption:
            print(str(interruption) or INTERRUPTED, file=sys.stderr)
            return cli.EXIT_INTERRUPTED
        except BrokenPipeError:  # as of `| head`, which has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
            return EXIT_UNREAD


class _Ended(KeyboardInterrupt):
    """SIGTERM, which is to be cleaned up after as Ctrl-C is."""


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Without this, SIGTERM would end this process at once and leave a worker running."""

    def end(*_):
        raise _Ended

    if threading.current_thread() is not threading.main_thread():  # only that one may have handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _add_table(commands) -> None:
    parser = commands.add_parser("table", help="show a file of results again", description="Prints a run's table.")
    parser.add_argument("results", type=Path, metavar="RESULTS.json", help="what run --out wrote")
    parser.add_argument("--markdown", action="store_true", help="as Markdown")
    parser.set_defaults(command=_table)


def _add_schema(commands) -> None:
    parser = commands.add_parser(
        "schema", help="the JSON Schema of a file of results", description="Prints the schema of what run --out writes."
    )
    parser.set_defaults(command=_schema)


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
        type=named_file,
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


def _schema(arguments: argparse.Namespace) -> int:
    import json

    from benchmark import results

    print(json.dumps(results.schema(), indent=2))
    return 0


def _page(arguments: argparse.Namespace) -> int:
    from benchmark import page, page_inputs
    from pynet_bokeh.files import check_output

    check_output(arguments.out, force=arguments.force)
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


if __name__ == "__main__":
    sys.exit(main())
