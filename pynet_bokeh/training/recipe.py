"""Training recipes as data: TOML files in `pynet_bokeh/recipes/`, or the user's own.

A recipe has `network`, `[network_config]`, `[data]`, `[defaults]` (every level's schedule unless the level says
otherwise) and `[level.7]` … `[level.1]`, those that are to be trained. With `[adversarial]` level 1 is trained against
discriminators. Unknown keys are errors.
"""

import dataclasses
import tomllib
import typing
from importlib import resources
from pathlib import Path

from pynet_bokeh import levels
from pynet_bokeh.data.pipeline import AUGMENTATIONS
from pynet_bokeh.errors import UserError
from pynet_bokeh.losses import LOSSES
from pynet_bokeh.typed import filled, known

SCHEDULES = ("constant", "cosine")
LARGEST_SEED = 2**32 - 1  # numpy's, which tf_keras seeds too


@dataclasses.dataclass(frozen=True)
class DataRecipe:
    """What a training picture is.

    Attributes:
      crop: height and width of the crop, in pixels of the photo; a smaller photo is enlarged to cover it.
      crop_scales: the crops of a step are so many times as high and wide, one of these factors by chance, and
        fewer by the factor's square. A network that looks for the subject sees it in several sizes.
      augment: any of flip_horizontal, flip_vertical, rot90.
      extra_dropout: share of the samples whose fourth channel is replaced by the neutral 0.5.
      strength_jitter: standard deviation of the logarithm of the factor by which the `strength` input is off.
      scene_size: height and width of the built-in scenes, when no folder of photos is given.
      validation_count: pictures in the fixed validation set.
      validation_crop: height and width of their centre crop.
    """

    crop: tuple[int, int]
    crop_scales: tuple[float, ...] = (1.0,)
    augment: tuple[str, ...] = ("flip_horizontal",)
    extra_dropout: float = 0.0
    strength_jitter: float = 0.0
    scene_size: tuple[int, int] = (512, 512)
    validation_count: int = 16
    validation_crop: tuple[int, int] = (512, 512)


@dataclasses.dataclass(frozen=True)
class LevelRecipe:
    """One level's schedule.

    Attributes:
      steps: optimiser steps.
      batch: pictures a step.
      learning_rate: Adam's, at the start.
      subject_loss: weight of the cross-entropy between the focus map and what the level takes for being in focus, for
        networks that look for it.
      subject_weight: how many times as much as elsewhere that, and the picture's absolute difference, count inside the
        subject; above 1 a network that is in doubt leaves things sharp. Works where there is a subject_loss.
      schedule: `constant`, or `cosine` down to a hundredth.
      warmup: steps over which the learning rate rises from 0.
      losses: weight by name, see pynet_bokeh.losses.
      first_stage_losses: the same on the first stage's picture, for networks of two stages, added to the others.
      beta_1, beta_2: Adam's.
      log_every, validate_every, checkpoint_every: in steps.
    """

    steps: int
    batch: int
    learning_rate: float
    losses: dict[str, float]
    first_stage_losses: dict[str, float] = dataclasses.field(default_factory=dict)
    subject_loss: float = 0.0
    subject_weight: float = 1.0
    schedule: str = "constant"
    warmup: int = 0
    beta_1: float = 0.9
    beta_2: float = 0.999
    log_every: int = 50
    validate_every: int = 1000
    checkpoint_every: int = 1000


