"""`python -m benchmark verdict MODEL --budget FILE`: does it fit?"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pynet_bokeh import cli, files, tflite_files

EXIT_FAILS = 1
EXIT_UNKNOWN = 3


def add(commands) -> None:
    parser = commands.add_parser(
        "verdict",
        help="whether models fit a budget",
        description="Holds models against a budget. Exits 0 when all fit, 1 when one doesn't, 3 when that is unknown "
        "without a device, 2 for bad input.",
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="a .tflite file, or a folder of them")
    parser.add_argument("--budget", type=Path, required=True, metavar="BUDGET.yaml", help="such as budgets/phone.yaml")
    parser.add_argument("--results", type=Path, metavar="RESULTS.json", help="measurements, as run --out wrote them")
    parser.set_defaults(command=_verdict)


def _verdict(arguments: argparse.Namespace) -> int:
    from benchmark import budget, results

    limits = budget.read(arguments.budget)
    measured = results.read(arguments.results) if arguments.results else None
    return show(limits, tflite_files.find(arguments.models), measured)


def show(limits, paths: Sequence[Path], measured) -> int:
    """Prints the verdict on each model; the exit code of all of them."""
    from benchmark import verdict
    from benchmark.inspection import inspect

    failed, verdicts = [], []
    for path, judgements in cli.each(paths, lambda path: judged(limits, inspect(path), measured), failed):
        print("\n".join(verdict.lines(str(path), judgements)))
        verdicts.append(verdict.overall(judgements))
    if failed:
        return cli.EXIT_BAD_INPUT
    if verdict.FAILS in verdicts:
        return EXIT_FAILS
    return EXIT_UNKNOWN if verdict.UNKNOWN in verdicts else 0


def judged(limits, model, measured) -> list:
    """The judgements of an `Inspection`; a measurement counts when it is of this very file."""
    from benchmark import verdict
    from benchmark.host import HostExecutor
    from benchmark.samples import GPU

    digest = files.sha256(model.path) if measured else None
    names = [known.name for known in measured.models if known.sha256 == digest] if measured else []
    chosen = verdict.choose(limits, measured, names[0]) if names else None
    told = chosen is not None and chosen.rounds[0].delegation is not None
    needed = limits.fully_delegated and limits.kernels != GPU and not told
    partition = HostExecutor().partition(Path(model.path)) if needed else None
    return verdict.judge(limits, model, measured=chosen, partition=partition)
