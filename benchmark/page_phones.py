"""What the page says of phones: what was measured on them, and lower bounds for those that nobody measured."""

from collections.abc import Mapping, Sequence
from html import escape

from benchmark.advice import warnings
from benchmark.bounds import CPU, GPU, chips, lower_bound
from benchmark.html_parts import Html, markup, missing, table, warning_list
from benchmark.inspection import Inspection
from benchmark.report import COLUMNS, LEFT_ALIGNED, notes, rows, three_digits
from benchmark.results import Results
from benchmark.speed_plots import short_names


def measured(phones: Sequence[Results]) -> str:
    """Each phone's results as a table; says so where no phone was measured."""
    if not phones:
        return missing("no phone was measured", "run --on phone --out FILE, then networks --phone FILE")
    return "".join(f"<h3>{escape(name(phone))}</h3>{everything(phone)}" for phone in phones)


def name(phone: Results) -> str:
    """The phone's make and chip, with the serial number that tells two of one make apart."""
    machine = phone.machine
    return f"{machine.device or 'phone'}, {machine.cpu}" + (f" ({machine.serial})" if machine.serial else "")


def everything(results: Results) -> str:
    """All that was measured in one place: the table, what it means, warnings and failures."""
    text = [index for index, column in enumerate(COLUMNS) if column in LEFT_ALIGNED]
    failures = [f"Not measured: {failure.reason}" for failure in results.failures]
    return (
        table(COLUMNS, [row.cells() for row in rows(results)], left=text)
        + f'<p class="soft">{escape(notes(results))}</p>'
        + warning_list(warnings(results) + failures)
    )


def bounds(inspections: Mapping[str, Inspection]) -> str:
    """Lower bounds of each model on every chip of the table, with their sources."""
    if not inspections:
        return missing("the models' files are gone", "run")
    units = [(chip, unit, peak) for chip in chips() for unit in (CPU, GPU) if (peak := chip.peak(unit))]
    columns = ["at least … ms", *(f"{chip.name} {unit}" for chip, unit, _ in units)]
    short = short_names(list(inspections))
    body = [
        [short[name], *(three_digits(lower_bound(found, peak).ms) for _, _, peak in units)]
        for name, found in inspections.items()
    ]
    sources = "".join(
        f"<li>{escape(chip.name)}<ul>{''.join(f'<li>{_linked(source)}</li>' for source in chip.sources)}</ul></li>"
        for chip in chips()
    )
    return (
        "<p>These are lower bounds, not predictions: what must be computed and moved, against the chip's published "
        "peaks. Real latencies are several times as long.</p>"
        + table(columns, body)
        + f"<details><summary>Where the chips' figures come from</summary><ul>{sources}</ul></details>"
    )


def _linked(source: str) -> Html:
    text, found, address = source.partition("https://")
    return Html(escape(text) + (f'<a href="https://{escape(address)}">{markup(address)}</a>' if found else ""))