@dataclasses.dataclass(frozen=True)
class AdversarialRecipe:
    """Training against discriminators, see pynet_bokeh.training.adversarial.

    Attributes:
      weight: of the discriminators' opinion in the generator's loss.
      gradient_penalty: weight of the discriminators' gradient penalty.
      discriminator_steps: per generator step, each on pictures of its own.
      learning_rate, beta_1, beta_2: the discriminators' Adam; the generator's are the level's.
    """

    weight: float = 1.0
    gradient_penalty: float = 10.0
    discriminator_steps: int = 1
    learning_rate: float = 1e-5
    beta_1: float = 0.0
    beta_2: float = 0.9

    def schedule(self, generator: LevelRecipe) -> LevelRecipe:
        """The discriminators' schedule: their own Adam, warm-up and decay at the same time as the generator's."""
        own = {name: getattr(self, name) for name in ("learning_rate", "beta_1", "beta_2")}
        times = self.discriminator_steps
        return dataclasses.replace(generator, steps=generator.steps * times, warmup=generator.warmup * times, **own)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A whole training: the network, what it sees, and each level's schedule by level."""

    name: str
    network: str
    network_config: dict
    data: DataRecipe
    level: dict[int, LevelRecipe]
    adversarial: AdversarialRecipe | None = None
    seed: int = 0

    def as_dict(self) -> dict:
        """Plain data for JSON; `from_dict` takes it back."""
        content = dataclasses.asdict(self)
        content["level"] = {str(level): schedule for level, schedule in content["level"].items()}
        return content

    @property
    def losses(self) -> set[str]:
        """The names of all losses of all levels."""
        return {name for one in self.level.values() for name in (*one.losses, *one.first_stage_losses)}


