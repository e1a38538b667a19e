"""Which pairs are held out: by their names alone."""

import pytest

from pynet_bokeh.data.held_out import held_out
from pynet_bokeh.errors import UserError


def held(numbers, where, **options):
    """The numbers that are held out, in order, and what they are called."""
    names = [str(number) for number in numbers]
    places, part = held_out(names, where=where, **{"split": 0.1, "seed": 0, **options})
    return sorted(int(names[place]) for place in places), part


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ([7, 4500], "pair 4500 of EBB!'s test set Val294 is missing (1 of its 294 pairs in all); the other 293 are"),
        ([4693, 4400, 3], "pair 4400 of EBB!'s test set Val294 is missing (2 of its 294 pairs in all); the other 292"),
        ([0, 1, 2], None),
    ],
)
def test_lost_pairs_of_val294_are_named_and_the_others_held_out(tmp_path, capsys, lost, message):
    numbers = [number for number in range(4694) if number not in lost]
    for _ in range(2):  # as a run does for every level
        found, part = held(numbers, str(tmp_path))
        assert found == [number for number in range(4400, 4694) if number not in lost]
    said = capsys.readouterr().err
    if message:
        assert said.startswith(f"{tmp_path}: {message}")
        assert said.count("\n") == 1
        assert part == f"Val294 without {294 - len(found)} of its pairs"
    else:
        assert (said, part) == ("", "Val294")


@pytest.mark.parametrize("numbers", [range(1000, 4694), range(500, 6000)], ids=["fewer pairs", "other numbers"])
def test_other_numbered_pairs_are_not_taken_for_ebb(tmp_path, numbers, capsys):
    found, part = held(numbers, str(tmp_path))
    assert len(found) == round(len(numbers) * 0.1) and found[0] < 4400
    assert (capsys.readouterr().err, part) == ("", "held out for validation")


def test_in_another_layout_the_same_numbers_are_not_ebb(tmp_path):
    found, _ = held(range(4694), str(tmp_path), may_be_ebb=False)
    assert len(found) == 469 and found[0] < 4400


def test_a_fraction_is_of_the_seed(tmp_path):
    one, other = (held(range(100), str(tmp_path), split=0.3, seed=seed)[0] for seed in (1, 2))
    assert len(one) == len(other) == 30 and one != other
    assert held(range(100), str(tmp_path), split=0.3, seed=1)[0] == one


@pytest.mark.parametrize(("split", "side"), [(0.1, "validate on"), (0.9, "train on")])
def test_a_side_that_would_be_empty(split, side):
    with pytest.raises(UserError, match=f"split: {split} of here's 4 pairs leaves nothing to {side}"):
        held(range(4), "here", split=split)
