"""The trained weights in the box, by name. What they were trained on and what they do badly: weights/MODEL_CARD.md."""

import dataclasses
import shutil
from pathlib import Path

from pynet_bokeh import files
from pynet_bokeh.errors import UserError

FOLDER = Path(__file__).parent / "weights"
DEFAULT_SIZE = "M"
RUNS = Path("runs") / "shipped"


@dataclasses.dataclass(frozen=True)
class Shipped:
    """Weights of one network.

    Attributes:
      name: what users call it, `pynet_mobile` or `pynet_mobile_S`.
      weights: level 1's, a .npz.
      recipe: the recipe they were trained by, resolved, a .json.
    """

    name: str
    weights: Path
    recipe: Path

    @property
    def network(self) -> str:
        """The registry's name."""
        return files.read_json(self.recipe)["network"]

    @property
    def network_config(self) -> dict:
        """What the network was built with."""
        return files.read_json(self.recipe)["network_config"]


def names() -> list[str]:
    """Every name under which weights are shipped; the size without a letter is M."""
    found = [path.stem for path in sorted(FOLDER.glob("*.npz"))]
    return sorted(found + [name.removesuffix(f"_{DEFAULT_SIZE}") for name in found if name.endswith(DEFAULT_SIZE)])


def find(name: str) -> Shipped:
    """The weights that `name` stands for; raises UserError with the names that are known."""
    if name not in names():
        raise UserError(f"weights: {', '.join(names()) or 'none'} are in the box; received {name!r}")
    stem = name if (FOLDER / f"{name}.npz").is_file() else f"{name}_{DEFAULT_SIZE}"
    return Shipped(stem, FOLDER / f"{stem}.npz", FOLDER / f"{stem}.json")


def run_folder(given: str | Path) -> Path:
    """The folder of the run that a user names: itself, or that of shipped weights (see `as_run`) where there is no such
    folder but such a name."""
    return as_run(str(given)) if not Path(given).is_dir() and str(given) in names() else Path(given)


def as_run(name: str, folder: Path | None = None) -> Path:
    """A run's folder with the shipped weights as its finished level 1, made when it is missing or has older ones.

    It exports, evaluates and is started from like any other; its pictures are the built-in scenes.

    Args:
      folder: `runs/shipped/NAME` by default, below the working directory.
    """
    shipped = find(name)
    folder = folder or RUNS / shipped.name
    weights = folder / "level1" / "weights.npz"
    if weights.is_file() and weights.read_bytes() == shipped.weights.read_bytes():
        return folder
    content = {"recipe": files.read_json(shipped.recipe), "data": {}, "start_from": None}
    files.write_json(folder / "recipe.json", content)
    with files.whole_file(weights) as temporary:
        shutil.copyfile(shipped.weights, temporary)
    return folder