def names() -> list[str]:
    """The built-in recipes."""
    return sorted(path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml"))


def _folder():
    return resources.files("pynet_bokeh") / "recipes"


def load(name_or_file: str, overrides: typing.Sequence[str] = ()) -> Recipe:
    """Reads a built-in recipe by name or a TOML file by path, and applies `key.key=value` overrides, values as in TOML.

    Raises UserError that names the file and the key.
    """
    is_file = name_or_file.endswith(".toml")
    if not is_file and name_or_file not in names():
        raise UserError(f"recipe: {', '.join(names())} or a .toml file is allowed; received {name_or_file!r}")
    path = Path(name_or_file) if is_file else _folder() / f"{name_or_file}.toml"
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise UserError(f"recipe {name_or_file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"recipe {name_or_file}: not valid TOML ({error})") from error
    for override in overrides:
        _override(content, override)
    content.setdefault("name", Path(name_or_file).name.removesuffix(".toml"))
    return from_dict(content, where=f"recipe {content['name']}")


def changed(recipe: Recipe, overrides: typing.Sequence[str]) -> Recipe:
    """`recipe` with `key.key=value` overrides. Those of `defaults` are refused: its levels are resolved already."""
    content = recipe.as_dict()
    for override in overrides:
        if override.startswith("defaults."):
            raise UserError(f"--set {override}: a run's levels are resolved; name the level, as in level.7.steps=100")
        _override(content, override)
    return from_dict(content, where=f"recipe {recipe.name}")


def _override(content: dict, text: str) -> None:
    key, equals, value = text.partition("=")
    path = key.strip().split(".")
    if not equals or not all(path):
        raise UserError(f"--set: key.key=value is wanted; received {text!r}")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    for part in path[:-1]:
        content = content.setdefault(part, {})
        if not isinstance(content, dict):
            raise UserError(f"--set {key}: {part} is not a table")
    content[path[-1]] = parsed


def from_dict(content: dict, *, where: str = "recipe") -> Recipe:
    """Builds a Recipe from plain data; every wrong key, type or value is a UserError that begins with `where`."""
    content = dict(content)
    known(content, (*typing.get_type_hints(Recipe), "defaults"), where)
    defaults = content.pop("defaults", {})
    by_level = content.pop("level", {})
    if not isinstance(by_level, dict) or not isinstance(defaults, dict):
        raise UserError(f"{where}: [defaults] and [level.N] are tables")
    schedules = {}
    for key, own in by_level.items():
        if key not in {str(level) for level in levels.LEVELS}:
            raise UserError(f"{where}: level.{key}: levels {levels.FINEST} to {levels.COARSEST} are allowed")
        schedules[int(key)] = _schedule(defaults, own, f"{where}: level.{key}")
    data = _data(content.pop("data", {}), f"{where}: data")
    adversarial = content.pop("adversarial", None)
    if adversarial is not None:
        adversarial = _adversarial(adversarial, schedules, f"{where}: adversarial")
        if data.crop_scales != (1.0,):
            raise UserError(f"{where}: data.crop_scales: not with [adversarial], which splits every batch alike")
    recipe = filled(Recipe, {**content, "data": data, "level": schedules, "adversarial": adversarial}, where)
    _in_range(recipe, "seed", where, least=0, most=LARGEST_SEED)
    return recipe


def _adversarial(content: dict, schedules: dict[int, LevelRecipe], where: str) -> AdversarialRecipe:
    if levels.FINEST not in schedules:
        raise UserError(f"{where}: is for level {levels.FINEST}; [level.{levels.FINEST}] is missing")
    adversarial = filled(AdversarialRecipe, content, where)
    for name in ("weight", "discriminator_steps", "learning_rate"):
        if getattr(adversarial, name) <= 0:
            raise UserError(f"{where}.{name}: a number above 0 is wanted; received {getattr(adversarial, name)}")
    if adversarial.gradient_penalty < 0:
        raise UserError(f"{where}.gradient_penalty: 0 or more is wanted; received {adversarial.gradient_penalty}")
    _check_betas(adversarial, where)
    return adversarial


def _check_betas(adam: LevelRecipe | AdversarialRecipe, where: str) -> None:
    for name in ("beta_1", "beta_2"):
        if not 0 <= getattr(adam, name) < 1:
            raise UserError(f"{where}.{name}: 0 or more and below 1 is wanted; received {getattr(adam, name)}")


def _data(content: dict, where: str) -> DataRecipe:
    data = filled(DataRecipe, content, where)
    for name in data.augment:
        if name not in AUGMENTATIONS:
            raise UserError(f"{where}.augment: {', '.join(AUGMENTATIONS)} are known; received {name!r}")
    for name in ("crop", "scene_size", "validation_crop"):
        if min(getattr(data, name)) < 1:
            raise UserError(f"{where}.{name}: pixels above 0 are wanted; received {list(getattr(data, name))}")
    if not data.crop_scales or min(data.crop_scales) < 1:
        raise UserError(f"{where}.crop_scales: factors of 1 or more are wanted; received {list(data.crop_scales)}")
    if "rot90" in data.augment and data.crop[0] != data.crop[1]:
        raise UserError(f"{where}.augment: rot90 wants a square crop; received {data.crop[1]}x{data.crop[0]}")
    _in_range(data, "extra_dropout", where, least=0, most=1)
    _in_range(data, "strength_jitter", where, least=0)
    _in_range(data, "validation_count", where, above=0)
    return data


def _in_range(settings, name: str, where: str, *, above=None, least=None, most=None) -> None:
    value = getattr(settings, name)
    if above is not None and not value > above:
        raise UserError(f"{where}.{name}: a number above {above} is wanted; received {value}")
    if least is not None and not least <= value <= (value if most is None else most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        raise UserError(f"{where}.{name}: {wanted} is wanted; received {value}")


def _schedule(defaults: dict, own: dict, where: str) -> LevelRecipe:
    if not isinstance(own, dict):
        raise UserError(f"{where}: a table is wanted; received {own!r}")
    schedule = filled(LevelRecipe, {**defaults, **own}, where)
    if schedule.schedule not in SCHEDULES:
        raise UserError(f"{where}.schedule: {', '.join(SCHEDULES)} are allowed; received {schedule.schedule!r}")
    for name in ("steps", "batch", "learning_rate", "log_every", "validate_every", "checkpoint_every"):
        _in_range(schedule, name, where, above=0)
    for name, least in (("warmup", 0), ("subject_loss", 0), ("subject_weight", 1)):
        _in_range(schedule, name, where, least=least)
    _check_betas(schedule, where)
    for table in ("losses", "first_stage_losses"):
        for name, weight in getattr(schedule, table).items():
            if name not in LOSSES:
                raise UserError(f"{where}.{table}: {', '.join(LOSSES)} are known; received {name!r}")
            if weight < 0:
                raise UserError(f"{where}.{table}.{name}: 0 or more is wanted; received {weight}")
    if not schedule.losses:
        raise UserError(f"{where}.losses: at least one loss is wanted")
    return schedule
