"""`python -m benchmark networks RESULTS.json`: the page that puts measured networks side by side."""

import argparse
import sys
from pathlib import Path

from benchmark.option_types import named_file
from pynet_bokeh.errors import UserError


def add(commands) -> None:
    parser = commands.add_parser(
        "networks",
        help="a page that puts measured networks side by side",
        description="Builds one self-contained HTML page from a file of results. The models' files are read again for "
        "what they compute and hold.",
    )
    parser.add_argument("results", type=Path, metavar="RESULTS.json", help="what run --out wrote")
    parser.add_argument(
        "--phone",
        action="append",
        default=[],
        type=Path,
        metavar="RESULTS.json",
        help="what run --on phone --out wrote, of the same models; repeatable",
    )
    parser.add_argument("--peaks", type=Path, metavar="FILE.json", help="what probe --out wrote: adds bounds")
    parser.add_argument("--budget", type=Path, metavar="BUDGET.yaml", help="adds verdicts")
    parser.add_argument(
        "--evaluation",
        action="append",
        default=[],
        type=named_file,
        metavar="MODEL=FILE",
        help="what evaluate --json wrote, of the measured model of this name; repeatable",
    )
    parser.add_argument("--title", default="Networks side by side", help="heading of the page")
    parser.add_argument(
        "--command", dest="typed", action="append", default=[], help="a command that made this; repeatable"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PAGE.html")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(command=_networks)


def _networks(arguments: argparse.Namespace) -> int:
    from benchmark import budget, page_networks, probe, results
    from pynet_bokeh.files import check_output

    check_output(arguments.out, force=arguments.force)
    measured = results.read(arguments.results)
    if not measured.measurements:
        raise UserError(f"{arguments.results}: holds no measurement")
    limits = budget.read(arguments.budget) if arguments.budget else None
    inputs = gather(
        measured,
        phones=[_phone(path) for path in arguments.phone],
        evaluations=dict(arguments.evaluation),
        peaks=probe.read(arguments.peaks) if arguments.peaks else None,
        limits=limits,
        commands=arguments.typed,
    )
    for line in inputs.unread.values():
        print(f"warning: {line}", file=sys.stderr)
    page_networks.write(arguments.out, inputs, title=arguments.title)
    print(arguments.out)
    return 0


def _phone(path: Path):
    from benchmark import results

    found = results.read(path)
    if not found.on_phone:
        raise UserError(f"--phone: results of run --on phone are wanted; {path} is of {found.executor}")
    return found


def gather(measured, *, phones=(), evaluations, peaks, limits, commands):
    """Reads what the page needs beside the results. Of models whose file is gone or another one it says so.

    Results that are a phone's own count among `phones`.
    """
    from benchmark import page_phones, verdict_command
    from benchmark.budget import PHONE
    from benchmark.inspection import inspect
    from benchmark.page_inputs import read_evaluation
    from benchmark.page_networks import NetworksInputs, Verdict
    from pynet_bokeh import files, sidecar

    names = [facts.name for facts in measured.models]
    for name in evaluations:
        if name not in names:
            raise UserError(f"--evaluation {name}: no such model was measured; there are {', '.join(names)}")
    phones = [measured, *phones] if measured.on_phone else list(phones)
    inspections, verdicts, untrained, unread = {}, [], set(), {}
    for facts in measured.models:
        path = Path(facts.path)
        if not path.is_file() or files.sha256(path) != facts.sha256:
            reason = "is another file than was measured" if path.is_file() else "is gone"
            unread[facts.name] = f"{path} {reason}: its GMAC, bounds, verdict and origin are not on the page"
            continue
        inspections[facts.name] = inspect(path)
        if limits:
            there = [phone for phone in phones if any(one.sha256 == facts.sha256 for one in phone.models)]
            for place in there if limits.where == PHONE and there else [measured]:
                name = page_phones.name(place) if place.on_phone else None
                verdicts.append(
                    Verdict(facts.name, name, verdict_command.judged(limits, inspections[facts.name], place))
                )
        if sidecar.read(path).get("untrained"):
            untrained.add(facts.name)
    return NetworksInputs(
        results=measured,
        phones=phones,
        inspections=inspections,
        untrained=frozenset(untrained),
        unread=unread,
        evaluations=[read_evaluation(name, path) for name, path in evaluations.items()],
        probe=peaks,
        budget=limits.name if limits else None,
        verdicts=verdicts,
        commands=commands,
    )
