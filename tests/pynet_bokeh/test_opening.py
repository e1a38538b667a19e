import pytest

from pynet_bokeh import opening


def test_strength_is_a_share_of_the_short_side():
    small, large = (opening.network_strength(0.5, (side, 2 * side)) for side in (256, 512))
    assert large == pytest.approx(2 * small)
    assert large * opening.LARGEST_RADIUS == pytest.approx(0.5 * opening.RADIUS_SHARE * 512)


def test_strength_and_radius_are_each_others_inverse():
    strength = opening.strength_of(12.0, (600, 400))
    assert opening.network_strength(strength, (600, 400)) == pytest.approx(opening.of_radius(12.0))


def test_a_network_gets_no_more_than_it_was_trained_for():
    assert opening.of_radius(1000) == opening.network_strength(1, (8192, 8192)) == 1
    assert opening.of_radius(0) == opening.network_strength(0, (512, 512)) == 0


def test_what_is_not_known():
    assert opening.of_radius(None) == opening.UNKNOWN
    assert opening.strength_of(None, (100, 100)) == opening.DEFAULT
