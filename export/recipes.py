"""Quantization recipes as data: the tables of recipes.toml, which says what they mean, or of the user's own file."""

import dataclasses
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pynet_bokeh.errors import UserError
from pynet_bokeh.typed import filled

FILE = Path(__file__).parent / "recipes.toml"
WEIGHTS = ("float32", "float16", "int8")
ACTIVATIONS = ("float32", "int8", "int16")
EDGES = ("float32", "uint8")
FLOAT = "float"
AIMS = (FLOAT, "targets")


@dataclasses.dataclass(frozen=True)
class Floats:
    """What computes in float32 in an integer graph: layers by name or pattern, by class, by operator."""

    layers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Calibration:
    """The pictures that the scales come from: `pictures`, and `wide_open` of them once more with strength 1."""

    pictures: int
    wide_open: int = 0

    def __post_init__(self):
        _at_least(self, "calibration", pictures=1, wide_open=0)
        if self.wide_open > self.pictures:
            raise UserError(f"calibration.wide_open: at most the {self.pictures} pictures; received {self.wide_open}")


@dataclasses.dataclass(frozen=True)
class QatSchedule:
    """The fine-tuning of a quantization-aware recipe; `steps` 0 only calibrates."""

    steps: int
    batch: int
    learning_rate: float
    warmup: int
    crop: int
    validate_every: int
    aim: str = FLOAT

    def __post_init__(self):
        _at_least(self, "finetune", steps=0, batch=1, warmup=0, crop=1, validate_every=1)
        if self.aim not in AIMS:
            raise UserError(f"finetune.aim: {', '.join(AIMS)} are allowed; received {self.aim!r}")
        if not 0 < self.learning_rate < float("inf"):
            raise UserError(f"finetune.learning_rate: a number above 0 is wanted; received {self.learning_rate}")


def _at_least(settings, table: str, **least: int) -> None:
    for name, value in least.items():
        if not getattr(settings, name) >= value:
            raise UserError(f"{table}.{name}: {value} or more is wanted; received {getattr(settings, name)}")


@dataclasses.dataclass(frozen=True)
class Limits:
    """Thresholds of verification, see export.verify."""

    min_psnr: float
    min_ssim: float
    max_pixel: float
    max_drop: float


@dataclasses.dataclass(frozen=True)
class QuantizationRecipe:
    """How a float network becomes a .tflite, and how far the result may lie from it; recipes.toml says it in full."""

    name: str
    summary: str
    weights: str
    activations: str
    edges: str
    limits: Limits
    keep_float: Floats = Floats()
    calibration: Calibration | None = None
    finetune: QatSchedule | None = None

    def __post_init__(self):
        for name, allowed in (("weights", WEIGHTS), ("activations", ACTIVATIONS), ("edges", EDGES)):
            if getattr(self, name) not in allowed:
                raise UserError(f"{name}: {', '.join(allowed)} are allowed; received {getattr(self, name)!r}")
        if self.integer and self.weights != "int8":
            raise UserError(f"weights: int8 is wanted with {self.activations} activations; received {self.weights!r}")
        if self.integer and not self.calibration:
            raise UserError(f"calibration: a table is wanted with {self.activations} activations")
        if not self.integer and (self.calibration or self.keep_float != Floats() or self.edges != "float32"):
            raise UserError("calibration, keep_float, edges: for int8 and int16 activations only")
        if self.edges == "uint8" and self.activations != "int8":
            raise UserError("edges: uint8 is for int8 activations only")
        if self.finetune and self.activations != "int8":
            raise UserError("finetune: for int8 activations only")

    @property
    def integer(self) -> bool:
        """Whether activations are integers, with scales from calibration."""
        return self.activations != "float32"


def from_dict(content: dict, *, where: str) -> QuantizationRecipe:
    """Builds a recipe from plain data, as of a sidecar; every mistake is a UserError that begins with `where`."""
    try:
        return filled(QuantizationRecipe, content, where)
    except UserError as error:
        message = str(error)
        raise UserError(message if message.startswith(where) else f"{where}: {message}") from error


def load(path: Path) -> dict[str, QuantizationRecipe]:
    """The recipes of a file like recipes.toml, by name."""
    try:
        content = tomllib.loads(Path(path).read_text())
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML ({error})") from error
    if not content or not all(isinstance(table, dict) for table in content.values()):
        raise UserError(f"{path}: a table for each recipe is wanted, as in {FILE}")
    return {name: from_dict({"name": name, **table}, where=f"{path}: {name}") for name, table in content.items()}


RECIPES = load(FILE)


def recipe_named(name: str) -> QuantizationRecipe:
    """The recipe called `name`; raises UserError with the known names."""
    if name not in RECIPES:
        raise UserError(f"quantization: {', '.join(RECIPES)} are known; received {name!r}")
    return RECIPES[name]


def chosen(text: str) -> list[QuantizationRecipe]:
    """The recipes that a command line names: `all`, or names and files with commas between."""
    if text == "all":
        return list(RECIPES.values())
    found = []
    for part in text.split(","):
        found += load(Path(part)).values() if part.endswith(".toml") else [recipe_named(part)]
    return found


def changed(recipes: list[QuantizationRecipe], settings: Sequence[str]) -> list[QuantizationRecipe]:
    """`recipes` with `table.key=value` settings, values as in TOML, each where the recipe has that table.

    Raises UserError where none has it.
    """
    contents = [dataclasses.asdict(recipe) for recipe in recipes]
    for setting in settings:
        path, equals, value = setting.partition("=")
        table, dot, key = path.strip().partition(".")
        if not (equals and dot):
            raise UserError(f"--set: table.key=value is wanted; received {setting!r}")
        having = [content for content in contents if isinstance(content.get(table), dict)]
        if not having:
            names = ", ".join(recipe.name for recipe in recipes)
            raise UserError(f"--set {setting}: no table {table!r} in {names}")
        try:
            parsed = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"--set {setting}: a value as in TOML is wanted; received {value!r}") from error
        for content in having:
            content[table][key] = parsed
    return [from_dict(content, where=f"recipe {content['name']}") for content in contents]
