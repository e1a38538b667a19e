"""`python -m android_demo.apk`: the Android demo as a signed APK, by Debian's tools."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from android_demo.apk import assets, building, icon, layout
from pynet_bokeh import cli


def main(argv: Sequence[str] | None = None) -> int:
    """Parses the command line and runs it; 0 when done, 2 for bad input or missing tools."""
    parser = cli.Parser(prog="python -m android_demo.apk", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND")

    build = commands.add_parser("build", help="build and sign the APK")
    build.add_argument("--out", type=Path, default=layout.APK, metavar="FILE", help="where to write the APK")
    build.set_defaults(command=_build)

    put = commands.add_parser("assets", help="put a model and its sidecar into the app's assets")
    put.add_argument("model", type=Path, metavar="MODEL", help=".tflite, with the .json that export wrote beside it")
    put.add_argument("--force", action="store_true", help="take a model that failed its verification")
    put.set_defaults(command=_assets)

    draw = commands.add_parser("icon", help="draw the app's icon into the resources")
    draw.set_defaults(command=_icon)

    arguments = cli.parse(parser, argv)
    return cli.run(arguments.command, arguments)


def _build(arguments: argparse.Namespace) -> int:
    apk = building.build(arguments.out)
    model = assets.described(layout.ASSETS / layout.SIDECAR)
    print(f"{apk}: {apk.stat().st_size:,} bytes, with {model}; adb install -r {apk}")
    return 0


def _icon(arguments: argparse.Namespace) -> int:
    for path in icon.write():
        print(path)
    return 0


def _assets(arguments: argparse.Namespace) -> int:
    placed = assets.put(arguments.model, force=arguments.force)
    print(f"{placed}: {assets.described(placed.with_suffix('.json'))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
