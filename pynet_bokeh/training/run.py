"""A run is a folder.

RUN/recipe.json             the resolved recipe, where the pictures came from, the run it started from
RUN/level7/metrics.jsonl    losses and validation figures, one JSON object a line
RUN/level7/events.out.*     the same for TensorBoard
RUN/level7/samples/         input | output | target
RUN/level7/checkpoints/     weights, optimiser and step, to resume from
RUN/level7/weights.npz      written when the level is finished
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from pynet_bokeh import files, levels
from pynet_bokeh.data.settings import DataSettings
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Run:
    """A training run.

    Attributes:
      start_from: folder of a run of the same network that this one goes on from; where: see level.train_level.
    """

    folder: Path
    recipe: Recipe
    data: DataSettings
    start_from: str | None = None

    def level_folder(self, level: int) -> Path:
        """Where a level keeps everything of its own."""
        return self.folder / f"level{level}"

    def weights(self, level: int) -> Path:
        """The finished weights of levels 7 … `level`; the file exists when the level is finished. It may hold those of
        finer levels too: what was imported is one file for all."""
        return self.level_folder(level) / "weights.npz"

    def is_finished(self, level: int) -> bool:
        """Whether the level was trained to its end."""
        return self.weights(level).is_file()

    def save(self) -> None:
        """Writes recipe.json, which makes `folder` a run."""
        content = {"recipe": self.recipe.as_dict(), "data": self.data.as_dict(), "start_from": self.start_from}
        files.write_json(self.folder / "recipe.json", content)


def open_run(folder: Path | str) -> Run:
    """Opens an existing run; raises UserError when `folder` is not one."""
    folder = Path(folder)
    path = folder / "recipe.json"
    if not path.is_file():
        raise UserError(f"{folder}: not a run (recipe.json is missing); make train RUN={folder} makes one")
    content = files.read_json(path)
    try:
        data = DataSettings(**content["data"])
        recipe = recipes.from_dict(content["recipe"], where=str(path))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a run's recipe ({error})") from error
    return Run(folder, recipe, data, content.get("start_from"))


def open_or_create(
    folder: Path | str,
    recipe: Recipe | None,
    data: Mapping | None = None,
    *,
    overrides: Sequence[str] = (),
    start_from: Path | str | None = None,
) -> Run:
    """The run in `folder`, or a new one there with `recipe`. Nothing is written yet: see `Run.save`.

    Args:
      recipe: None takes the run's own, for a new run that of `start_from`.
      data: fields of DataSettings that the user gave; the others stay as the run has them.
      overrides: `key.key=value` changes to it, where `recipe` is None.
      start_from: see training.level.train_level.

    A run keeps its network: another one is refused, and so is a `start_from` with another one. A changed schedule is
    taken for the levels not yet finished. Once a level has begun, its pictures stay: a finer level must not validate on
    what a coarser one trained on.
    """
    folder = Path(folder)
    if (folder / "recipe.json").is_file():
        run = open_run(folder)
        recipe = recipe or recipes.changed(run.recipe, overrides)
        _refuse_another_network(recipe, run)
        run = Run(folder, recipe, _changed_data(run, data or {}), str(start_from) if start_from else run.start_from)
    else:
        if recipe is None and start_from:
            recipe = recipes.changed(open_run(start_from).recipe, overrides)
        if recipe is None:
            raise UserError(f"{folder}: no run there yet; name a recipe ({', '.join(recipes.names())})")
        run = Run(folder, recipe, DataSettings(**(data or {})), str(start_from) if start_from else None)
    if start_from:
        if Path(start_from).resolve() == folder.resolve():
            raise UserError(f"--start-from {start_from}: another run is wanted; received the run itself")
        _refuse_another_network(run.recipe, open_run(start_from))
    return run


def _changed_data(run: Run, given: Mapping) -> DataSettings:
    data = dataclasses.replace(run.data, **given)
    begun = [level for level in levels.LEVELS if run.level_folder(level).exists()]
    if begun and data != run.data:
        raise UserError(
            f"{run.folder}: level {begun[0]} has begun with {run.data}; "
            f"the other levels take the same pictures, or a new RUN; received {data}"
        )
    return data


def _refuse_another_network(recipe: Recipe, run: Run) -> None:
    if run.recipe.network != recipe.network:
        ours, theirs = run.recipe.network, recipe.network
        raise UserError(f"{run.folder}: was begun with network {ours}; recipe {recipe.name} has {theirs}")
    ours, theirs = run.recipe.network_config, recipe.network_config
    if ours != theirs and registry.configure(recipe.network, ours) != registry.configure(recipe.network, theirs):
        raise UserError(f"{run.folder}: was begun with network_config {ours}; recipe {recipe.name} has {theirs}")
