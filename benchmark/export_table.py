"""Every export of a network in one table: size and quality from the sidecars, latency and memory from a benchmark."""

import argparse
from pathlib import Path

from pynet_bokeh import sidecar
from pynet_bokeh.errors import UserError

KERNELS = "xnnpack"


def add(commands) -> None:
    """Adds the command to the parser's `commands`."""
    parser = commands.add_parser(
        "exports",
        help="one table of all exports: size, quality, latency, memory",
        description="Joins what `run --out` measured with the models' sidecars, one line for each model, as Markdown.",
    )
    parser.add_argument("results", type=Path, metavar="RESULTS.json", help="what run --out wrote")
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="write it there too")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(command=_exports)


def _exports(arguments: argparse.Namespace) -> int:
    from benchmark import results
    from pynet_bokeh.files import check_output, whole_file

    if arguments.out:
        check_output(arguments.out, force=arguments.force)
    text = markdown(results.read(arguments.results))
    if arguments.out:
        with whole_file(arguments.out) as temporary:
            temporary.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


def markdown(results) -> str:
    """The table of benchmark.results.Results, the nearest to the float network first, and its notes.

    Raises UserError for a model whose sidecar is missing, belongs to another file or has no verification figures.
    """
    settings = [setting for setting in results.settings() if setting.kernels == KERNELS]
    threads = [f"{setting.threads} thread{'s' if setting.threads > 1 else ''}" for setting in settings]
    heads = ["recipe", "file", "to the float network", "lowest", "SSIM", "worst pixel", "lost", *threads, "peak memory"]
    lines = []
    pictures = set()
    for model in results.models:
        figures = _verification(model)
        own = figures["kernels"][KERNELS]
        pictures.add((own["pictures"], (figures.get("target") or {}).get("pictures", 0)))
        measured = {
            measurement.setting: measurement
            for measurement in results.measurements
            if measurement.model == model.name and measurement.setting in settings
        }
        peaks = [one.memory.peak_mb for one in measured.values() if one.memory]
        lines.append(
            [
                own["psnr"],
                model.quantization or model.name,
                f"{model.bytes / 1e6:.2f} MB",
                f"{own['psnr']:.1f} dB",
                f"{own['min_psnr']:.1f} dB",
                "" if own.get("mean_ssim") is None else f"{own['mean_ssim']:.4f}",
                f"{own['worst_pixel']:.3f}",
                f"{figures['target']['drop']:+.3f} dB" if figures.get("target") else "",
                *(f"{measured[one].summary().median:.1f} ms" if one in measured else "" for one in settings),
                f"{max(peaks):.0f} MB" if peaks else "",
            ]
        )
    rows = [
        heads,
        [":---", *["---:"] * (len(heads) - 1)],
        *(line[1:] for line in sorted(lines, key=lambda one: -one[0])),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    counted = ", ".join(f"{all_of} pictures, {told} of them with a target" for all_of, told in sorted(pictures))
    notes = (
        f"Verified on {counted}: PSNR of all pictures together and of the lowest, mean SSIM, the largest difference of "
        f"a pixel, of 1; *lost* is PSNR against the targets. XNNPACK kernels where they take an operator; median time, "
        f"largest resident set of the process. "
        f"{results.machine.cpu}, {results.started[:10]}."
    )
    return f"{table}\n\n{notes}\n"


def _verification(model) -> dict:
    path = Path(model.path).with_suffix(".json")
    content = sidecar.read(Path(model.path))
    if not content:
        raise UserError(f"{path}: no sidecar there; models that export tflite wrote are wanted")
    if content.get("sha256") != model.sha256:
        raise UserError(f"{path}: belongs to another file than the one that was measured; export and measure again")
    found = content.get("verification")
    if not found:
        raise UserError(f"{path}: has no verification figures; models that export tflite wrote are wanted")
    try:
        own, target = found["kernels"][KERNELS], found.get("target")
        numbers = [own["pictures"], own["psnr"], own["min_psnr"], own["worst_pixel"], own.get("mean_ssim") or 0.0]
        numbers += [target["pictures"], target["drop"]] if target else []
        if not all(isinstance(number, int | float) for number in numbers):
            raise TypeError(f"numbers are wanted; received {numbers}")
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not what export tflite writes ({type(error).__name__}: {error})") from error
    return found
