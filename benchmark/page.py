"""One self-contained HTML page about one trained model: pictures, quality, training, speed, how it was made."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from benchmark import headline, page_networks, page_pictures, plots, speed_plots
from benchmark.advice import warnings
from benchmark.html_parts import details, figure, link, markup, missing, more, section, table, warning_list
from benchmark.page_inputs import Artifact, PageInputs, Pair
from benchmark.page_style import CSS, SCRIPT
from benchmark.report import COLUMNS, LEFT_ALIGNED, machine_facts, notes, rows, signed, three_digits
from benchmark.results import Results
from benchmark.samples import XNNPACK
from pynet_bokeh.cli import duration
from pynet_bokeh.files import whole_file

MOST_PAIRS = 8
MOST_SCENES = 6
SAME_SCENES = 0.005  # dB; evaluations whose unchanged inputs differ by more saw different scenes


def write(path: Path, inputs: PageInputs, *, title: str) -> None:
    """Writes the page, whole or not at all. Raises UserError when a picture can't be decoded."""
    text = build(inputs, title=title, folder=Path(path).parent)
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def build(inputs: PageInputs, *, title: str, folder: Path) -> str:
    """The page as text. `folder` is where it will lie: files below it are linked, others only named."""
    pairs, scenes = inputs.pairs[:MOST_PAIRS], inputs.scenes[:MOST_SCENES]
    shown = [path for pair in pairs for path in (pair.original, pair.rendered)] + scenes
    embedded = page_pictures.embed(shown) if shown else {}
    sections = [
        _head(inputs, title),
        section("Pictures", _pictures(inputs, pairs, embedded, folder)),
        section("Validation scenes", _scenes(inputs, scenes, embedded)),
        section("Quality", _quality(inputs)),
        section("Speed and memory", _speed(inputs)),
        section("Training", _training(inputs)),
        section("How it was made", _making(inputs, folder)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + f"\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _head(inputs: PageInputs, title: str) -> str:
    tiles = "".join(
        f"<div><dt>{escape(one.label)}</dt><dd>{escape(one.value)} <small>{escape(one.unit)}</small></dd>"
        f"<dd>{markup(one.note)}</dd></div>"
        for one in headline.figures(inputs)
    )
    tiles = f'<dl class="tiles">{tiles}</dl>' if tiles else ""
    return f'<header><h1>{escape(title)}</h1><p class="lead">{escape(headline.sentence(inputs))}</p>{tiles}</header>'


def _pictures(inputs: PageInputs, pairs: Sequence[Pair], embedded: dict, folder: Path) -> str:
    if not pairs:
        return missing("no rendered photos were given", "--pictures DIR --originals DIR")
    parts = [
        "<p>Left what went in, right what the model made of it. Hold the right picture down, point at it, or focus it "
        "and hold Enter or the space bar, to see the input in its place.</p>"
    ]
    for number, pair in enumerate(pairs):
        original, rendered, name = embedded[pair.original], embedded[pair.rendered], escape(pair.name)
        full = link(pair.rendered, folder, "full size")
        parts.append(
            f'<div class="pair"><figure><img id="input{number}" src="{original.uri}" width="{original.width}" '
            f'height="{original.height}" alt="{name}, the photo before rendering"><figcaption>Input, {name}'
            f'</figcaption></figure><figure><button type="button" class="compare" data-input="input{number}" '
            f'aria-pressed="false" aria-label="Hold to compare {name} with the input"><img src="{rendered.uri}" '
            f'width="{rendered.width}" height="{rendered.height}" alt="{name}, with rendered bokeh"></button>'
            f'<figcaption><span class="showing">Rendered</span>{f" · {full}" if full else ""}</figcaption>'
            "</figure></div>"
        )
    return "".join(parts) + more(len(inputs.pairs) - len(pairs), "photo", pairs[0].rendered.parent)


def _scenes(inputs: PageInputs, scenes: Sequence[Path], embedded: dict) -> str:
    if not scenes:
        return missing("no pictures of validation scenes were given", "--scenes DIR")
    strips = "".join(
        f'<figure class="strip"><div><img src="{embedded[path].uri}" width="{embedded[path].width}" '
        f'height="{embedded[path].height}" alt="Scene {escape(path.stem)}: input, output and target side by side">'
        f"</div><figcaption>{escape(path.stem)}</figcaption></figure>"
        for path in scenes
    )
    intro = "<p>From left to right: input, the model's output, target.</p>"
    return intro + strips + more(len(inputs.scenes) - len(scenes), "scene", scenes[0].parent)


def _quality(inputs: PageInputs) -> str:
    if not inputs.evaluations:
        return missing("no evaluation was given", "--evaluation NAME=evaluation.json")
    first, reference = inputs.evaluations[0], headline.float_evaluation(inputs)
    int8 = headline.int8_evaluation(inputs)
    body = [["input unchanged", f"{first.input_psnr:.2f}", "", "", f"{first.input_ssim:.4f}"]]
    for one in inputs.evaluations:
        against = signed(one.psnr - reference.psnr) if reference and one is not reference else ""
        body.append([one.name, f"{one.psnr:.2f}", signed(one.gain), against, f"{one.ssim:.4f}"])
    columns = ["", "PSNR dB", "gain dB", f"against {reference.name if reference else 'float'} dB", "SSIM"]
    best = {inputs.evaluations.index(int8) + 1} if int8 else set()
    text = (
        "<p>Means over the validation scenes, compared with their targets; higher is better. The gain is over "
        "returning the input unchanged.</p>"
    )
    if any(abs(one.input_psnr - first.input_psnr) > SAME_SCENES for one in inputs.evaluations):
        text += warning_list(
            ["The evaluations saw different scenes or sizes (their unchanged inputs differ): compare gains, not PSNR."]
        )
    return text + table(columns, body, emphasized=best)


def _speed(inputs: PageInputs) -> str:
    results = inputs.benchmark
    if results is None:
        return missing("no benchmark was given", "--benchmark results.json")
    failures = [f"Not measured: {failure.reason}" for failure in results.failures]
    if not results.measurements:
        return warning_list(failures)
    body = [row.cells() for row in rows(results)]
    shown = page_networks.in_setting(results, page_networks.main_setting(results))
    points, unchanged = page_networks.quality_points(results, shown, inputs.evaluations)
    text = [index for index, column in enumerate(COLUMNS) if column in LEFT_ALIGNED]
    setting = escape(str(shown[0].setting))
    return (
        figure(plots.latency(results))
        + f"<h3>How the latencies spread</h3><p>{setting}.</p>{page_networks.spread(shown)}"
        + _more_threads(results)
        + (
            f"<h3>Memory</h3><p>{setting}.</p>{figure(speed_plots.memory(shown, {}))}"
            if any(one.memory for one in shown)
            else ""
        )
        + (
            f"<h3>Quality against latency</h3>{figure(speed_plots.pareto(points, unchanged=unchanged))}"
            if points
            else ""
        )
        + "<h3>Figures</h3>"
        + table(COLUMNS, body, left=text)
        + f'<p class="soft">{escape(notes(results))}</p>'
        + warning_list(warnings(results) + failures)
    )


def _more_threads(results: Results) -> str:
    if len({setting.threads for setting in results.settings() if setting.kernels == XNNPACK}) < 2:
        return ""
    return f"<h3>More threads</h3>{figure(speed_plots.thread_scaling(results))}"


def _training(inputs: PageInputs) -> str:
    run = inputs.run
    if run is None:
        return missing("no training run was given", "--run DIR")
    if not run.curves:
        return missing("the run holds no validation figures yet", f"{run.folder}/levelN/metrics.jsonl")
    text = (
        f"<p>{len(run.curves)} levels, coarsest first, {run.steps} steps in {duration(run.seconds)}. Each level is "
        "validated at its own size, so the unchanged input's PSNR differs between levels.</p>"
    )
    return text + figure(plots.training(run.curves))


def _making(inputs: PageInputs, folder: Path) -> str:
    parts = []
    if inputs.commands:
        lines = "\n".join(inputs.commands)
        parts.append(f"<h3>Commands</h3><pre><code>{escape(lines)}</code></pre>")
    if inputs.run:
        parts.append("<h3>Recipe</h3>" + _schedule(inputs.run.recipe))
        parts.append(details("The recipe in full", {"recipe": inputs.run.recipe, "data": inputs.run.data}))
    if inputs.artifacts:
        parts.append("<h3>Artifacts</h3>" + _artifacts(inputs.artifacts, folder))
        parts += [
            details(f"{artifact.path.stem}.json, the sidecar", artifact.sidecar)
            for artifact in inputs.artifacts
            if artifact.sidecar
        ]
    parts += [f"<h3>Software</h3><p>{escape(text)}</p>" for text in _software(inputs.artifacts)]
    if inputs.benchmark:
        machine = inputs.benchmark.machine
        memory = f", {machine.memory_mb / 1000:.0f} GB memory" if machine.memory_mb else ""
        python = f", Python {machine.python}" if machine.python else ""
        text = f"{machine_facts(machine)}{python}{memory}; benchmark of {inputs.benchmark.started}"
        parts.append(f"<h3>Machine</h3><p>{escape(text)}</p>")
    absent = [
        (inputs.commands, "the commands", "--command TEXT"),
        (inputs.run, "the recipe", "--run DIR"),
        (inputs.artifacts, "the artifacts", "--models DIR"),
        (inputs.benchmark, "the machine", "--benchmark results.json"),
    ]
    return "".join(parts) + "".join(missing(f"{what} not given", option) for given, what, option in absent if not given)


def _software(artifacts: Sequence[Artifact]) -> list[str]:
    """What the sidecars say they were made with, each different set once."""
    texts = []
    for sidecar in (artifact.sidecar for artifact in artifacts):
        versions = sidecar.get("versions")
        parts = [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, dict) else []
        if sidecar.get("git_revision"):
            parts.append(f"revision {sidecar['git_revision']}")
        texts.append(", ".join(parts))
    return [text for text in dict.fromkeys(texts) if text]


def _schedule(recipe: dict) -> str:
    """The recipe's levels as a table, coarsest first, with the columns of pynet_bokeh's LevelRecipe that are there."""
    by_level = recipe.get("level")
    name = f"<p>{escape(str(recipe.get('name', '?')))}, network {escape(str(recipe.get('network', '?')))}</p>"
    if not isinstance(by_level, dict) or not by_level:
        return name
    columns = ("steps", "batch", "learning_rate", "schedule", "losses")
    body = []
    for level, values in sorted(by_level.items(), reverse=True):
        cells = [values.get(column, "") for column in columns]
        losses = ", ".join(f"{name} {weight:g}" for name, weight in cells[-1].items()) if cells[-1] else ""
        body.append([level, *(f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in cells[:-1]), losses])
    titles = ["level", *(column.replace("_", " ") for column in columns)]
    return name + table(titles, body, left=(4, 5))


def _artifacts(artifacts: Iterable[Artifact], folder: Path) -> str:
    body = []
    for artifact in artifacts:
        sidecar, name = artifact.sidecar, artifact.path.name
        known = [str(sidecar.get(key) or "–") for key in ("network", "quantization")]
        agreement = artifact.agreement
        body.append(
            [
                link(artifact.path, folder, name) or name,
                three_digits(artifact.bytes / 1e6),
                *known,
                "–" if agreement is None else f"{agreement:.1f}",
                str(sidecar.get("sha256") or "–")[:12],
            ]
        )
    note = "<p>dB to float: PSNR of the .tflite against the float network, as verified at export.</p>"
    columns = ["file", "MB", "network", "quantization", "dB to float", "sha256"]
    return note + table(columns, body, left=(2, 3, 5))
