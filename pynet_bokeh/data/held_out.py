"""Which pairs are held out to validate on, where their layout on disk does not say it: EBB!'s Val294, or a fraction."""

import functools
import random
import sys
from collections.abc import Sequence

from pynet_bokeh.errors import UserError

EBB = range(4694)
"""The numbers of EBB!'s published training pairs."""
EBB_PAIRS = 4600  # so many of them are EBB!, even when some are lost
VAL294 = range(4400, 4694)
"""The numbers of those on which papers validate."""


def held_out(
    names: Sequence[str], *, where: str, split: float, seed: int, may_be_ebb: bool = True
) -> tuple[set[int], str]:
    """The places in `names` of the pairs to validate on, and what they are in words.

    Args:
        names: the pairs', in order; EBB!'s are numbers.
        where: their folder, for messages. Pairs that Val294 lacks are told on standard error, once.
        split: the fraction, above 0 and below 1, where they are not EBB!.
        seed: of the fraction.

    Raises UserError when the fraction leaves one side empty.
    """
    held, lost = _val294(names) if may_be_ebb else (set(), [])
    if not held:
        return _fraction(len(names), where, split, seed), "held out for validation"
    if not lost:
        return held, "Val294"
    _say_once(
        f"{where}: pair {lost[0]} of EBB!'s test set Val294 is missing ({len(lost)} of its {len(VAL294)} pairs "
        f"in all); the other {len(held)} are held out"
    )
    return held, f"Val294 without {len(lost)} of its pairs"


def _val294(names: Sequence[str]) -> tuple[set[int], list[str]]:
    """The places of EBB!'s Val294 in `names` and those of its names that are missing; neither when it isn't EBB!."""
    places = {name: place for place, name in enumerate(names)}
    if sum(str(number) in places for number in EBB) < EBB_PAIRS:
        return set(), []
    wanted = [str(number) for number in VAL294]
    return {places[name] for name in wanted if name in places}, [name for name in wanted if name not in places]


@functools.cache
def _say_once(line: str) -> None:
    """Standard error: a run opens its pictures again for every level."""
    print(line, file=sys.stderr)


def _fraction(count: int, where: str, split: float, seed: int) -> set[int]:
    """A random `split` of the numbers below `count`."""
    held = round(count * split)
    if not 0 < held < count:
        side = "validate on (evaluate --all takes every pair)" if held == 0 else "train on"
        raise UserError(f"split: {split} of {where}'s {count} pairs leaves nothing to {side}")
    # Its own stream: the subset of the training pairs is drawn from `seed` too and must not follow this choice.
    return set(random.Random(f"validation {seed}").sample(range(count), held))
