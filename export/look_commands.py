"""The commands that look inside a quantized network: `inspect` and `search`."""

import argparse
import math
import shlex
from pathlib import Path

from export import native_log, request
from export.origin import planned
from export.recipes import QuantizationRecipe
from pynet_bokeh import cli, files, levels
from pynet_bokeh.errors import UserError


def add(commands) -> None:
    """Adds them to the command line of `python -m export`."""
    inspect = commands.add_parser(
        "inspect",
        help="where quality goes: each layer's error, range, cost",
        description="Compares the quantized graph with the float one on held-out pictures, layer by layer, and prints "
        "the layers that cost most. DIR gets all of them (layers.csv) and the worst picture (difference.png: float | "
        "quantized | 16 times their difference).",
    )
    _common(inspect, "qat_int8")
    inspect.add_argument("--top", type=cli.positive, default=25, metavar="N", help="layers to print (default 25)")
    inspect.add_argument(
        "--out", type=Path, metavar="DIR", help="where to write (default RUN/inspect/NAME, as its export is called)"
    )
    inspect.add_argument("--force", action="store_true", help="overwrite what is there")
    inspect.set_defaults(command=_inspect)

    search = commands.add_parser(
        "search",
        help="the fewest layers to keep float for a given quality",
        description="Writes a recipe for `tflite --quant FILE` that keeps as few layers float as the quality needs; "
        "none where it needs no layer float.",
    )
    _common(search, "ptq_int8")
    search.add_argument(
        "--max-drop-db",
        type=_decibels,
        default=0.1,
        metavar="DB",
        help="PSNR against the targets that all pictures together may lose (default 0.1)",
    )
    search.add_argument("--out", type=Path, metavar="FILE", help="recipe to write (default RUN/searched.toml)")
    search.add_argument("--force", action="store_true", help="overwrite it")
    search.set_defaults(command=_search)


def _common(parser: argparse.ArgumentParser, quantization: str) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a trained run, or the name of shipped weights")
    parser.add_argument(
        "--quant", default=quantization, metavar="NAME", help=f"a recipe, or a file with one (default {quantization})"
    )
    parser.add_argument(
        "--size", type=cli.image_size, default=(1024, 1024), metavar="WIDTHxHEIGHT", help="picture size (default 1024)"
    )
    parser.add_argument(
        "--level", type=int, default=levels.FINEST, choices=sorted(levels.LEVELS), help="this level's (default 1)"
    )
    parser.add_argument("--vgg-weights", metavar="FILE", help="VGG19's weights, where the run's losses need them")


def _recipe(arguments: argparse.Namespace) -> QuantizationRecipe:
    recipes = request.recipes(arguments.quant)
    if len(recipes) != 1:
        raise UserError(f"--quant: one recipe is wanted; received {arguments.quant!r}")
    request.fine_tuning(arguments.vgg_weights, recipes)
    request.integer(recipes[0])
    return recipes[0]


def _run(arguments: argparse.Namespace) -> Path:
    run = request.trained(arguments.run, arguments.level)
    request.picture(request.network_of(run), arguments.size)
    request.calibrating(run, arguments.level)
    return run


def _inspect(arguments: argparse.Namespace) -> int:
    recipe, run = _recipe(arguments), _run(arguments)
    out = arguments.out or run / "inspect" / planned(run, recipe, arguments.level, arguments.size, run).path.stem
    rows, sheet = out / "layers.csv", out / "difference.png"
    for path in (rows, sheet):
        files.check_output(path, force=arguments.force)
    with native_log.without_chatter():
        cli.import_tensorflow()
        from export import inspection  # tensorflow takes 4 s: not before it is needed
        from export.workbench import workbench

        with workbench(run, recipe, arguments.level, arguments.size, vgg_weights=arguments.vgg_weights) as prepared:
            reports = inspection.inspect(prepared)
            out.mkdir(parents=True, exist_ok=True)
            worst = prepared.scorer.draw(prepared.folder / "quantized.tflite", sheet)
            inspection.write_csv(reports, rows)
    print(inspection.table(reports, arguments.top))
    print(f"{rows}: {len(reports)} layers; {sheet}: {worst['name']}, {worst['psnr']:.1f} dB to the float network")
    return 0


def _search(arguments: argparse.Namespace) -> int:
    recipe, run = _recipe(arguments), _run(arguments)
    out = arguments.out or run / "searched.toml"
    if out.suffix != ".toml":
        raise UserError(f"--out: a .toml file is wanted; received {out}")
    files.check_output(out, force=arguments.force)
    most = arguments.max_drop_db
    with native_log.without_chatter():
        cli.import_tensorflow()
        from export.search import search, write_recipe
        from export.workbench import workbench

        with workbench(run, recipe, arguments.level, arguments.size, vgg_weights=arguments.vgg_weights) as prepared:
            found = search(prepared, most)
            if found.layers:
                write_recipe(prepared, found, out, most)
    lost = f"lost against the targets: {found.before:+.3f} dB all {recipe.activations}"
    if not found.layers:
        print(f"{lost}, at most {most:g} is allowed: no layer needs to stay float, no recipe was written")
        return 0
    full, before, after = found.times
    print(f"{len(found.layers)} layers float: {', '.join(found.layers)}")
    print(f"{lost}, {found.drop:+.3f} dB with them")
    print(f"median time here: {full:.1f} ms float, {before:.1f} ms all {recipe.activations}, {after:.1f} ms with them")
    size = "x".join(str(side) for side in reversed(arguments.size))
    options = ["--quant", str(out), "--size", size, "--level", str(arguments.level)]
    print(f"{out}: {shlex.join(['python', '-m', 'export', 'tflite', str(run), *options])}")
    return 0


def _decibels(text: str) -> float:
    """Parses a loss that is allowed: a number from 0 up."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"a number of decibels from 0 up is wanted; received {text!r}")
    return value
