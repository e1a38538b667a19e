"""Training pairs from folders of photos with subject masks or depth maps: several lenses for each photo."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from pynet_bokeh.data import synthesis
from pynet_bokeh.data.pairs import by_stem, natural
from pynet_bokeh.data.source import Example, Extra
from pynet_bokeh.errors import UserError

MapKind = Literal["mask", "depth map"]


@dataclass(frozen=True)
class PhotoSource:
    """Pairs rendered from photos. Each depends on the seed, the photo's name and content and the options alone;
    montages on the other photos too.

    Attributes:
        files: (photo, map) of each picture; pair `index` is variant `index % variants` of photo `index // variants`.
        kind: what the maps are: subject masks (white = subject) or depth maps (near = white).
        options: how pairs are made.
        title: where the photos come from.
    """

    files: tuple[tuple[Path, Path], ...]
    kind: MapKind
    options: synthesis.Options
    title: str

    @property
    def extra(self) -> Extra:
        return "focus"

    def __len__(self) -> int:
        return len(self.files) * self.options.variants

    def name(self, index: int) -> str:
        """The pair's name: the photo's, and the number of the variant."""
        photo, variant = divmod(index, self.options.variants)
        return f"{self.files[photo][0].stem}_v{variant}"

    def names(self) -> list[str]:
        """Every pair's name."""
        return [self.name(index) for index in range(len(self))]

    def describe(self) -> str:
        return f"{self.title}, {self.options}"

    def read(self, index: int) -> Example:
        """Renders pair `index`. Raises UserError for a broken file and for a photo and a map of different sizes."""
        if not 0 <= index < len(self):
            raise IndexError(f"pair {index} of {len(self)}")
        number, variant = divmod(index, self.options.variants)
        photo, chart = self.files[number]
        digest = hashlib.sha256(f"{self.options.seed}/{photo.stem}/{variant}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:16], "little"))
        if self.kind == "mask":
            others = self.files[:number] + self.files[number + 1 :]
            return synthesis.from_mask(self.name(index), photo, chart, options=self.options, rng=rng, others=others)
        return synthesis.from_depth(self.name(index), photo, chart, options=self.options, rng=rng)


def open_photos(
    photos: str | Path, maps: str | Path, *, kind: MapKind, options: synthesis.Options, test_share: float = 0.05
) -> dict[str, PhotoSource]:
    """The pairs of a folder of photos and a folder of maps with the same names: {"train": …, "test": …}.

    Args:
        photos: pictures with everything in focus.
        maps: their masks or depth maps.
        kind: which of both they are.
        options: how pairs are made.
        test_share: the part of the photos to hold out, in whole groups (see `group`); with 0 there is no "test".

    Only lists the folders. Raises UserError when a photo has no map, when a part would be empty, or when there is no
    second photo for a montage.
    """
    if not 0 <= test_share < 1:
        raise UserError(f"test share: 0 or more and below 1 is allowed; received {test_share:g}")
    by_photo, by_map = by_stem(Path(photos)), by_stem(Path(maps))
    bare = [name for name in by_photo if name not in by_map]
    if bare:
        raise UserError(
            f"{by_photo[bare[0]]}: no {kind} of this name in {maps} ({len(bare)} of {len(by_photo)} lack it)"
        )
    names = sorted(by_photo, key=natural)
    held = held_out(names, test_share, seed=options.seed)
    sides = {"train": [name for name in names if name not in held], "test": [name for name in names if name in held]}
    if not sides["train"]:
        raise UserError(f"test share: {test_share:g} of {photos}'s {len(names)} photos leaves nothing to train on")
    if options.montage and len(sides["train"]) < 2:
        raise UserError(f"montage: sets subjects into other photos; of {photos} there is one alone to train on")
    return {
        part: PhotoSource(
            tuple((by_photo[name], by_map[name]) for name in chosen),
            kind,
            options if part == "train" else replace(options, closed=0.0),  # there is nothing to score in those
            f"{part}: {len(chosen)} photos of {photos} with the {kind}s of {maps}",
        )
        for part, chosen in sides.items()
        if chosen
    }


def held_out(names: Sequence[str], share: float, *, seed: int = 0) -> set[str]:
    """Random whole groups of `names` until they are that `share` of all; at least one unless `share` is 0."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(group(name), []).append(name)
    # In an order that depends on each name alone: a photo more or less moves few of the others.
    order = sorted(groups, key=lambda one: hashlib.sha256(f"test {seed} {one}".encode()).digest())
    held: set[str] = set()
    for one in order:
        if len(held) >= share * len(names):
            break
        held.update(groups[one])
    return held


def group(name: str) -> str:
    """What a picture belongs with: video frames share all but their number (`davis_cows_00032`: `davis_cows`).

    A number behind a single word (`ccp_0036`, `IMG-1234`) tells photos of a collection apart, which share nothing.
    """
    front, _, number = name.replace("-", "_").rpartition("_")
    return name[: len(front)] if number.isdigit() and "_" in front else name
