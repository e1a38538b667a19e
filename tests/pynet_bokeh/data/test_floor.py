"""A floor in perspective: where things stand on it, how far away each row is, no seams between its strips."""

import numpy as np
import pytest

from pynet_bokeh.data import lens, textures
from pynet_bokeh.data.floor import STRIPS, Floor
from pynet_bokeh.data.scenes import WIDEST

SIZE = (120, 160)
UNIT = 120
FLOOR = Floor(contact=0.85, horizon=0.3, farthest=5.0)


def layers(seed=3, size=SIZE, unit=UNIT):
    return FLOOR.layers(np.random.default_rng(seed), size, unit, strength=WIDEST)


def test_rows_and_distances_are_each_other_s_inverse():
    assert FLOOR.row(1.0) == pytest.approx(0.85)
    assert FLOOR.row(1e9) == pytest.approx(0.3)
    for distance in (0.6, 1.0, 2.5, 5.0):
        assert FLOOR.distance(FLOOR.row(distance)) == pytest.approx(distance)


def test_strips_come_nearer_by_equal_steps_of_blur():
    distances = np.array([layer.distance for layer in layers()])
    assert len(distances) == STRIPS and distances[0] < 5
    steps = np.diff(1 / distances)
    np.testing.assert_allclose(steps, steps[0])
    assert steps[0] > 0


@pytest.mark.parametrize("strength", [0.0, 0.3 * WIDEST, WIDEST])
def test_nothing_shows_through_between_two_strips(strength):
    """On a backdrop that glows the floor stays as dark as it is."""
    floor = layers()
    brightest = max(float(layer.colour.max()) for layer in floor)
    backdrop = lens.Layer(np.full((*SIZE, 3), 1000.0, np.float32), np.ones(SIZE, np.float32), 50.0)
    light = lens.expose([backdrop, *floor], size=SIZE, strength=strength * UNIT)
    blurred = lens.blur_radius(FLOOR.farthest, focus_distance=1.0, strength=strength * UNIT)
    below = int(FLOOR.row(FLOOR.farthest) * UNIT + blurred) + 2
    assert light[below:].max() <= brightest * 1.001
    assert light[: int(FLOOR.row(FLOOR.farthest) * UNIT - blurred) - 1].min() == pytest.approx(1000)


def test_the_floor_is_sharp_where_the_subject_stands_and_blurred_far_away():
    floor = layers(seed=8)
    views = [lens.expose(floor, size=SIZE, strength=strength * UNIT) for strength in (0, WIDEST)]
    change = np.abs(views[0] - views[1]).mean(axis=(1, 2))
    contact = round(FLOOR.contact * UNIT)
    assert change[contact - 1 : contact + 1].max() < 0.3 * change[60:80].mean()


def test_a_floor_that_ends_below_the_picture_is_not_seen():
    assert Floor(contact=1.5, horizon=0.6, farthest=1.7).layers(np.random.default_rng(0), SIZE, UNIT, strength=1) == []


def test_a_floor_looks_the_same_at_twice_the_size(monkeypatch):
    monkeypatch.setattr(textures, "SURFACES", (textures.clouded,))
    small = lens.expose(layers(), size=SIZE)
    large = lens.expose(layers(size=(240, 320), unit=240), size=(240, 320))
    halved = large.reshape(120, 2, 160, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - halved)[50:].mean() < 0.25 * small[50:].std()
