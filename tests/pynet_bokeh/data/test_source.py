"""Random parts of a source."""

from dataclasses import dataclass

import numpy as np
import pytest

from pynet_bokeh.data.source import Example, check_extra, subset
from pynet_bokeh.errors import UserError


@dataclass(frozen=True)
class Numbers:
    """Examples whose pixels are their number."""

    count: int
    extra: str | None = None

    def __len__(self):
        return self.count

    def read(self, index):
        picture = np.full((2, 2, 3), index, np.uint8)
        return Example(str(index), picture, picture)

    def describe(self):
        return f"{self.count} numbers"


def names(source):
    return [source.read(index).name for index in range(len(source))]


def test_a_subset_has_different_examples_of_the_source_in_its_order():
    part = subset(Numbers(100), 30, seed=7)
    drawn = [int(name) for name in names(part)]
    assert len(part) == len(set(drawn)) == 30
    assert drawn == sorted(drawn)
    assert set(drawn) < set(range(100))


def test_a_subset_depends_on_the_seed_alone():
    assert names(subset(Numbers(100), 30, seed=7)) == names(subset(Numbers(100), 30, seed=7))
    assert names(subset(Numbers(100), 30, seed=7)) != names(subset(Numbers(100), 30, seed=8))


def test_every_example_is_equally_likely_to_be_drawn():
    counts = np.zeros(10)
    for seed in range(1000):
        for index in subset(Numbers(10), 3, seed=seed).indices:
            counts[index] += 1
    # Binomial(1000, 0.3) has a standard deviation of 14.5.
    np.testing.assert_allclose(counts, 300, atol=5 * 14.5)


def test_a_subset_of_everything_is_the_source():
    assert names(subset(Numbers(5), 5)) == ["0", "1", "2", "3", "4"]


def test_a_subset_tells_what_it_is_of():
    part = subset(Numbers(100, extra="focus"), 30)
    assert part.describe() == "30 of 100 numbers"
    assert part.extra == "focus"


@pytest.mark.parametrize("count", [-1, 0, 6])
def test_a_subset_that_is_no_part_is_refused(count):
    with pytest.raises(UserError, match=rf"^subset: 1 to 5 is allowed for 5 numbers; received {count}$"):
        subset(Numbers(5), count)


def test_seed_and_options_are_keyword_only():
    with pytest.raises(TypeError):
        subset(Numbers(5), 2, 3)


@pytest.mark.parametrize("extra", [None, "depth", "focus"])
def test_known_extras_pass(extra):
    check_extra(extra)


def test_another_extra_is_refused():
    with pytest.raises(UserError, match=r"^extra: depth or focus is allowed, or none; received 'Depth'$"):
        check_extra("Depth")
