"""`python -m export show FILE.tflite`: what a .tflite is, by its sidecar and by itself."""

import argparse
import dataclasses
from pathlib import Path

from export import artifact, changes, contents
from export.recipes import RECIPES
from pynet_bokeh import cli, files, tflite_files
from pynet_bokeh import sidecar as sidecars
from pynet_bokeh.errors import UserError

TENSORS = 5


def add(commands) -> None:
    """Adds the command to the parser's subparsers."""
    show = commands.add_parser("show", help="what .tflite files are: sizes, quantization, cost, verification, origin")
    show.add_argument("models", nargs="+", type=Path, metavar="FILE", help="or folders of them")
    show.set_defaults(command=_show)


def _show(arguments: argparse.Namespace) -> int:
    failed: list[Path] = []
    for number, (_, text) in enumerate(cli.each(tflite_files.find(arguments.models), describe, failed)):
        print("\n" * bool(number) + text)
    return cli.EXIT_BAD_INPUT if failed else 0


def describe(model: Path) -> str:
    """What a .tflite is, as lines of text. Without a sidecar, what the file says itself.

    Raises UserError when the file is none that LiteRT runs, and when the sidecar is another file's.
    """
    from pynet_bokeh import tflite_graph  # numpy: not for --help
    from pynet_bokeh.runtime import TflitePredictor

    tensors = TflitePredictor(model, threads=1, any_scale=True).describe()
    graph = tflite_graph.read(model)
    lines = [f"{model}: {model.stat().st_size / 1e6:.2f} MB, {len(graph.operators)} operators"]
    rows = [(group, name, one) for group in ("inputs", "outputs") for name, one in tensors[group].items()]
    lines += [f"  {group[:-1]:12}{name} {_tensor(one)}" for group, name, one in rows]
    path = artifact.sidecar_path(model)
    if path.is_file():
        sidecar = sidecars.read(model)
        if sidecar.get("sha256") != files.sha256(model):
            raise UserError(f"{path}: describes another file than {model.name} (its SHA-256 differs)")
        lines += [f"  {name:12}{text}" for name, text in _known(path, sidecar)]
    else:
        lines.append(f"  {'sidecar':12}none ({path.name} is not there)")
    types = contents.types(graph)
    weights = ", ".join(f"{size / 1e6:.2f} MB {dtype}" for dtype, size in types["weights"].items())
    lines.append(f"  {'weights':12}{weights or 'none'} (read from the file)")
    lines.append(f"  {'operators':12}{', '.join(map(_operators, types['operators']))}")
    largest = [] if any(-1 in one["shape"] for _, _, one in rows) else graph.largest_tensors(TENSORS)
    for number, one in enumerate(largest):
        shape = "×".join(map(str, one["shape"]))
        title = "" if number else "largest"
        lines.append(f"  {title:12}{one['bytes'] / 1e6:.2f} MB {one['layer']} [{shape}] {one['dtype']}")
    return "\n".join(lines)


def _operators(one: dict) -> str:
    stored = f" with {one['weights']} weights" if one["weights"] not in (None, one["type"]) else ""
    return f"{one['count']} {one['kind']} {one['type']}{stored}"


def _tensor(one: dict) -> str:
    shape = "×".join("any" if side < 0 else str(side) for side in one["shape"])
    quantization = one["quantization"]
    if quantization is None:
        return f"[{shape}] {one['dtype']}, 0 … 1"
    return (
        f"[{shape}] {one['dtype']}, real value = {quantization['scale']:.6g} · (stored − {quantization['zero_point']})"
    )


def _known(path: Path, sidecar: dict) -> list[tuple[str, str]]:
    """Names and texts of what a sidecar says; a UserError that names what it lacks."""
    try:
        size, untrained = sidecar["picture_size"], sidecar.get("untrained", False)
        config = ", ".join(f"{name} {value}" for name, value in sidecar["network_config"].items())
        picture = f"{size['width']}×{size['height']}" if size else "any size"
        macs = f", {sidecar['macs'] / 1e9:.3f} GMAC" if sidecar["macs"] is not None else ""
        rows = [
            ("network", f"{sidecar['network']} ({config})"),
            ("picture", f"{picture}, level {sidecar['level']}"),
            ("cost", f"{sidecar['parameters']:,} parameters{macs}"),
        ]
        rows += [("untrained", f"random weights, {sidecar['quantization']}")] if untrained else _outcome(sidecar)
        rows += [
            ("made by", f"revision {sidecar['git_revision'] or 'unknown'}"),
            ("with", ", ".join(f"{name} {version}" for name, version in sidecar["versions"].items())),
            ("SHA-256", sidecar["sha256"]),
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not a sidecar of this version of the project ({error} is missing)") from error
    return rows


def _outcome(sidecar: dict) -> list[tuple[str, str]]:
    """Recipe, verification and origin of a trained network."""
    origin, verified = sidecar["origin"], sidecar["verification"]
    recipe = origin["recipe"]
    rows = [("recipe", _described(recipe)), ("settings", _settings(recipe, sidecar))]
    for kernels, one in verified["kernels"].items():
        ssim = "" if one["mean_ssim"] is None else f", SSIM {one['mean_ssim']:.4f}"
        rows.append(
            (
                kernels,
                f"{one['psnr']:.1f} dB to the float network on {one['pictures']} pictures, lowest "
                f"{one['min_psnr']:.1f} ({one['min_psnr_picture']}){ssim}, worst pixel {one['worst_pixel']:.3f}",
            )
        )
    if target := verified.get("target"):
        rows.append(
            (
                "target",
                f"{target['tflite_psnr']:.2f} dB to {target['pictures']} true pictures, {target['drop']:+.3f} dB lost "
                f"against the float network",
            )
        )
    rows += [("FAILED", failure) for failure in verified["failures"]]
    trained = f"run {origin['run']}, recipe {origin['training']}, weights {origin['weights_sha256'][:12]}"
    return [*rows, ("trained", trained)]


def _described(recipe: dict) -> str:
    """A recipe's name and summary; what it differs in from the built-in one of its name, which says something else."""
    built_in = RECIPES.get(recipe["name"])
    other = changes.differences(dataclasses.asdict(built_in), recipe) if built_in else {}
    return f"{recipe['name']}: " + (f"with {changes.told(other)}" if other else recipe["summary"])


def _settings(recipe: dict, sidecar: dict) -> str:
    """What was asked for, and which step of fine-tuning the weights are of."""
    done = [f"{recipe['weights']} weights, {recipe['activations']} activations"]
    if seen := recipe["calibration"]:
        wide = f", {seen['wide_open']} once more wide open" if seen["wide_open"] else ""
        done.append(f"calibrated on {seen['pictures']} pictures{wide}")
    if tuned := recipe["finetune"]:
        steps, best = tuned["steps"], sidecar["finetuned"]
        if not steps:
            done.append("not fine-tuned (finetune.steps 0)")
        elif best:
            done.append(f"fine-tuned, the best weights after {best} of {steps} steps")
        else:
            done.append(f"not fine-tuned: {steps} steps found nothing better than calibration")
    return "; ".join(done)
