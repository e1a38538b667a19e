"""`python -m benchmark training`: its options."""

import argparse
import sys
from pathlib import Path

from benchmark.option_types import check_distinct, numbers
from pynet_bokeh import cli
from pynet_bokeh.errors import UserError


def add(commands) -> None:
    """Adds the command to the parser's `commands`."""
    parser = commands.add_parser(
        "training",
        help="measure training on this machine",
        description="Measures steps/s, the wait for pictures and peak memory of every level of some recipes, and the "
        "pictures/s without a network, each in a fresh process. The tables go to standard output, progress to standard "
        "error.",
    )
    parser.add_argument("recipes", nargs="+", metavar="RECIPE", help="names, or .toml files")
    parser.add_argument("--levels", type=numbers, metavar="N,N", help="default: all that a recipe trains")
    parser.add_argument("--batch", type=numbers, default=[], metavar="N,N", help="batch sizes (default: the recipe's)")
    parser.add_argument("--crop", type=cli.image_size, metavar="WxH", help="default: the recipe's")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a key of all recipes, as train does"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="photo pairs (default: built-in scenes, as files)")
    parser.add_argument("--steps", type=cli.positive, default=10, metavar="N", help="timed per process (default 10)")
    parser.add_argument("--vgg-weights", metavar="FILE", help="default: drawn at random, which costs the same")
    parser.add_argument(
        "--process-seconds",
        type=cli.positive,
        default=1800,
        metavar="S",
        help="end a process that takes longer (default 1800)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write all raw times and facts")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write the tables")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    parser.set_defaults(command=_training)


def _training(arguments: argparse.Namespace) -> int:
    from benchmark import training, training_report
    from pynet_bokeh.files import check_output

    check_distinct(arguments.out, arguments.markdown)
    for path in filter(None, (arguments.out, arguments.markdown)):
        check_output(path, force=arguments.force)
    if arguments.vgg_weights and not Path(arguments.vgg_weights).is_file():
        raise UserError(f"--vgg-weights {arguments.vgg_weights}: no such file")
    wanted = training.Wanted(
        recipes=list(dict.fromkeys(arguments.recipes)),
        levels=arguments.levels,
        batches=arguments.batch,
        crop=arguments.crop,
        changes=arguments.set,
        folder=arguments.data,
        steps=arguments.steps,
        vgg_weights=arguments.vgg_weights,
        process_seconds=arguments.process_seconds,
    )
    results = training.measure(wanted, announce=lambda text: print(text, file=sys.stderr, flush=True))
    if arguments.out:
        training.write(arguments.out, results)
    if arguments.markdown:
        training_report.write(arguments.markdown, results)
    print(training_report.markdown(results), end="")
    for failure in results.failures:
        print(f"error: {failure.reason}", file=sys.stderr)
    return cli.EXIT_BAD_INPUT if results.failures else 0
