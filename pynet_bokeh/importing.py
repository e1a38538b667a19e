"""Published weights: from the authors' TensorFlow checkpoints to a run that renders and exports like any other."""

import collections
import contextlib
import dataclasses
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import tf_keras

from pynet_bokeh import files, levels, weights
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import Network
from pynet_bokeh.tf_checkpoint import Entry, TfCheckpoint
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.recipe import Recipe
from pynet_bokeh.training.run import Run, open_or_create

_KERAS_NAMES = {
    tf_keras.layers.Conv2D: "conv2d",
    tf_keras.layers.Conv2DTranspose: "conv2d_transpose",
    tf_keras.layers.Dense: "dense",
}


@dataclasses.dataclass(frozen=True)
class Published:
    """Weights that were published: the network and options they need, and the recipe they were trained by."""

    network: str
    config: dict
    recipe: str


PUBLISHED = {
    "pynet-bokeh": Published("pynet", {}, "pynet_paper"),
    "double-vnet": Published("double_vnet", {"normalization": "published"}, "double_vnet"),
    "glass-net": Published("glass_net", {"normalization": "published"}, "bggan"),
}


@dataclasses.dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
      run: the run it made.
      matched_by: `name`; `shifted name`, where the checkpoint's layers are numbered from another number on; or
        `order`, where its variables have no names of use.
      variables, parameters: how many were taken over.
      ignored: how many other variables the checkpoint holds.
    """

    run: Run
    matched_by: str
    variables: int
    parameters: int
    ignored: int

    def describe(self) -> str:
        """One line for people."""
        return (
            f"{self.variables} variables with {self.parameters:,} parameters matched by {self.matched_by}, "
            f"{self.ignored} others ignored"
        )


def import_weights(name: str, checkpoint: Path | str, out: Path | str, *, force: bool = False) -> Imported:
    """Makes the run `out`, finished at every level, from a checkpoint of the published weights `name`.

    Args:
      name: a key of PUBLISHED.
      checkpoint: its prefix (`model.ckpt-100`), one of its files, or a folder of checkpoints, whose newest is taken.
      force: replace an existing run.

    Raises UserError, and writes nothing, for a checkpoint that can't be read, lacks a variable of the network, or has
    one of another shape.
    """
    if name not in PUBLISHED:
        raise UserError(f"published weights: {', '.join(PUBLISHED)} are known; received {name!r}")
    out = Path(out)
    _refuse_replacing(out, force=force)
    source = TfCheckpoint(checkpoint)
    recipe = _recipe(PUBLISHED[name])
    network = registry.build(recipe.network, recipe.network_config)
    variables = [variable for layer in network.layers for variable in layer.weights]

    names = published_names(network)
    entries, matched_by = match(names, source)
    for expected, entry, variable in zip(names, entries, variables, strict=True):
        if entry.shape != tuple(variable.shape):
            called = expected if entry.name.endswith(expected) else f"{expected} ({entry.name})"
            raise UserError(f"{checkpoint}: {called} should be {tuple(variable.shape)}; received {entry.shape}")
    for entry, variable in zip(entries, variables, strict=True):
        variable.assign(source.read(entry))

    parameters = sum(variable.shape.num_elements() for variable in variables)
    counts = {"variables": len(entries), "parameters": parameters, "ignored": source.total - len(entries)}
    with _whole_run(out) as folder:
        run = open_or_create(folder, recipe, None)
        run.save()
        weights.save(network.variables(levels.FINEST), run.weights(levels.FINEST))
        for level in network.pictures.keys() - {levels.FINEST}:
            files.link(run.weights(levels.FINEST), run.weights(level))
        origin = {"weights": name, "checkpoint": str(checkpoint), "matched_by": matched_by, **counts}
        files.write_json(folder / "imported.json", origin)
    return Imported(dataclasses.replace(run, folder=out), matched_by, **counts)


def published_names(network: Network) -> list[str]:
    """What the published code calls each variable, in the order of the network's layers.

    PyNET's are numbered in order of creation, `generator/Variable_7`; the others have Keras's names for the layers of
    each kind, `conv2d_7/kernel`.
    """
    names: list[str] = []
    numbers: collections.Counter = collections.Counter()
    for layer in network.layers:
        if network.name == "pynet":
            names += [_numbered("generator/Variable", len(names) + more) for more in range(len(layer.weights))]
        else:
            kind = _KERAS_NAMES[type(layer)]
            own = _numbered(kind, numbers[kind])
            numbers[kind] += 1
            names += [f"{own}/{weights.variable_name(variable).rpartition('/')[2]}" for variable in layer.weights]
    return names


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def match(names: Sequence[str], source) -> tuple[list[Entry], str]:
    """The checkpoint's entry for each of `names`, and how they were found: see Imported.matched_by.

    A name may stand behind a scope: `glass_net/conv2d_7/kernel`. Shapes are not looked at.

    Args:
      source: a TfCheckpoint, or anything with its `path`, `by_names` and `entries`.

    Raises UserError with the first name that is missing or there twice.
    """
    found = collections.defaultdict(list)
    for entry in source.entries:
        found["/".join(entry.name.split("/")[-2:])].append(entry)
    missing = next((name for name in names if name not in found), None)
    if missing is None:
        for name in names:
            if len(found[name]) > 1:
                raise UserError(f"{source.path}: {name} is there twice ({found[name][0].key}, {found[name][1].key})")
        return [found[name][0] for name in names], "name"

    wanted, there = _by_family(names), _by_family(found)
    if not wanted.keys() & there.keys() and not source.by_names and len(source.entries) == len(names):
        return list(source.entries), "order"
    if all(_is_shifted(list(numbers), list(there.get(family, ()))) for family, numbers in wanted.items()):
        renamed = {
            name: there[family][number]
            for family, numbers in wanted.items()
            for name, number in zip(numbers.values(), sorted(there[family]), strict=True)
        }
        if all(len(found[other]) == 1 for other in renamed.values()):
            return [found[renamed[name]][0] for name in names], "shifted name"
    present = sum(name in found for name in names)
    raise UserError(f"{source.path}: lacks {missing}; has {present} of the {len(names)} variables of this network")


def _by_family(names) -> dict[tuple[str, str], dict[int, str]]:
    """Names by number, by what they are without it: `conv2d_7/kernel` is 7 among ("conv2d", "/kernel")."""
    families: dict[tuple[str, str], dict[int, str]] = {}
    for name in names:
        stem, number, tail = re.fullmatch(r"(.*?)(?:_(\d+))?(/kernel|/bias)?", name).groups()
        families.setdefault((stem, tail or ""), {})[int(number or 0)] = name
    return families


def _is_shifted(wanted: list[int], there: list[int]) -> bool:
    """Whether `there` are as many numbers as `wanted`, without a gap: a gap is a missing variable."""
    return len(there) == len(wanted) and max(there) - min(there) == len(there) - 1


def _recipe(published: Published) -> Recipe:
    """The recipe the weights were trained by, with the network they need."""
    recipe = recipes.load(published.recipe)
    config = {**recipe.network_config, **published.config}
    return dataclasses.replace(recipe, network=published.network, network_config=config)


def _refuse_replacing(out: Path, *, force: bool) -> None:
    """Raises UserError where something is in the way that `force` doesn't cover: it replaces runs only."""
    if out.is_dir() and not any(out.iterdir()):
        return
    files.refuse_overwriting(out, force=force)
    if out.exists() and not (out / "recipe.json").is_file():
        raise UserError(f"{out}: not a run (recipe.json is missing), so --force does not replace it")


@contextlib.contextmanager
def _whole_run(out: Path) -> Iterator[Path]:
    """Yields a new folder beside `out` that takes its place on success and is removed on failure."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise UserError(f"{out}: can't be written ({error.strerror})") from error
    try:
        (scratch / "new").mkdir()
        yield scratch / "new"
        _swap(scratch / "new", out, scratch / "old")
    except OSError as error:
        raise UserError(f"{out}: can't be written ({error.strerror})") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _swap(new: Path, out: Path, old: Path) -> None:
    """Puts `new` in the place of `out`, whose content goes to `old`, or leaves everything as it was."""
    if not out.exists():
        new.rename(out)
        return
    out.rename(old)
    try:
        new.rename(out)
    except BaseException:
        old.rename(out)
        raise
