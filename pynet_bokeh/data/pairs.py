"""Photo pairs on disk: the layouts in use are recognised, paired by file name, and split into training and validation.

Recognised below the root, in this order (names as in EBB!, Ignatov et al., "Rendering Natural Camera Bokeh Effect with
Deep Learning", CVPRW 2020):

- `{train,test}/{original,bokeh}`: `test` is the validation set; without it a fraction is held out.
- `train/{input,label}`: a fraction is held out.
- `{original,bokeh}`: a fraction is held out, or Val294 when it is EBB!, as far as it is there.

Beside the photos there may be `original_depth` (near = 255) and `focus` (subject = 255), one map per photo, and
`lens.json`, the radius of the background's largest circle of confusion: {name: {"radius": pixels}}.
"""

import math
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pynet_bokeh import images
from pynet_bokeh.data.held_out import held_out
from pynet_bokeh.data.source import Example, Extra, Source, check_extra
from pynet_bokeh.data.source import subset as part_of
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json

LAYOUTS = (("train", "original", "bokeh"), ("train", "input", "label"), ("", "original", "bokeh"))
"""(folder, photos in it, targets in it), the first that is there counts."""

MAP_FOLDERS: dict[Extra, str] = {"depth": "original_depth", "focus": "focus"}

LENS_FILE = "lens.json"
SOURCE_FILE = "source.json"
"""What write_pairs leaves: where the pairs come from and how many they are to be."""


@dataclass(frozen=True)
class Pair:
    """The files of one example; `extra` is None when there is no map, `radius` when it isn't known."""

    name: str
    photo: Path
    target: Path
    extra: Path | None = None
    radius: float | None = None


@dataclass(frozen=True)
class PairSource:
    """Photo pairs read from disk. Examples have no map when the folder of maps is missing as a whole.

    Attributes:
        pairs: in the natural order of their names.
        extra: the fourth channel that was asked for.
        title: where they come from and which part they are.
    """

    pairs: tuple[Pair, ...]
    extra: Extra | None
    title: str

    def __len__(self) -> int:
        return len(self.pairs)

    def read(self, index: int) -> Example:
        """Decodes pair `index`; a map of another size is brought to the photo's.

        Raises UserError for a broken file, when photo and target differ in size, or the map in its shape.
        """
        pair = self.pairs[index]
        photo, target = images.read_image(pair.photo), images.read_image(pair.target)
        if photo.shape != target.shape:
            sizes = (
                f"{path} is {width}x{height}"
                for path, (height, width, _) in ((pair.photo, photo.shape), (pair.target, target.shape))
            )
            raise UserError(f"photo and target must have one size: {', '.join(sizes)}")
        extra = None
        if pair.extra is not None:
            extra = images.read_map(pair.extra)
            images.check_map_shape(extra, photo.shape[:2], name=str(pair.extra))
            if extra.shape != photo.shape[:2]:
                extra = images.resize(extra, photo.shape[:2])
        return Example(pair.name, photo, target, extra, pair.radius)

    def describe(self) -> str:
        maps = ""
        if self.extra:
            known = any(pair.extra for pair in self.pairs)
            maps = f", {'with' if known else 'without'} {self.extra} maps"
        return f"{len(self)} photo pairs of {self.title}{maps}"


def open_pairs(
    root: str | Path, *, extra: Extra | None = None, split: float = 0.1, subset: int | None = None, seed: int = 0
) -> tuple[Source, Source]:
    """The training and the validation pairs below `root`, disjoint and the same for the same names and seed.

    Args:
        root: a folder in one of the layouts above.
        extra: the maps to read as fourth channel, "depth" or "focus".
        split: the fraction held out for validation where the layout doesn't say what to validate on.
        subset: draw so many of the training pairs at random; the validation pairs stay the same.
        seed: of the split and the subset.

    Only lists the folders, pictures are decoded when read. Raises UserError when no layout matches, when files lack
    their partner, or when one side of the split would be empty.
    """
    root = Path(root)
    check_extra(extra)
    if not 0 < split < 1:
        raise UserError(f"split: a fraction above 0 and below 1 is allowed; received {split}")
    folder, photos, targets = _layout(root)
    pairs = _pairs(folder, photos, targets, extra)
    tests = root / "test"
    if (photos, folder) == ("original", root / "train") and _present(tests, photos, targets):
        train = PairSource(pairs, extra, str(folder))
        validation = PairSource(_pairs(tests, photos, targets, extra), extra, str(tests))
    else:
        names = [pair.name for pair in pairs]
        held, part = held_out(names, where=str(root), split=split, seed=seed, may_be_ebb=folder == root)
        train = PairSource(_select(pairs, set(range(len(pairs))) - held), extra, f"{folder} (training part)")
        validation = PairSource(_select(pairs, held), extra, f"{folder} ({part})")
    return (train if subset is None else part_of(train, subset, seed=seed)), validation


def open_all(root: str | Path, *, extra: Extra | None = None) -> PairSource:
    """Every pair below `root`, training and test alike: to look at, not to train on. Raises as open_pairs does."""
    root = Path(root)
    check_extra(extra)
    folder, photos, targets = _layout(root)
    pairs = _pairs(folder, photos, targets, extra)
    tests = root / "test"
    if (photos, folder) == ("original", root / "train") and _present(tests, photos, targets):
        pairs += _pairs(tests, photos, targets, extra)
    return PairSource(pairs, extra, str(root))


