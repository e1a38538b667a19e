"""Kernels of a lens opening against geometry."""

import math

import numpy as np
import pytest

from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.lens import disc_kernel
from pynet_bokeh.errors import UserError

SHAPES = [Aperture(), Aperture(blades=5), Aperture(blades=6, rotation=0.3), Aperture(cats_eye=0.8)]
CORNER = (0.8, 0.6)


def centre(kernel):
    """(x, y) of the kernel's centre of light, from its middle."""
    reach = kernel.shape[0] // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.array([(kernel * x).sum(), (kernel * y).sum()])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("radius", [0.0, -0.4, 1.3, -6.0, 17.5])
def test_all_light_arrives_within_the_opening(shape, radius):
    kernel = shape.kernel(radius, CORNER)
    assert kernel.shape[0] == kernel.shape[1]
    assert kernel.shape[0] % 2 == 1
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel.shape[0] // 2 <= math.ceil(1.2 * abs(radius) + 0.5)


def test_a_round_opening_is_a_disc_everywhere():
    np.testing.assert_array_equal(Aperture().kernel(-7.3, CORNER), disc_kernel(7.3))


@pytest.mark.parametrize("blades", [5, 6, 7, 8, 9])
def test_a_polygon_has_the_area_of_its_disc_and_its_corners(blades):
    kernel = Aperture(blades=blades, rotation=0.2).kernel(-20)
    # Fully lit pixels all hold the same light, one over the area.
    assert 1 / kernel.max() == pytest.approx(math.pi * 20**2, rel=0.01)
    circumradius = 20 * math.sqrt(2 * math.pi / blades / math.sin(2 * math.pi / blades))
    reach = kernel.shape[0] // 2

    def lit(angle, distance):
        x, y = round(math.cos(angle) * distance), round(math.sin(angle) * distance)
        return kernel[reach + y, reach + x] > kernel.max() / 2

    for corner in range(blades):
        towards = 0.2 + corner * 2 * math.pi / blades
        assert lit(towards, circumradius - 2)
        assert not lit(towards + math.pi / blades, circumradius * math.cos(math.pi / blades) + 2)


@pytest.mark.parametrize("cats_eye", [0.0, 0.7])
def test_in_front_of_the_focus_the_opening_is_upside_down(cats_eye):
    shape = Aperture(blades=5, rotation=0.4, cats_eye=cats_eye)
    assert not shape.symmetric
    behind, front = shape.kernel(-9, CORNER), shape.kernel(9, CORNER)
    np.testing.assert_array_equal(front, behind[::-1, ::-1])
    assert np.abs(front - behind).max() > behind.max() / 2
    even = Aperture(blades=6, rotation=0.4, cats_eye=cats_eye)
    assert even.symmetric
    np.testing.assert_allclose(even.kernel(9, CORNER), even.kernel(-9, CORNER), atol=6e-4)


def test_a_cats_eye_is_what_two_discs_share():
    radius, cut = 24, 0.8
    kernel = Aperture(cats_eye=cut).kernel(-radius, (1.0, 0.0))
    overlap = radius**2 * (2 * math.acos(cut / 2) - cut * math.sqrt(1 - cut**2 / 4))
    assert 1 / kernel.max() == pytest.approx(overlap, rel=0.01)
    np.testing.assert_allclose(centre(kernel), 0, atol=0.1)
    # Slim in the direction to the corner, the chord of both discs across it.
    lit = kernel > kernel.max() / 2
    assert lit[radius].sum() == pytest.approx(2 * radius * (1 - cut / 2), abs=2)
    assert lit[:, radius].sum() == pytest.approx(2 * radius * math.sqrt(1 - cut**2 / 4), abs=2)
    np.testing.assert_array_equal(Aperture(cats_eye=cut).kernel(-radius, (0.0, 0.0)), disc_kernel(radius))


@pytest.mark.parametrize("wrong", [{"blades": 4}, {"blades": 10}, {"cats_eye": 1.1}, {"cats_eye": -0.1}])
def test_impossible_openings(wrong):
    with pytest.raises(UserError, match=f"{next(iter(wrong))}: .*allowed; received"):
        Aperture(**wrong)
