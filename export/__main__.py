"""From a trained run to a verified .tflite, and what a .tflite is fit for."""

import argparse
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

from export import fitness_commands, look_commands, native_log, request, show
from export.recipes import FILE, RECIPES
from pynet_bokeh import cli, levels


def main(argv: Sequence[str] | None = None) -> int:
    """Parses the command line and runs it; 0 when done, 1 when verification failed, 2 for bad input."""
    parser = cli.Parser(prog="python -m export", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND")

    tflite = commands.add_parser("tflite", help="quantize, convert, verify and write .tflite files")
    tflite.add_argument("run", type=Path, metavar="RUN", help="folder of a trained run, or the name of shipped weights")
    recipes = "; ".join(f"{recipe.name}: {recipe.summary}" for recipe in RECIPES.values())
    tflite.add_argument(
        "--quant",
        default="qat_int8",
        metavar="NAME[,NAME]",
        help=f"recipes, or files of them like {FILE.name}, or all that fit the network (default qat_int8). {recipes}",
    )
    tflite.add_argument(
        "--size",
        type=_sizes,
        default=((1024, 1024),),
        metavar="WIDTHxHEIGHT[,…]",
        help="picture sizes, one file for each (default 1024x1024); any: one file for all sizes, slower",
    )
    tflite.add_argument(
        "--level",
        type=int,
        default=levels.FINEST,
        choices=sorted(levels.LEVELS),
        help="export this level's picture (default 1)",
    )
    tflite.add_argument("--out", type=Path, metavar="DIR", help="where to write (default RUN/export)")
    tflite.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change the recipes that have the table, as in finetune.steps=0; the files' names say it",
    )
    tflite.add_argument("--vgg-weights", metavar="FILE", help="VGG19's weights, where the run's losses need them")
    tflite.add_argument(
        "--force",
        action="store_true",
        help="replace files of other weights or settings, and write one that fails as NAME_failed.tflite",
    )
    tflite.set_defaults(command=_tflite)

    look_commands.add(commands)
    show.add(commands)
    untrained = commands.add_parser(
        "untrained",
        help="networks with random weights, for measuring what they cost",
        description="Writes .tflite files of networks with random weights: right in latency, memory and size, "
        "meaningless as pictures.",
    )
    untrained.add_argument("networks", nargs="+", metavar="NETWORK", help="see python -m pynet_bokeh models")
    untrained.add_argument(
        "--quant", default="fp32,qat_int8", metavar="NAME[,NAME]", help="as for tflite (default fp32,qat_int8)"
    )
    untrained.add_argument(
        "--size", type=cli.image_size, default=(1024, 1024), metavar="WIDTHxHEIGHT", help="picture size (default 1024)"
    )
    untrained.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    untrained.add_argument("--force", action="store_true", help="overwrite what is there")
    untrained.set_defaults(command=_untrained)

    fitness_commands.add(commands)
    arguments = cli.parse(parser, argv)
    return cli.run(arguments.command, arguments)


def _sizes(text: str) -> tuple[tuple[int, int] | None, ...]:
    """Parses sizes with commas between them: (height, width) or, for `any`, None; none twice."""
    return tuple(dict.fromkeys(None if part == "any" else cli.image_size(part) for part in text.split(",")))


def _untrained(arguments: argparse.Namespace) -> int:
    recipes = request.recipes(arguments.quant)
    request.untrained(arguments.networks, recipes, arguments.size, arguments.out, force=arguments.force)
    with native_log.without_chatter():
        cli.import_tensorflow()
        from export.untrained import export_untrained

        for network, recipe in itertools.product(arguments.networks, recipes):
            export_untrained(
                network, quantization=recipe, picture_size=arguments.size, out=arguments.out, force=arguments.force
            )
    return 0


def _tflite(arguments: argparse.Namespace) -> int:
    recipes = request.recipes(arguments.quant, arguments.set)
    request.fine_tuning(arguments.vgg_weights, recipes)
    run = request.trained(arguments.run, arguments.level)
    out = arguments.out or run / "export"
    request.artifacts(run, recipes, arguments.size, arguments.level, out, force=arguments.force)
    failed = False
    with native_log.without_chatter():
        cli.import_tensorflow()
        from export.convert import NoSuchLayer  # tensorflow takes 4 s: not before it is needed
        from export.exporting import VerificationFailed, export

        for size, recipe in itertools.product(arguments.size, recipes):
            try:
                export(
                    run,
                    quantization=recipe,
                    picture_size=size,
                    level=arguments.level,
                    out=out,
                    force=arguments.force,
                    vgg_weights=arguments.vgg_weights,
                )
            except NoSuchLayer as missing:
                if arguments.quant != "all":
                    raise
                print(f"{recipe.name}: left out; {missing}", file=sys.stderr)
            except VerificationFailed as failure:
                print(f"verification failed: {failure}", file=sys.stderr)
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
