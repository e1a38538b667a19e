"""What an artifact is made from, and whether one that lies there already was made from the same."""

import dataclasses
import json
import os
from pathlib import Path

from export import artifact, changes
from export.recipes import QuantizationRecipe
from pynet_bokeh import files, levels, shipped
from pynet_bokeh.errors import UserError


@dataclasses.dataclass(frozen=True)
class Planned:
    """An artifact that is to be made.

    Attributes:
      path: of the .tflite.
      origin: what it is made from, as its sidecar says it.
    """

    path: Path
    origin: dict

    @property
    def up_to_date(self) -> bool:
        """Whether it lies there already."""
        return self.path.exists() and self._other() is None

    def refuse_replacing(self, *, force: bool) -> None:
        """Raises UserError when another one has its name and `force` is not given, that says what the two differ in."""
        if self.path.exists() and not force and (other := self._other()):
            raise UserError(
                f"{self.path}: exists already, {other}; --out DIR puts this one elsewhere, --force (FORCE=1 of make) "
                "replaces that one"
            )

    def _other(self) -> str | None:
        """What an artifact of that name is instead; None when it is this one."""
        sidecar = artifact.sidecar_path(self.path)
        if not sidecar.is_file():
            return "of unknown origin (no sidecar beside it)"
        try:
            content = files.read_json(sidecar)
        except UserError:
            return f"of unknown origin ({sidecar.name} can't be read)"
        if not isinstance(content, dict) or content.get("sha256") != files.sha256(self.path):
            return f"of unknown origin ({sidecar.name} describes another file)"
        theirs = content.get("origin")
        if not isinstance(theirs, dict) or content.get("format") != artifact.FORMAT:
            return "of another version of this project"
        if theirs == self.origin:
            return None
        if theirs.get("weights_sha256") != self.origin.get("weights_sha256"):
            return f"of other weights (run {theirs.get('run')})"
        recipe = theirs.get("recipe")
        if isinstance(recipe, dict) and (other := changes.differences(self.origin["recipe"], recipe)):
            return f"of other settings ({changes.told(other)})"
        if "run" not in theirs:
            return "of other random weights or another version of this project"
        return f"of another run, other pictures or another version of this project (run {theirs.get('run')})"


def planned(
    run: Path, recipe: QuantizationRecipe, level: int, picture_size: tuple[int, int] | None, out: Path
) -> Planned:
    """The artifact of a run's level; `picture_size` (height, width), None for any.

    It reads the run's recipe.json itself: export.request asks before tensorflow is imported. Its data's folders are
    relative to `out`: an absolute path would tell who made it, not what it is.
    """
    from pynet_bokeh.data.settings import DataSettings  # numpy and OpenCV: not for --help

    path = run / "recipe.json"
    content = files.read_json(path)
    try:
        training, data = content["recipe"], DataSettings(**content["data"]).as_dict()
        name = model_name(training["network"], training.get("network_config", {}))
        data["folders"] = [os.path.relpath(one, out.resolve()) for one in data["folders"]]
        origin = {
            "run": run.resolve().name,
            "training": training["name"],
            "data": data,
            "weights_sha256": files.sha256(run / f"level{level}" / "weights.npz"),
            "method": artifact.METHOD,
            "recipe": _plain(recipe),
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not a run's recipe ({error})") from error
    of_level = "" if level == levels.FINEST else f"_level{level}"
    return Planned(out / f"{name}{of_level}_{recipe.name}_{_size(picture_size)}.tflite", origin)


def planned_untrained(
    network: str, recipe: QuantizationRecipe, picture_size: tuple[int, int], out: Path, *, seed: int = 0
) -> Planned:
    """The artifact of a network with random weights; `picture_size` (height, width)."""
    origin = {"seed": seed, "method": artifact.METHOD, "recipe": _plain(recipe)}
    return Planned(out / f"{network}_untrained_{recipe.name}_{_size(picture_size)}.tflite", origin)


def model_name(network: str, config: dict) -> str:
    """A network's name with its size, as the weights in the box are called: `pynet_mobile_S`, but `pynet_mobile` for M.

    `config` is the run's network_config; networks without sizes have just their name.
    """
    size = config.get("size", shipped.DEFAULT_SIZE)
    return network if size == shipped.DEFAULT_SIZE else f"{network}_{size}"


def _plain(recipe: QuantizationRecipe) -> dict:
    """As it is read back from a sidecar."""
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


def _size(picture_size: tuple[int, int] | None) -> str:
    return f"{picture_size[1]}x{picture_size[0]}" if picture_size else "any"