def check(source: Source, *, workers: int = 4) -> Iterator[str | None]:
    """Decodes every example with `workers` threads and yields, in order, what is wrong with it in one line, or None."""
    if workers < 1:
        raise UserError(f"workers: 1 or more is allowed; received {workers}")
    return _problems(source, workers)


def _problems(source: Source, workers: int) -> Iterator[str | None]:
    def problem(index: int) -> str | None:
        try:
            source.read(index)
        except UserError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(problem, range(len(source)))


# --- folders ---------------------------------------------------------------------------------------------------------


def _layout(root: Path) -> tuple[Path, str, str]:
    """(folder, photos' folder name, targets' folder name) of the layout that `root` has."""
    if not root.is_dir():
        raise UserError(f"{root}: {'not a folder' if root.exists() else 'no such folder'}")
    halves = []
    for part, photos, targets in LAYOUTS:
        missing = [root / part / name for name in (photos, targets) if not (root / part / name).is_dir()]
        if not missing:
            return root / part, photos, targets
        if len(missing) == 1:
            halves.append(missing[0])
    if halves:
        raise UserError(f"{halves[0]}: no such folder, but its counterpart is there; photos and targets are wanted")
    raise UserError(
        f"{root}: no photo pairs in it; wanted are {{train,test}}/{{original,bokeh}}, {{original,bokeh}} "
        "or train/{input,label} (`data synthesize` makes pairs from photos with masks)"
    )


def _present(folder: Path, photos: str, targets: str) -> bool:
    """Whether `folder` holds pairs; raises UserError when it holds only one side of them."""
    missing = [folder / name for name in (photos, targets) if not (folder / name).is_dir()]
    if len(missing) == 1:
        raise UserError(f"{missing[0]}: no such folder, but its counterpart is there; photos and targets are wanted")
    return not missing


def _pairs(folder: Path, photos: str, targets: str, extra: Extra | None) -> tuple[Pair, ...]:
    """The pairs in `folder`, by natural order of their names."""
    by_photo, by_target = by_stem(folder / photos), by_stem(folder / targets)
    _check_finished(folder, min(len(by_photo), len(by_target)))
    alone = sorted(by_photo.keys() ^ by_target.keys(), key=natural)
    if alone:
        first = by_photo.get(alone[0]) or by_target[alone[0]]
        other = folder / (targets if alone[0] in by_photo else photos)
        raise UserError(f"{first}: no picture of this name in {other} ({_files(len(alone))} without a partner in all)")
    names = sorted(by_photo, key=natural)
    maps: dict[str, Path] = {}
    if extra and (folder / MAP_FOLDERS[extra]).is_dir():
        maps = by_stem(folder / MAP_FOLDERS[extra])
        bare = [name for name in names if name not in maps]
        if bare:
            raise UserError(
                f"{by_photo[bare[0]]}: no map of this name in {folder / MAP_FOLDERS[extra]} "
                f"({_files(len(bare))} without a map in all)"
            )
    radii = read_radii(folder)
    return tuple(Pair(name, by_photo[name], by_target[name], maps.get(name), radii.get(name)) for name in names)


def _check_finished(folder: Path, count: int) -> None:
    """Raises UserError when pairs of a `data` command that was interrupted are missing; a file of that name which no
    `data` command wrote says nothing."""
    stamp = folder / SOURCE_FILE
    content = read_json(stamp) if stamp.is_file() else None
    wanted = content.get("count") if isinstance(content, dict) else None
    if isinstance(wanted, int) and count < wanted:
        raise UserError(
            f"{folder}: {count} of {wanted} pairs; the same `data` command goes on with the others (or remove {stamp} "
            "to take those that are there)"
        )


def read_radii(folder: Path) -> dict[str, float | None]:
    """The radii that `folder`'s lens.json holds; none when there is no such file. Raises UserError for a broken one."""
    path = folder / LENS_FILE
    if not path.is_file():
        return {}
    content = read_json(path)
    wanted = 'wanted is {name: {"radius": pixels from 0 up, or null}}'
    if not isinstance(content, dict):
        raise UserError(f"{path}: {wanted}; it holds no names")
    radii = {}
    for name, entry in content.items():
        radius = entry.get("radius") if isinstance(entry, dict) else entry
        number = isinstance(radius, int | float) and not isinstance(radius, bool) and 0 <= radius < math.inf
        if not isinstance(entry, dict) or not (radius is None or number):
            raise UserError(f"{path}: {wanted}; {name} holds {entry!r}")
        radii[name] = None if radius is None else float(radius)
    return radii


def by_stem(folder: Path) -> dict[str, Path]:
    """The pictures in `folder` by file name without suffix."""
    found: dict[str, Path] = {}
    for path in images.picture_files(folder):
        if path.stem in found:
            raise UserError(f"{path}: has the same name as {found[path.stem].name}; one of the two must go")
        found[path.stem] = path
    return found


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def natural(name: str) -> tuple:
    """Sort key by which 2 comes before 10; any two different names differ in it."""
    pieces = re.split(r"([0-9]+)", name)
    return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces)], name


def _select(pairs: tuple[Pair, ...], places: set[int]) -> tuple[Pair, ...]:
    return tuple(pairs[place] for place in sorted(places))
