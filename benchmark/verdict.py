"""Whether a model fits a budget: yes, no and by how much, or unknown without a device."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmark.bounds import CPU, Bound, Chip, chips, lower_bound
from benchmark.budget import PHONE, Budget
from benchmark.inspection import Inspection
from benchmark.report import three_digits
from benchmark.results import Measurement, Results
from benchmark.samples import GPU, Delegation

FITS, FAILS, UNKNOWN = "fits", "doesn't fit", "unknown"
CONVERSIONS = {"QUANTIZE", "DEQUANTIZE"}
LATENCY, MEMORY, SIZE, DELEGATED = "latency", "peak memory", "file size", "fully delegated"


@dataclass(frozen=True)
class Judgement:
    """One line of a verdict: FITS, FAILS or UNKNOWN, and in words why."""

    criterion: str
    verdict: str
    text: str


@dataclass(frozen=True)
class ChipBound:
    """The least time a model takes on one unit of an unmeasured phone's chip."""

    chip: str
    unit: str
    bound: Bound


def overall(judgements: Sequence[Judgement]) -> str:
    """One failure fails the whole; without one, one unknown leaves it unknown."""
    verdicts = {judgement.verdict for judgement in judgements}
    return FAILS if FAILS in verdicts else UNKNOWN if UNKNOWN in verdicts else FITS


def judge(
    budget: Budget, model: Inspection, *, measured: Measurement | None = None, partition: Delegation | None = None
) -> list[Judgement]:
    """Judges a model, criterion by criterion of the budget.

    Args:
      measured: what `choose` found, None where nothing that counts was measured.
      partition: how much XNNPACK takes, where that is known without a run.
    """
    found = []
    if budget.latency_ms is not None:
        found.append(_latency(budget, model, measured))
    if budget.peak_memory_mb is not None:
        found.append(_memory(budget, model, measured))
    if budget.file_mb is not None:
        found.append(_compare(SIZE, model.file_bytes / 1e6, budget.file_mb, "MB"))
    if budget.fully_delegated:
        found.append(_delegated(budget, measured, partition))
    return found


def choose(budget: Budget, results: Results | None, model: str) -> Measurement | None:
    """The model's measurement that the budget asks for, the fastest where it leaves a choice; None without one."""
    if results is None or results.on_phone != (budget.where == PHONE):
        return None
    fitting = [
        one
        for one in results.measurements
        if one.model == model
        and budget.kernels in (None, one.setting.kernels)
        and budget.threads in (None, one.setting.threads)
    ]
    return min(fitting, key=lambda one: one.summary().median, default=None)


def chip_bounds(budget: Budget, model: Inspection) -> list[ChipBound]:
    """Lower bounds for the budget's chips, on the units it allows, where a figure was published."""
    found = []
    for chip in _chips(budget):
        for unit in budget.units:
            if peak := chip.peak(unit):
                found.append(ChipBound(chip.name, unit, lower_bound(model, peak)))
    return found


def _chips(budget: Budget) -> list[Chip]:
    if budget.where != PHONE:
        return []
    return [chip for name in budget.chips for chip in chips() if chip.name == name]


def _latency(budget: Budget, model: Inspection, measured: Measurement | None) -> Judgement:
    limit = budget.latency_ms
    if measured:
        summary = measured.summary()
        low, high = summary.interval
        text = f"{three_digits(summary.median)} ms of {limit:g} ({three_digits(low)}–{three_digits(high)})"
        if high <= limit:
            return Judgement(LATENCY, FITS, text)
        if low > limit:
            return Judgement(LATENCY, FAILS, f"{text}, {three_digits(summary.median - limit)} ms too slow")
        return Judgement(LATENCY, UNKNOWN, f"{text}: the interval holds the limit; measure longer")
    bounds = chip_bounds(budget, model)
    # A chip is out of reach when every unit that may be used is, and each of them has a figure.
    too_slow = [
        min(own, key=lambda one: one.bound.ms)
        for chip in _chips(budget)
        if len(own := [one for one in bounds if one.chip == chip.name]) == len(budget.units)
        and all(one.bound.ms > limit for one in own)
    ]
    if too_slow:
        worst = max(too_slow, key=lambda one: one.bound.ms)
        return Judgement(
            LATENCY,
            FAILS,
            f"not {limit:g} ms on {worst.chip}: {at_least(worst)}, {_times(worst.bound.ms / limit)} that",
        )
    if bounds:
        said = "; ".join(f"{one.chip} {at_least(one)}" for one in bounds)
        return Judgement(LATENCY, UNKNOWN, f"no {budget.where} was measured; bounds: {said}")
    return Judgement(LATENCY, UNKNOWN, f"no {budget.where} was measured")


def at_least(bound: ChipBound) -> str:
    """A bound in words, labelled as one."""
    return f"at least {three_digits(bound.bound.ms)} ms on its {bound.unit} ({bound.bound.limit} alone)"


def _memory(budget: Budget, model: Inspection, measured: Measurement | None) -> Judgement:
    limit = budget.peak_memory_mb
    if measured and measured.memory:
        return _compare(MEMORY, measured.memory.peak_mb, limit, "MB")
    certain = model.largest_bytes / 1e6
    if certain > limit:
        return Judgement(
            MEMORY, FAILS, f"not {limit:g} MB: one operator alone needs {three_digits(certain)} MB (a bound)"
        )
    estimate = f", {three_digits(model.xnnpack_bytes / 1e6)} MB estimated under XNNPACK" if CPU in budget.units else ""
    return Judgement(
        MEMORY, UNKNOWN, f"no {budget.where} was measured; at least {three_digits(certain)} MB (a bound){estimate}"
    )


def _delegated(budget: Budget, measured: Measurement | None, partition: Delegation | None) -> Judgement:
    part = measured.rounds[0].delegation if measured else None
    source = "as measured"
    if part is None and budget.kernels != GPU:
        part, source = partition, "by XNNPACK of this machine's LiteRT"
    if part is None:
        return Judgement(DELEGATED, UNKNOWN, f"no {budget.where} was measured")
    if part.whole:
        return Judgement(DELEGATED, FITS, f"all operators in one piece, {source}")
    left = ", ".join(f"{count} {name}" for name, count in part.left.items())
    # One piece with nothing but conversions left: they stand at its edges, between bytes and the delegate's type.
    edges = part.partitions == 1 and bool(part.left) and set(part.left) <= CONVERSIONS
    return Judgement(
        DELEGATED,
        FITS if edges else FAILS,
        f"{part.delegated} of {part.nodes} operators in {part.partitions} piece{'s' * (part.partitions != 1)}, {source}"
        + (f"; left: {left}" * bool(left)),
    )


def _compare(criterion: str, value: float, limit: float, unit: str) -> Judgement:
    text = f"{three_digits(value)} of {limit:g} {unit}"
    if value <= limit:
        return Judgement(criterion, FITS, text)
    return Judgement(criterion, FAILS, f"{text}, {three_digits(value - limit)} {unit} too much")


def _times(ratio: float) -> str:
    return f"{three_digits(ratio)} times"


def lines(name: str, judgements: Sequence[Judgement]) -> Iterator[str]:
    """A model's verdict as text."""
    yield f"{name}: {overall(judgements)}"
    width = max(len(judgement.criterion) for judgement in judgements)
    for one in judgements:
        yield f"  {one.criterion:<{width}}  {one.verdict:<{len(FAILS)}}  {one.text}"
