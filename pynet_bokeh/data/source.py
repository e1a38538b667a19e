"""Where training pairs come from: one example, the protocol of every source, a random part of a source."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from pynet_bokeh.errors import UserError

Extra = Literal["depth", "focus"]
EXTRAS: tuple[Extra, ...] = ("depth", "focus")

NEUTRAL_EXTRA = 128
"""The 8-bit value of an extra channel that says nothing: middle depth, unknown focus."""


@dataclass(frozen=True)
class Example:
    """A photo, the same photo through a wide-open lens, and what is known about its focus.

    Attributes:
        name: what messages and reports call it.
        image: uint8 [H, W, 3], everything in focus.
        bokeh: uint8 [H, W, 3], the target.
        extra: uint8 [H, W], a depth map (near = 255) or a focus map (subject = 255), or None: there is none, consumers
            put `NEUTRAL_EXTRA` in its place.
        radius: of the background's largest circle of confusion in `bokeh`, in pixels of this picture; None: not known.
        depth: uint8 [H, W] (near = 255), a depth map beside a focus map, to be written with it; not for training.
    """

    name: str
    image: np.ndarray
    bokeh: np.ndarray
    extra: np.ndarray | None = None
    radius: float | None = None
    depth: np.ndarray | None = None


class Source(Protocol):
    """A numbered set of examples. `read` is called from several threads at once and must not keep what it read."""

    extra: Extra | None
    """Which fourth channel the examples carry: "depth", "focus" or none."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> Example:
        """The example with this number, 0 to len - 1, always the same one. Raises UserError naming a broken file."""
        ...

    def describe(self) -> str:
        """One line for logs: what it is and how many."""
        ...


def check_extra(extra: str | None) -> None:
    """Raises UserError unless `extra` is "depth", "focus" or None."""
    if extra is not None and extra not in EXTRAS:
        raise UserError(f"extra: {' or '.join(EXTRAS)} is allowed, or none; received {extra!r}")


@dataclass(frozen=True)
class Subset:
    """The part of `source` whose numbers are `indices`, in that order."""

    source: Source
    indices: tuple[int, ...]

    @property
    def extra(self) -> Extra | None:
        return self.source.extra

    def __len__(self) -> int:
        return len(self.indices)

    def read(self, index: int) -> Example:
        return self.source.read(self.indices[index])

    def describe(self) -> str:
        return f"{len(self)} of {self.source.describe()}"


def subset(source: Source, count: int, *, seed: int = 0) -> Subset:
    """A random part of `source`: `count` different examples drawn with `seed`, in the source's own order.

    Raises UserError when `count` is below 1 or above the size of the source.
    """
    if not 1 <= count <= len(source):
        raise UserError(f"subset: 1 to {len(source)} is allowed for {source.describe()}; received {count}")
    return Subset(source, tuple(sorted(random.Random(seed).sample(range(len(source)), count))))


@dataclass(frozen=True)
class Joined:
    """Several sources with the same fourth channel as one, evenly mixed: a few examples of it are a few of each."""

    sources: tuple[Source, ...]

    @property
    def extra(self) -> Extra | None:
        return self.sources[0].extra

    def __len__(self) -> int:
        return sum(len(source) for source in self.sources)

    def read(self, index: int) -> Example:
        source, own = self._places[index]
        return self.sources[source].read(own)

    def describe(self) -> str:
        return " and ".join(source.describe() for source in self.sources)

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """(source, number in it) by number: the i-th of n stands at (i + ½) / n of the whole."""
        places = [(source, own) for source, one in enumerate(self.sources) for own in range(len(one))]
        return sorted(places, key=lambda place: ((place[1] + 0.5) / len(self.sources[place[0]]), place[0]))


def joined(sources: Sequence[Source]) -> Source:
    """One source of several; one alone is returned as it is."""
    return sources[0] if len(sources) == 1 else Joined(tuple(sources))
