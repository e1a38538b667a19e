"""`python -m pynet_bokeh COMMAND`: train · evaluate · render · data · models · import-weights."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from pynet_bokeh import cli, evaluate_command, levels, shared_options

# Commands import what they need when they run: tensorflow takes 4 s, and rendering with a .tflite must not import it.


def main(argv: Sequence[str] | None = None) -> int:
    """Parses the command line and runs it; 0 when done, 2 for bad input, 130 when interrupted."""
    parser = cli.Parser(
        prog="python -m pynet_bokeh", description="Train networks that render bokeh; run them on photos."
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in (_add_train, evaluate_command.add, _add_render, _add_data, _add_models, _add_import):
        add(commands)
    arguments = cli.parse(parser, argv)
    return cli.run(arguments.command, arguments, interrupted=getattr(arguments, "interrupted", cli.INTERRUPTED))


def _add_train(commands) -> None:
    parser = commands.add_parser("train", help="train a run level by level, coarsest first")
    parser.add_argument("--run", required=True, type=Path, metavar="DIR", help="folder of the run, made when missing")
    parser.add_argument(
        "--recipe", metavar="NAME|FILE.toml", help="default: the run's own, that of --start-from, or pynet_mobile"
    )
    parser.add_argument(
        "--level", type=int, choices=levels.LEVELS, help="only this level; without it all that are missing"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a recipe key: level.7.steps=100"
    )
    parser.add_argument(
        "--start-from", type=Path, metavar="RUN", help="a finished run of the same network whose weights to go on from"
    )
    parser.add_argument("--vgg-weights", metavar="FILE", help="VGG19's ImageNet weights, for recipes with a vgg loss")
    shared_options.add_data(parser)
    parser.add_argument("--subset", type=cli.positive, metavar="N", help="train on N randomly chosen pairs")
    parser.set_defaults(command=_train, interrupted="interrupted; the same command goes on from the last checkpoint")


def _train(arguments) -> int:
    cli.import_tensorflow()
    from pynet_bokeh import shipped
    from pynet_bokeh.errors import UserError
    from pynet_bokeh.training import level as training
    from pynet_bokeh.training import recipe as recipes
    from pynet_bokeh.training.run import open_or_create

    exists = (arguments.run / "recipe.json").is_file()
    name = arguments.recipe or (None if exists or arguments.start_from else "pynet_mobile")
    run = open_or_create(
        arguments.run,
        recipes.load(name, arguments.set) if name else None,
        shared_options.given_data(arguments) | ({"subset": arguments.subset} if arguments.subset else {}),
        overrides=arguments.set,
        start_from=arguments.start_from and shipped.run_folder(arguments.start_from),
    )
    if arguments.vgg_weights and "vgg" not in run.recipe.losses:
        raise UserError(f"--vgg-weights: for recipes with a vgg loss; {run.recipe.name} has none")
    if arguments.level:
        training.train_level(run, arguments.level, vgg_weights=arguments.vgg_weights)
    else:
        training.train(run, vgg_weights=arguments.vgg_weights)
    return 0


def _add_render(commands) -> None:
    parser = commands.add_parser("render", help="a photo, or a folder of them, with bokeh")
    parser.add_argument("photo", type=Path, metavar="PHOTO|DIR", help="any size; EXIF orientation is followed")
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT", help="picture, or folder for a folder"
    )
    shared_options.add_model(parser)
    subject = parser.add_mutually_exclusive_group()
    for name, what in (("focus", "subject mask, white in focus"), ("depth", "depth map")):
        subject.add_argument(f"--{name}", type=Path, metavar="MAP", help=f"{what}; for a folder, a folder of maps")
    subject.add_argument(
        "--focus-rect",
        type=cli.rectangle,
        metavar="X,Y,W,H",
        help="find the subject in this rectangle (pixels, upright)",
    )
    parser.add_argument("--save-focus", type=Path, metavar="FILE.png", help="write the mask that was used")
    parser.add_argument(
        "--strength", type=cli.fraction, metavar="0…1", help="0 the photo, 1 the lens wide open (default 0.6)"
    )
    parser.add_argument("--size", type=cli.image_size, metavar="WxH", help="largest picture of the network, for a run")
    parser.add_argument("--side-by-side", action="store_true", help="photo and rendering in one picture")
    parser.add_argument("--quality", type=cli.quality, metavar="1…100", help="of JPEG and WebP (default 95)")
    parser.add_argument("--force", action="store_true", help="overwrite existing pictures")
    parser.set_defaults(command=_render)


def _render(arguments) -> int:
    from pynet_bokeh.render_files import render_command

    return render_command(arguments, lambda: shared_options.open_model(arguments))


def _add_data(commands) -> None:
    parser = commands.add_parser("data", help="check photo pairs; make them of photos with masks, or of scenes")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="decode every pair and name what is broken")
    check.add_argument("folder", metavar="DIR")
    check.add_argument("--extra", choices=("depth", "focus"), help="check this fourth channel too")
    check.set_defaults(command=_check)
    scenes = actions.add_parser("scenes", help="write built-in scenes as pairs: original, bokeh and the fourth channel")
    scenes.add_argument("--out", required=True, type=Path, metavar="DIR")
    scenes.add_argument("--count", type=cli.positive, default=100, metavar="N", help="for training (default 100)")
    scenes.add_argument("--test-count", type=cli.positive, default=16, metavar="N", help="held out (default 16)")
    scenes.add_argument("--size", type=cli.image_size, default=(512, 512), metavar="WxH")
    scenes.add_argument("--vary", action="store_true", help="open the lens differently wide for each training scene")
    scenes.add_argument("--extra", choices=("depth", "focus"), default="focus")
    scenes.add_argument("--seed", type=cli.natural, default=0, metavar="N")
    scenes.set_defaults(command=_scenes)
    _add_synthesize(actions)


def _add_synthesize(actions) -> None:
    parser = actions.add_parser("synthesize", help="render pairs from photos with subject masks or depth maps")
    parser.add_argument("--photos", required=True, type=Path, metavar="DIR", help="pictures with everything in focus")
    maps = parser.add_mutually_exclusive_group(required=True)
    maps.add_argument("--masks", type=Path, metavar="DIR", help="white = subject, named like the photos")
    maps.add_argument("--depth", type=Path, metavar="DIR", help="near = white, named like the photos")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument(
        "--variants", type=cli.positive, default=1, metavar="K", help="pairs per photo, each with another lens"
    )
    parser.add_argument("--short-side", type=cli.positive, default=512, metavar="PX", help="default 512")
    parser.add_argument(
        "--radius", type=cli.number_range, default=(2.0, 40.0), metavar="A,B", help="of the blur, pixels (2,40)"
    )
    parser.add_argument("--aperture", choices=("disc", "polygon", "mixed"), default="mixed")
    parser.add_argument("--cats-eye", action="store_true", help="discs cut towards the corners, in half of the pairs")
    parser.add_argument("--noise", action="store_true", help="sensor noise in the photos")
    parser.add_argument("--exposure", action="store_true", help="targets up to a third of a stop brighter or darker")
    parser.add_argument(
        "--montage", type=cli.fraction, default=0.0, metavar="F", help="share of subjects set into another photo"
    )
    parser.add_argument(
        "--stopped-down",
        type=cli.fraction,
        default=0.0,
        metavar="F",
        help="share of photos that are slightly blurred too, as by the same lens at f/16",
    )
    parser.add_argument("--test-share", type=cli.fraction, default=0.05, metavar="F", help="held out (default 0.05)")
    parser.add_argument("--seed", type=cli.natural, default=0, metavar="N")
    parser.add_argument("--workers", type=cli.positive, default=4, metavar="N", help="processes (default 4)")
    parser.set_defaults(
        command=_synthesize, interrupted="interrupted; the same command goes on with the pairs that are missing"
    )


def _synthesize(arguments) -> int:
    from pynet_bokeh.data import photos, synthesis
    from pynet_bokeh.data.writing import write_pairs
    from pynet_bokeh.errors import UserError

    if arguments.montage and arguments.depth:
        raise UserError("--montage: sets subjects into other photos; --masks, which tell them, are wanted, not --depth")
    names = [field.name for field in dataclasses.fields(synthesis.Options) if field.name != "closed"]
    options = synthesis.Options(**{name: getattr(arguments, name) for name in names})
    maps, kind = (arguments.masks, "mask") if arguments.masks else (arguments.depth, "depth map")
    parts = photos.open_photos(arguments.photos, maps, kind=kind, options=options, test_share=arguments.test_share)
    for part, source in parts.items():
        write_pairs(source, arguments.out / part, names=source.names(), workers=arguments.workers, label=part)
    return 0


def _check(arguments) -> int:
    from pynet_bokeh.data import pairs

    source = pairs.open_all(arguments.folder, extra=arguments.extra)
    problems = [problem for problem in pairs.check(source) if problem]
    print("\n".join([f"{source.describe()}: {len(problems)} broken", *problems]))
    return cli.EXIT_BAD_INPUT if problems else 0


def _scenes(arguments) -> int:
    from pynet_bokeh.data.scenes import SceneSource
    from pynet_bokeh.data.writing import write_pairs

    for split, folder, count in (("train", "train", arguments.count), ("validation", "test", arguments.test_count)):
        options = {"extra": arguments.extra, "seed": arguments.seed, "vary": arguments.vary and split == "train"}
        source = SceneSource(arguments.size, split=split, count=count, **options)
        write_pairs(source, arguments.out / folder, label=folder)
    return 0


def _add_models(commands) -> None:
    parser = commands.add_parser("models", help="every network with its parameters and cost per level")
    parser.add_argument(
        "--size", type=cli.image_size, default=(1024, 1024), metavar="WxH", help="picture (default 1024)"
    )
    parser.set_defaults(command=_models)


def _models(arguments) -> int:
    cli.import_tensorflow()
    from pynet_bokeh.models import cost, registry

    height, width = arguments.size
    print(f"{'network':14}{'sizes':>7}{'level':>6}{'picture':>12}{'parameters':>13}{'GMAC':>9}")
    for name, module in registry.NETWORKS.items():
        sizes = f"{module.SIZE_MULTIPLE}·n"
        for one in cost.level_costs(name, picture_size=arguments.size):
            picture_height, picture_width = levels.size((height, width), one.level)
            picture = f"{picture_width}x{picture_height}"
            print(f"{name:14}{sizes:>7}{one.level:6}{picture:>12}{one.parameters:13,}{one.macs / 1e9:9.2f}")
    return 0


def _add_import(commands) -> None:
    parser = commands.add_parser("import-weights", help="a run from the weights that a network's authors published")
    parser.add_argument("weights", choices=("pynet-bokeh", "double-vnet", "glass-net"), help="whose")
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="TensorFlow checkpoint, or a folder of them"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="folder of the run to make")
    parser.add_argument("--force", action="store_true", help="replace an existing run")
    parser.set_defaults(command=_import)


def _import(arguments) -> int:
    cli.import_tensorflow()
    from pynet_bokeh.importing import import_weights

    imported = import_weights(arguments.weights, arguments.checkpoint, arguments.out, force=arguments.force)
    print(f"{arguments.checkpoint}: {imported.describe()}")
    print(f"{arguments.out}: a run, finished down to level 1")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
