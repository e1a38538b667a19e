import pytest

from pynet_bokeh import levels
from pynet_bokeh.errors import UserError


def test_sizes_halve_from_level_to_level():
    assert [levels.size((1024, 1536), level) for level in (1, 2, 7)] == [(1024, 1536), (512, 768), (16, 24)]


def test_training_goes_from_coarse_to_fine():
    assert levels.LEVELS == (7, 6, 5, 4, 3, 2, 1)


@pytest.mark.parametrize("level", [0, 8])
def test_other_levels_are_refused(level):
    with pytest.raises(UserError, match=f"1 to 7 is allowed; received {level}"):
        levels.factor(level)


def test_a_size_that_does_not_divide_is_refused():
    with pytest.raises(UserError, match="divisible by 64; received 1000x64"):
        levels.size((64, 1000), 7)
