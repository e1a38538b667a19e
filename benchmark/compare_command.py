"""`python -m benchmark compare BEFORE AFTER`: has anything become worse?"""

import argparse
from pathlib import Path

EXIT_REGRESSION = 1
THRESHOLD = 0.05


def add(commands) -> None:
    parser = commands.add_parser(
        "compare",
        help="two files of results: ratios, and what became worse",
        description="Compares what was measured in both files. Exits 1 when a model became slower, hungrier or larger "
        "by more than the threshold, slower meaning that the ratio's 99 % interval lies above 1, or when it could be "
        "measured before and not after.",
    )
    parser.add_argument("before", type=Path, metavar="BEFORE.json", help="what run --out wrote")
    parser.add_argument("after", type=Path, metavar="AFTER.json", help="the same, later")
    parser.add_argument(
        "--threshold",
        type=_share,
        default=THRESHOLD,
        metavar="SHARE",
        help=f"how much worse is allowed, as 0.05 or 5%% (default: {THRESHOLD:.0%}%)",
    )
    parser.set_defaults(command=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from benchmark import compare, results
    from pynet_bokeh.errors import UserError

    before, after = results.read(arguments.before), results.read(arguments.after)
    difference = compare.compare(before, after)
    if not difference.comparisons:
        raise UserError(f"{arguments.after}: has no model and setting in common with {arguments.before}")
    print("\n".join(compare.lines(difference, arguments.threshold)))
    return EXIT_REGRESSION if difference.regressions(arguments.threshold) else 0


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"a share, such as 0.05 or 5%, is wanted; received {text!r}")
    return value
