"""Options that several commands share: which model, which pictures."""

import argparse
import sys
from typing import TYPE_CHECKING

from pynet_bokeh import cli

if TYPE_CHECKING:  # numpy, which --help does without
    from pynet_bokeh.runtime import Predictor


def add_data(parser: argparse.ArgumentParser) -> None:
    """--data, --split, --seed."""
    parser.add_argument(
        "--data", nargs="+", metavar="DIR", help="photo pairs, one folder or several; without it, the built-in scenes"
    )
    parser.add_argument(
        "--split", type=cli.fraction, metavar="F", help="held-out fraction, where there is no test folder"
    )
    parser.add_argument("--seed", type=cli.natural, metavar="N", help="of the subset, the split and the scenes")


def given_data(arguments: argparse.Namespace) -> dict:
    """Those of them that were given, as fields of DataSettings."""
    options = {"folders": arguments.data, "split": arguments.split, "seed": arguments.seed}
    return {name: value for name, value in options.items() if value is not None}


def add_model(parser: argparse.ArgumentParser) -> None:
    """--model, --weights, --threads."""
    parser.add_argument("--model", required=True, metavar="X", help="a .tflite, a run's folder, or a network's name")
    parser.add_argument("--weights", metavar="FILE.npz", help="weights for a network's name")
    parser.add_argument("--threads", type=cli.positive, metavar="N", help="for a .tflite (default: all cores)")


def open_model(arguments: argparse.Namespace) -> "Predictor":
    """The model of these options; a line on standard error says when it is one that failed its verification."""
    from pynet_bokeh import predictors, sidecar

    predictor = predictors.open_predictor(arguments.model, weights=arguments.weights, threads=arguments.threads)
    if arguments.model.endswith(".tflite") and (warning := sidecar.warning(arguments.model)):
        print(warning, file=sys.stderr)
    return predictor
