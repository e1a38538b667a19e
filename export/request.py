"""What a command line asks for, judged by names and files alone, before tensorflow takes its 4 s to be imported."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from export import changes
from export.origin import planned, planned_untrained
from export.recipes import RECIPES, QuantizationRecipe, changed, chosen
from pynet_bokeh import files, levels, shipped
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import sizes as picture_sizes


def recipes(quant: str, settings: Sequence[str] = ()) -> list[QuantizationRecipe]:
    """The recipes of `--quant` with the changes of `--set`, none twice.

    One that differs from what it began as, the built-in one of its name or the file's, gets a name of its own (see
    changes.named). Raises UserError for two recipes of one name.
    """
    found: dict[str, QuantizationRecipe] = {}
    bases = chosen(quant)
    for recipe, base in zip(changed(bases, settings), bases, strict=True):
        own = changes.named(recipe, RECIPES.get(recipe.name, base))
        if found.setdefault(own.name, own) != own:
            raise UserError(f"--quant {quant}: two different recipes are called {own.name}; give one another name")
    return list(found.values())


def integer(recipe: QuantizationRecipe) -> None:
    """Raises UserError for a recipe without calibrated scales."""
    if not recipe.integer:
        raise UserError(f"--quant: a recipe of int8 or int16 activations is wanted; received {recipe.name}")


def fine_tuning(vgg_weights: str | None, wanted: Iterable[QuantizationRecipe]) -> None:
    """Raises UserError for VGG19's weights where nothing is fine-tuned, and where they are no file."""
    wanted = list(wanted)
    if vgg_weights and not any(recipe.finetune for recipe in wanted):
        raise UserError(f"--vgg-weights: for fine-tuning; {', '.join(recipe.name for recipe in wanted)} has none")
    if vgg_weights and not Path(vgg_weights).is_file():
        raise UserError(f"--vgg-weights {vgg_weights}: no such file")


def trained(given: Path, level: int) -> Path:
    """The folder of the run that a user names, itself or by the name of weights in the box, with `level` finished.

    Raises UserError that says what is allowed, or which levels there are.
    """
    names = ", ".join(shipped.names())
    if not Path(given).is_dir() and str(given) not in shipped.names():
        raise UserError(f"RUN: the folder of a trained run, or weights in the box ({names}); received {str(given)!r}")
    run = shipped.run_folder(given)
    if not (run / "recipe.json").is_file():
        raise UserError(
            f"{run}: not a run (recipe.json is missing); the folder of a trained run, or weights in the box ({names}) "
            "are wanted"
        )
    finished = [one for one in levels.LEVELS if (run / f"level{one}" / "weights.npz").is_file()]
    if level in finished:
        return run
    if not finished:
        raise UserError(f"{run}: no level is trained to its end yet; make train RUN={run} goes on")
    there = f"{'level' if len(finished) == 1 else 'levels'} {', '.join(map(str, finished))}"
    advice = f"; make train RUN={run} goes on" if level < min(finished) else ""
    raise UserError(f"--level {level}: {run} has {there} alone{advice}")


def picture(network: str, size: tuple[int, int] | None) -> None:
    """Raises UserError for a size (height, width; None: any) that the network does not take, if both are known."""
    if size and network in picture_sizes.MULTIPLES:
        picture_sizes.check(network, picture_sizes.MULTIPLES[network], size, what="--size")


def known(network: str) -> str:
    """A network's name; raises UserError, with those that there are, where it is none."""
    if network not in picture_sizes.MULTIPLES:
        raise UserError(f"network: {', '.join(picture_sizes.MULTIPLES)} are known; received {network!r}")
    return network


def network_of(run: Path) -> str | None:
    """The name of a run's network; None where its recipe.json does not say, which opening it will tell."""
    content = files.read_json(run / "recipe.json")
    recipe = content.get("recipe") if isinstance(content, dict) else None
    return recipe.get("network") if isinstance(recipe, dict) else None


def artifacts(
    run: Path,
    wanted: Sequence[QuantizationRecipe],
    sizes: Sequence[tuple[int, int] | None],
    level: int,
    out: Path,
    *,
    force: bool,
) -> None:
    """Raises UserError when one of a run's artifacts can't be made, or may not be written, for reasons known before."""
    for size in sizes:
        picture(network_of(run), size)
    for size, recipe in itertools.product(sizes, wanted):
        plan = planned(run, recipe, level, size, out)
        plan.refuse_replacing(force=force)
        if not plan.up_to_date:
            files.check_output_folder(out)
            if recipe.integer:
                calibrating(run, level)


def untrained(
    networks: Sequence[str],
    wanted: Sequence[QuantizationRecipe],
    size: tuple[int, int],
    out: Path,
    *,
    force: bool,
) -> None:
    """Raises UserError when one of these networks with random weights can't be made, or may not be written, for reasons
    known before."""
    for network in networks:
        picture(known(network), size)
    for network, recipe in itertools.product(networks, wanted):
        planned_untrained(network, recipe, size, out).refuse_replacing(force=force)
    files.check_output_folder(out)


def calibrating(run: Path, level: int) -> None:
    """Raises UserError where the run's folder can't keep a calibration; one that is there may do."""
    kept = run / f"level{level}" / "calibration"
    if not kept.is_dir():
        files.check_output_folder(kept)
