"""One self-contained HTML page that puts networks side by side: latency, threads, memory, quality, bounds, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from benchmark import page_phones, speed_plots
from benchmark.advice import of_machine
from benchmark.bounds import lower_bound
from benchmark.html_parts import Html, figure, markup, missing, section, table, warning_list
from benchmark.inspect_command import giga, mega
from benchmark.inspection import Inspection
from benchmark.page_inputs import Evaluation
from benchmark.page_phones import everything
from benchmark.page_style import CSS
from benchmark.probe import Probe
from benchmark.report import three_digits
from benchmark.results import Measurement, Results
from benchmark.samples import XNNPACK, Delegation, Setting
from benchmark.speed_plots import QualityPoint, short_names
from benchmark.statistics import ratio
from benchmark.verdict import FAILS, Judgement, overall
from pynet_bokeh.files import whole_file

GROUP = 4  # tiles
WIDE = 100.0


@dataclass(frozen=True)
class Verdict:
    """A model held against the budget, as measured on `phone`; None where none measured it."""

    model: str
    phone: str | None
    judgements: Sequence[Judgement]


@dataclass(frozen=True)
class NetworksInputs:
    """What the page shows; by the models' names in `results` where it is a mapping. `unread` says which files were no
    longer there to be read."""

    results: Results
    phones: Sequence[Results] = ()
    inspections: Mapping[str, Inspection] = field(default_factory=dict)
    untrained: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    evaluations: Sequence[Evaluation] = ()
    probe: Probe | None = None
    budget: str | None = None
    verdicts: Sequence[Verdict] = ()
    commands: Sequence[str] = ()


def write(path: Path, inputs: NetworksInputs, *, title: str) -> None:
    """Writes the page, whole or not at all."""
    text = build(inputs, title=title)
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def build(inputs: NetworksInputs, *, title: str) -> str:
    """The page as text."""
    results, setting = inputs.results, main_setting(inputs.results)
    shown = in_setting(results, setting)
    sections = [
        _head(inputs, shown, setting, title),
        section("Side by side", _side_by_side(inputs, shown, setting)),
        section("How the latencies spread", spread(shown)),
        section("More threads", _threads(results)),
        section("Memory", _memory(inputs, shown)),
        section("Quality against latency", _quality(inputs, shown)),
        section("On phones", page_phones.measured(inputs.phones)),
        section("Bounds on phones nobody measured", page_phones.bounds(inputs.inspections)),
        section("Verdict", _verdict(inputs)),
        section("Every setting", everything(results)),
        section("How it was made", _making(inputs)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def main_setting(results: Results) -> Setting:
    """The one the page speaks of: XNNPACK with the most threads, or what comes nearest to it."""
    return max(results.settings(), key=lambda one: (one.kernels == XNNPACK, one.threads))


def in_setting(results: Results, setting: Setting) -> list[Measurement]:
    """The measurements in `setting`, fastest first."""
    found = [one for one in results.measurements if one.setting == setting]
    return sorted(found, key=lambda one: one.summary().median)


def _head(inputs: NetworksInputs, shown: Sequence[Measurement], setting: Setting, title: str) -> str:
    fastest = shown[0]
    by_network: dict[str, Measurement] = {}
    for one in shown:
        by_network.setdefault(network(inputs, one.model), one)
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{three_digits(one.summary().median)} <small>ms</small></dd>"
        f"<dd>{markup(one.model)}{_times(one, fastest)}</dd></div>"
        for name, one in list(by_network.items())[:GROUP]
    )
    lead = (
        f"{size(inputs, fastest.model)}, {setting}: the fastest is {fastest.model} with "
        f"{three_digits(fastest.summary().median)} ms."
    )
    if inputs.untrained:
        lead += (
            " Models called untrained have random weights: their latency, memory and size are real, their pictures not."
        )
    doubts = warning_list([*of_machine(inputs.results), *inputs.unread.values()])
    head = f'<h1>{escape(title)}</h1><p class="lead">{markup(lead)}</p><dl class="tiles">{tiles}</dl>'
    return f"<header>{head}{doubts}</header>"


def network(inputs: NetworksInputs, model: str) -> str:
    """The network a model is of, by its sidecar; its own name where it has none."""
    return inputs.results.model(model).network or model


def size(inputs: NetworksInputs, model: str) -> str:
    """The picture a model makes, as width×height."""
    shape = inputs.results.model(model).outputs[0].shape
    return f"{shape[2]}×{shape[1]}" if len(shape) == 4 else "×".join(map(str, shape))


def _times(one: Measurement, fastest: Measurement) -> Html:
    if one is fastest:
        return Html("")
    compared = ratio(one.rounds, fastest.rounds)
    return Html(f", {three_digits(compared.value)} times as long ({_range(compared.interval)})")


def _side_by_side(inputs: NetworksInputs, shown: Sequence[Measurement], setting: Setting) -> str:
    columns = ["model", "weights", "GMAC", "file MB", "median ms", "95 %", "ratio", "99 %", "peak MB", "taken"]
    if inputs.probe:
        columns += ["bound ms", "of peak"]
    body, short = [], short_names([one.model for one in shown])
    for one in shown:
        facts, found = inputs.results.model(one.model), inputs.inspections.get(one.model)
        summary, compared = one.summary(), ratio(one.rounds, shown[0].rounds)
        part = one.rounds[0].delegation
        row = [
            short[one.model],
            "–" if one.model in inputs.unread else "random" if one.model in inputs.untrained else "trained",
            giga(found.macs) if found else "–",
            three_digits(facts.bytes / 1e6),
            three_digits(summary.median),
            _range(summary.interval),
            three_digits(compared.value),
            "" if one is shown[0] else _range(compared.interval),
            f"{one.memory.peak_mb:.0f}" if one.memory else "–",
            _taken(part),
        ]
        if inputs.probe:
            bound = lower_bound(found, inputs.probe.peak(setting.threads)) if found else None
            row += [three_digits(bound.ms), f"{bound.ms / summary.median:.0%}"] if bound else ["–", "–"]
        body.append(row)
    text = (
        f"<p>{escape(str(setting))}. Ratios are to the fastest, with the interval that holds the true one; taken is "
        "what XNNPACK runs of the operators, and in how many pieces where it isn't one."
    )
    if inputs.probe:
        text += " The bound is the least time by this machine's own measured peaks."
    return text + "</p>" + table(columns, body, left=(1,), emphasized=[0])


def _taken(part: Delegation | None) -> str:
    if part is None:
        return "–"
    pieces = f" in {part.partitions}" if part.partitions > 1 else ""
    return "all" if part.whole else f"{part.delegated}/{part.nodes}{pieces}"


def _range(interval: tuple[float, float]) -> str:
    """An interval in figures; of one that spans a factor of 100, as two processes that disagree have, only that."""
    low, high = interval
    if high > WIDE * low:
        return "needs more rounds"
    return f"{three_digits(low)}–{three_digits(high)}"


def spread(shown: Sequence[Measurement]) -> Html:
    """All timed runs; says so where a tool kept its own to itself."""
    if not any(latency.samples_ms for one in shown for latency in one.rounds):
        return missing("the tool on the phone tells no single runs", "run --on phone --app")
    return figure(speed_plots.distributions(shown))


def _threads(results: Results) -> str:
    counts = {setting.threads for setting in results.settings() if setting.kernels == XNNPACK}
    if len(counts) < 2:
        return missing("one number of threads was measured", "--threads 1,2,4")
    return figure(speed_plots.thread_scaling(results))


def _memory(inputs: NetworksInputs, shown: Sequence[Measurement]) -> str:
    if not any(one.memory for one in shown):
        return missing("no memory was measured", "run")
    traps, short = [], short_names([one.model for one in shown])
    for one in shown:
        if (found := inputs.inspections.get(one.model)) and (large := found.traps()):
            worst = large[0]
            window = f"{worst.kernel[0]}×{worst.kernel[1]} " if worst.kernel != (1, 1) else ""
            traps.append(
                [
                    short[one.model],
                    f"{worst.layer} ({window}{worst.kind} at {worst.output[1]}×{worst.output[2]})",
                    mega(worst.indirection_bytes),
                    mega(found.indirection_bytes),
                    f"{mega(found.peak.bytes)} at {found.peak.layer}",
                ]
            )
    text = figure(speed_plots.memory(shown, inputs.inspections))
    if traps:
        columns = [
            "model",
            "the layer with the largest list of pointers",
            "MB",
            "all lists, MB",
            "activations' peak, MB",
        ]
        text += (
            "<p>XNNPACK keeps a list of pointers to every input pixel of every kernel value: large kernels at full "
            "resolution are a memory trap.</p>" + table(columns, traps, left=(1, 4))
        )
    return text


def _quality(inputs: NetworksInputs, shown: Sequence[Measurement]) -> str:
    points, unchanged = quality_points(inputs.results, shown, inputs.evaluations)
    if not points:
        return missing("no evaluation of a measured model was given", "--evaluation MODEL=evaluation.json")
    left = [one.model for one in shown if one.model not in {point.name for point in points}]
    note = f"<p>Not evaluated: {markup(', '.join(left))}.</p>" if left else ""
    text = "<p>Means over the same pictures with known targets. The line joins what no other model beats in both.</p>"
    return text + figure(speed_plots.pareto(points, unchanged=unchanged)) + note


def quality_points(
    results: Results, shown: Sequence[Measurement], evaluations: Sequence[Evaluation]
) -> tuple[list[QualityPoint], float | None]:
    """Models with an evaluation of their name or, where only one model has it, of their quantization; and the PSNR of
    returning the photo unchanged."""
    found, by_name = [], {one.name: one for one in evaluations}
    quantizations = [results.model(one.model).quantization for one in shown]
    for one in shown:
        facts = results.model(one.model)
        alone = facts.quantization and quantizations.count(facts.quantization) == 1
        evaluation = by_name.get(one.model) or (by_name.get(facts.quantization) if alone else None)
        if evaluation:
            found.append(QualityPoint(one.model, facts.network or one.model, one.summary().median, evaluation.psnr))
    return found, evaluations[0].input_psnr if evaluations else None


def _verdict(inputs: NetworksInputs) -> str:
    if not inputs.verdicts and inputs.budget:
        return missing("the models' files are gone", "run")
    if not inputs.verdicts:
        return missing("no budget was given", "--budget budgets/phone.yaml")
    body, short = [], short_names([one.model for one in inputs.verdicts])
    several = len({one.phone for one in inputs.verdicts}) > 1
    for verdict in inputs.verdicts:
        for number, one in enumerate(verdict.judgements):
            judged = Html(f"<b>{escape(one.verdict)}</b>") if one.verdict == FAILS else one.verdict
            name = short[verdict.model] + (f" on {verdict.phone or 'no phone'}" if several else "")
            head = [name, overall(verdict.judgements)] if number == 0 else ["", ""]
            body.append([*head, one.criterion, judged, one.text])
    return (
        f"<p>Budget: {escape(inputs.budget or '')}.</p>"
        + '<div class="prose">'
        + table(["model", "verdict", "criterion", "", "why"], body, left=(1, 2, 3, 4))
        + "</div>"
    )


def _making(inputs: NetworksInputs) -> str:
    commands = "\n".join(inputs.commands)
    text = f"<pre><code>{escape(commands)}</code></pre>" if inputs.commands else ""
    if inputs.probe:
        columns = ["threads", "float GMAC/s", "8-bit GMAC/s", "memory GB/s"]
        body = [
            [str(one.threads), *map(giga, (one.float_macs, one.int8_macs, one.memory_bytes))]
            for one in inputs.probe.peaks
        ]
        text += "<p>This machine's peaks, by matrix products with LiteRT and numpy and by copying and reading:</p>"
        text += table(columns, body)
    return text + f"<p>Benchmark of {escape(inputs.results.started)}, {inputs.results.seconds / 60:.0f} minutes.</p>"
