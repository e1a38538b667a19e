"""`python -m pynet_bokeh evaluate`: its options, what of them is checked first, and what is written."""

import argparse
import sys
from pathlib import Path

from pynet_bokeh import cli, shared_options
from pynet_bokeh.errors import UserError

SCENES = 64
SCENE_SIZE = (512, 512)


def add(commands) -> None:
    """Adds the command to argparse's subparsers."""
    parser = commands.add_parser(
        "evaluate", help="PSNR, SSIM, sharpness and blur on held-out pictures, beside baselines"
    )
    shared_options.add_model(parser)
    parser.add_argument("--size", type=cli.image_size, metavar="WxH", help="of the built-in scenes (default 512)")
    parser.add_argument("--limit", type=cli.positive, metavar="N", help="at most N pictures (default: all; 64 scenes)")
    parser.add_argument("--all", action="store_true", help="every pair of --data, not only those it holds out")
    parser.add_argument(
        "--match-gain", action="store_true", help="bring every picture to its target's exposure before it is scored"
    )
    parser.add_argument("--no-discs", action="store_true", help="leave out the two baselines that blur by a disc")
    parser.add_argument(
        "--no-extra", action="store_true", help="withhold the fourth channel: the model finds the focus"
    )
    parser.add_argument(
        "--strength", type=cli.fraction, metavar="0…1", help="one for all pictures (default: each pair's own lens)"
    )
    parser.add_argument("--min-gain", type=float, metavar="DB", help="exit with 1 when the mean gain is lower")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of every picture")
    parser.add_argument(
        "--contact-sheet",
        type=Path,
        metavar="FILE.jpg",
        help="input, mask, masked disc, output and target side by side",
    )
    parser.add_argument(
        "--lpips-weights", type=Path, metavar="FILE.pth", help="add LPIPS: AlexNet's weights by torchvision; '.[lpips]'"
    )
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="write input | output | target of each picture")
    parser.add_argument(
        "--force",
        action="store_true",
        help="overwrite existing files, and replace all pictures of an earlier evaluation",
    )
    shared_options.add_data(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from pynet_bokeh import evaluate, files
    from pynet_bokeh.data import pairs
    from pynet_bokeh.data.source import Source, joined
    from pynet_bokeh.evaluation_table import table
    from pynet_bokeh.perceptual import Lpips
    from pynet_bokeh.predictors import pictures_of

    _check_outputs(arguments)
    predictor = shared_options.open_model(arguments)
    settings = pictures_of(arguments.model, shared_options.given_data(arguments))
    if arguments.all and not settings.folders:
        raise UserError("--all: every pair of a folder; give --data DIR")
    for name in ("split", "seed"):
        if arguments.all and getattr(arguments, name) is not None:
            raise UserError(f"--{name}: of what is held out; --all takes every pair")
    if arguments.size and settings.folders:
        raise UserError(f"--size: of the built-in scenes; the pictures of {', '.join(settings.folders)} have their own")
    if arguments.no_extra and predictor.extra is None:
        raise UserError(f"--no-extra: {predictor.name} takes no fourth channel")

    def pictures(extra: str) -> Source:
        if arguments.all:
            return joined([pairs.open_all(folder, extra=extra) for folder in settings.folders])
        scenes = arguments.limit or SCENES
        return settings.open(extra=extra, scene_size=arguments.size or SCENE_SIZE, scene_count=scenes)[1]

    # The subject's mask is wanted for the figures even when the network takes no map, or another one.
    depth = predictor.extra == "depth"
    result = evaluate.evaluate(
        predictor,
        pictures("depth" if depth else "focus"),
        masks=pictures("focus") if depth else None,
        limit=arguments.limit,
        use_extra=not arguments.no_extra,
        strength=arguments.strength,
        match_gain=arguments.match_gain,
        baselines=not arguments.no_discs,
        pictures=arguments.pictures,
        sheet=arguments.contact_sheet,
        lpips=arguments.lpips_weights and Lpips(arguments.lpips_weights),
    )
    print(table(result))
    if arguments.json:
        files.write_json(arguments.json, result)
    gain = result["mean"]["gain"]
    if arguments.min_gain is not None and gain < arguments.min_gain:
        print(f"the mean gain of {gain:+.2f} dB is below --min-gain {arguments.min_gain:+g}", file=sys.stderr)
        return 1
    return 0


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Raises UserError for what can't be written or would be overwritten unasked: before a model is opened."""
    from pynet_bokeh import evaluate, files, images

    if arguments.contact_sheet:
        images.writable_format(arguments.contact_sheet)
    outputs = [path for path in (arguments.json, arguments.contact_sheet) if path]
    for path in outputs:
        files.check_output(path, force=arguments.force)
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise UserError(f"--contact-sheet: {arguments.contact_sheet} is what --json writes; it needs another name")
    if arguments.pictures:
        files.check_output_folder(arguments.pictures)
        if not arguments.force and any(arguments.pictures.glob(evaluate.NUMBERED)):
            raise UserError(
                f"{arguments.pictures}: holds pictures of an earlier evaluation; give another folder or --force"
            )
