"""The fewest layers that must stay float for a given quality, and what that costs in time."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from export.workbench import Workbench
from pynet_bokeh import files
from pynet_bokeh.errors import UserError


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
      layers: that stay float; none where the recipe as it was is good enough.
      drop: decibels lost against the targets with them; before: without them.
      times: median milliseconds on this machine's cores of the float graph, the recipe as it was, and the found one;
        None where they are the same.
    """

    layers: tuple[str, ...]
    drop: float
    before: float
    times: tuple[float, float, float] | None


def any_needed(layers: Sequence[str], drop_with: Callable[[Sequence[str]], float], max_drop: float) -> bool:
    """Whether one of `layers` must stay float for `drop_with(them)` to be within `max_drop`.

    Raises UserError when all float is not enough.
    """
    if drop_with(()) <= max_drop:
        return False
    if drop_with(layers) > max_drop:
        raise UserError(f"--max-drop-db {max_drop:g}: every layer float still loses {drop_with(layers):.2g} dB")
    return True


def fewest(layers: Sequence[str], drop_with: Callable[[Sequence[str]], float], max_drop: float) -> tuple[str, ...]:
    """The fewest of `layers` found whose staying float keeps `drop_with(them)` within `max_drop`.

    Args:
      layers: the costliest first.

    Bisects the number of the first layers that are needed, then tries each of them, the cheapest first, without it.
    That finds a set none of whose members can go, not always the smallest of all. Raises UserError when all float is
    not enough.
    """
    if not any_needed(layers, drop_with, max_drop):
        return ()
    too_few, enough = 0, len(layers)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if drop_with(layers[:middle]) <= max_drop:
            enough = middle
        else:
            too_few = middle
    kept = list(layers[:enough])
    for layer in reversed(layers[:enough]):
        fewer = [name for name in kept if name != layer]
        if drop_with(fewer) <= max_drop:
            kept = fewer
    return tuple(kept)


def search(bench: Workbench, max_drop: float, *, progress: bool = True) -> Found:
    """Finds the layers of a recipe that must stay float so that all pictures with a target together lose no more than
    `max_drop` decibels. Layers are tried in the order of what they alone cost the picture.

    Raises UserError where no picture has a target, or no set of layers is enough.
    """
    if not any(case.target is not None for case in bench.cases):
        raise UserError("search: pictures with a target are wanted; the run has none to validate on")
    tried: dict[tuple[str, ...], float] = {}

    def drop_with(layers: Sequence[str]) -> float:
        layers = tuple(sorted(layers))
        if layers not in tried:
            tried[layers] = bench.scorer.score(bench.write("tried", layers))["drop"]
            if progress:
                print(f"{len(layers)} layers float: {tried[layers]:+.3f} dB lost")
        return tried[layers]

    # This takes two trials, the order of the layers one for each.
    if not any_needed(bench.layers, drop_with, max_drop):
        return Found((), drop_with(()), drop_with(()), None)
    float_model = bench.write_float()
    bench.scorer.compare_with(float_model)
    alone = {
        layer: bench.alone(layer)["error"]
        for layer in tqdm(bench.layers, desc="layers alone", unit="layer", disable=not progress)
    }
    layers = fewest(sorted(alone, key=lambda layer: -alone[layer]), drop_with, max_drop)
    models = [float_model, bench.write("quantized"), bench.write("found", layers)]
    return Found(layers, drop_with(layers), drop_with(()), tuple(bench.scorer.times(models)))


def write_recipe(bench: Workbench, found: Found, path: Path, max_drop: float) -> None:
    """Writes the recipe that `search` found as a file for `--quant`, under the name of that which it began with and the
    file's: one of a built-in name could not be told from it."""
    recipe = bench.with_float(found.layers)
    content = dataclasses.asdict(recipe)
    content["summary"] = f"{recipe.name} with {len(found.layers)} more layers float, for {max_drop:g} dB"
    content["limits"]["max_drop"] = max_drop
    del content["name"]
    with files.whole_file(path) as temporary:
        temporary.write_text(toml({f"{recipe.name}_{path.stem}": content}))


def toml(content: dict) -> str:
    """Tables of plain values as TOML; None is left out."""
    lines: list[str] = []

    def write(table: dict, name: str) -> None:
        lines.append(f"[{name}]")
        plain = {key: value for key, value in table.items() if value is not None and not isinstance(value, dict)}
        lines.extend(f"{key} = {_value(value)}" for key, value in plain.items())
        for key, value in table.items():
            if isinstance(value, dict):
                write(value, f"{name}.{key}")

    for name, table in content.items():
        write(table, name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name))
    return "\n".join(lines) + "\n"


def _value(value) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
