"""Two result files, before and after: what became slower, larger or hungrier, and how sure that is."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmark.inspect_command import columned
from benchmark.report import three_digits
from benchmark.results import Measurement, Results
from benchmark.samples import KERNELS_IN_WORDS, Setting
from benchmark.statistics import Ratio, ratio

SAME, FASTER, SLOWER, UNCLEAR = "no difference shown", "faster", "slower", "within the threshold"


@dataclass(frozen=True)
class Comparison:
    """One model in one setting, after over before. `memory` is None where one side has none."""

    model: str
    setting: Setting
    before_ms: float
    after_ms: float
    latency: Ratio
    memory: float | None

    def says(self, threshold: float) -> str:
        """What the latencies' interval shows; `threshold` is a share, 0.05 for 5 %."""
        if self.latency.holds(1.0):
            return SAME
        if self.latency.value < 1:
            return FASTER
        return SLOWER if self.slower(threshold) else UNCLEAR

    def slower(self, threshold: float) -> bool:
        """A regression: slower by more than the threshold, and not by chance alone."""
        return self.latency.value > 1 + threshold and self.latency.interval[0] > 1

    def blind(self, threshold: float) -> bool:
        """Whether the interval is so wide that a regression of the threshold wouldn't be shown."""
        return self.latency.value > (1 + threshold) * self.latency.interval[0]

    def hungrier(self, threshold: float) -> bool:
        """More memory by more than the threshold. Memory is measured once, so it has no interval."""
        return self.memory is not None and self.memory > 1 + threshold


@dataclass(frozen=True)
class Difference:
    """Everything two files say about each other."""

    comparisons: list[Comparison]
    grown: dict[str, float]  # file size after over before, of models that became larger
    lost: list[str]  # measured before, not after
    new: list[str]
    cautions: list[str]  # why the two may not be comparable

    def regressions(self, threshold: float) -> list[str]:
        """One line each; what could be measured before and can't now is one, too."""
        found = []
        for one in self.comparisons:
            named = f"{one.model} ({one.setting})"
            if one.slower(threshold):
                low, high = one.latency.interval
                found.append(
                    f"{named}: {three_digits(one.latency.value)} times as long "
                    f"({three_digits(low)}–{three_digits(high)})"
                )
            if one.hungrier(threshold):
                found.append(f"{named}: {three_digits(one.memory)} times the memory")
        found += [f"{name}: {three_digits(by)} times the file" for name, by in self.grown.items() if by > 1 + threshold]
        return found + [f"{name}: no longer measured" for name in self.lost]


def compare(before: Results, after: Results) -> Difference:
    """Matches models by name and setting; `before` is what `after` is held against."""
    old, new = ({(one.model, one.setting): one for one in results.measurements} for results in (before, after))
    sizes = [{model.name: model.bytes for model in results.models} for results in (before, after)]
    return Difference(
        comparisons=[_comparison(old[key], new[key]) for key in old if key in new],
        grown={name: sizes[1][name] / size for name, size in sizes[0].items() if sizes[1].get(name, 0) > size},
        lost=[f"{model} ({setting})" for model, setting in old if (model, setting) not in new],
        new=[f"{model} ({setting})" for model, setting in new if (model, setting) not in old],
        cautions=list(_cautions(before, after)),
    )


def _comparison(before: Measurement, after: Measurement) -> Comparison:
    both = before.memory and after.memory
    return Comparison(
        model=after.model,
        setting=after.setting,
        before_ms=before.summary().median,
        after_ms=after.summary().median,
        latency=ratio(after.rounds, before.rounds),
        memory=after.memory.peak_mb / before.memory.peak_mb if both else None,
    )


def _cautions(before: Results, after: Results) -> Iterator[str]:
    if before.executor != after.executor:
        yield f"measured by different means: {before.executor}; {after.executor}"
    for name in ("cpu", "cores", "os", "litert"):
        one, other = getattr(before.machine, name), getattr(after.machine, name)
        if one != other:
            yield f"different machines or software: {name} {one}; {other}"
    counts = [len(one.rounds) for results in (before, after) for one in results.measurements]
    if min(counts, default=2) < 2:
        yield "only one process for some settings: how processes differ is unknown; measure with --rounds 5 or more"


def lines(difference: Difference, threshold: float) -> Iterator[str]:
    """The comparison as text."""
    if difference.comparisons:
        columns = ("model", "kernels", "threads", "before ms", "after ms", "ratio", "99 % interval", "memory", "")
        body = [_row(one, threshold) for one in difference.comparisons]
        yield from columned([columns, *body], left=(0, 1, 8))
    yield from (f"caution: {text}" for text in difference.cautions)
    yield from (f"only in the second file: {name}" for name in difference.new)
    if blind := [one for one in difference.comparisons if one.blind(threshold)]:
        yield (
            f"caution: {len(blind)} of {len(difference.comparisons)} rows vary too much to show a regression of "
            f"{threshold:.0%}; measure both again on a quiet machine, with more --rounds"
        )
    regressions = difference.regressions(threshold)
    yield from (f"regression: {text}" for text in regressions)
    if not regressions:
        yield f"no regression beyond {threshold:.0%} was shown"


def _row(one: Comparison, threshold: float) -> tuple[str, ...]:
    low, high = one.latency.interval
    return (
        one.model,
        KERNELS_IN_WORDS[one.setting.kernels],
        str(one.setting.threads),
        three_digits(one.before_ms),
        three_digits(one.after_ms),
        three_digits(one.latency.value),
        f"{three_digits(low)}–{three_digits(high)}",
        "–" if one.memory is None else three_digits(one.memory),
        one.says(threshold),
    )
