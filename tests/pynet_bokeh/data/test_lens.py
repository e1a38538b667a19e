"""The thin lens against closed forms."""

import itertools
import math

import numpy as np
import pytest
from skimage.color import rgb2xyz

from pynet_bokeh.data.lens import (
    Layer,
    blur,
    blur_radius,
    circle_of_confusion,
    disc_kernel,
    expose,
    lens_strength,
    linear_to_srgb,
    photograph,
    srgb_to_linear,
)
from pynet_bokeh.errors import UserError

RADII = [0.6, 1.0, 1.5, 2.3, 5.0, 9.75, 20.0]
LENS = {"focus_distance": 1.5, "focal_length": 0.05, "f_number": 1.8}


def flat(value, size, *, distance=1.0, corner=(0, 0), alpha=1.0):
    """A layer of one colour."""
    colour = np.full((*size, 3), value * alpha, np.float32)
    return Layer(colour, np.full(size, alpha, np.float32), distance, corner)


def noisy(size, *, distance=1.0, corner=(0, 0), seed=0):
    """An opaque layer of noise."""
    colour = np.random.default_rng(seed).random((*size, 3), dtype=np.float32)
    return Layer(colour, np.ones(size, np.float32), distance, corner)


# --- circle of confusion ---------------------------------------------------------------------------------------------


def image_distance(distance, focal_length):
    """Where a thin lens makes the image of a point: 1/f = 1/distance + 1/image."""
    return 1 / (1 / focal_length - 1 / distance)


@pytest.mark.parametrize("distance", [0.3, 0.8, 1.4999, 1.5, 2.0, 10.0, 1e6])
def test_circle_of_confusion_by_similar_triangles_behind_the_lens(distance):
    sensor = image_distance(LENS["focus_distance"], LENS["focal_length"])
    meets = image_distance(distance, LENS["focal_length"])
    aperture = LENS["focal_length"] / LENS["f_number"]
    expected = aperture * abs(meets - sensor) / meets
    assert circle_of_confusion(distance, **LENS) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_circle_of_confusion_as_published():
    distances = np.array([0.3, 2.0, 10.0])
    aperture = LENS["focal_length"] / LENS["f_number"]
    magnification = LENS["focal_length"] / (LENS["focus_distance"] - LENS["focal_length"])
    expected = aperture * np.abs(distances - LENS["focus_distance"]) / distances * magnification
    np.testing.assert_allclose(circle_of_confusion(distances, **LENS), expected, rtol=1e-12)


def test_circle_of_confusion_at_infinity():
    limit = LENS["focal_length"] ** 2 / LENS["f_number"] / (LENS["focus_distance"] - LENS["focal_length"])
    assert circle_of_confusion(math.inf, **LENS) == pytest.approx(limit, rel=1e-12)


def test_lens_strength_gives_the_radius_in_pixels():
    pitch = 0.024 / 1024
    distances = np.array([0.5, 1.5, 4.0, math.inf])
    radii = blur_radius(distances, focus_distance=1.5, strength=lens_strength(**LENS, pixel_pitch=pitch))
    np.testing.assert_allclose(radii, circle_of_confusion(distances, **LENS) / 2 / pitch, rtol=1e-12)


@pytest.mark.parametrize(
    "wrong", [{"focus_distance": 0.05}, {"focal_length": 0.0}, {"focal_length": -1.0}, {"f_number": 0.0}]
)
def test_impossible_lenses_are_refused(wrong):
    with pytest.raises(UserError, match=r"^lens: focus distance > focal length > 0"):
        circle_of_confusion(2.0, **(LENS | wrong))


# --- disc ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", RADII)
def test_disc_covers_its_pixels(radius):
    kernel = disc_kernel(radius)
    reach = math.ceil(radius - 0.5)
    assert kernel.dtype == np.float32 and kernel.shape == (2 * reach + 1, 2 * reach + 1)
    assert kernel.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    # Share of 80 × 80 points of each pixel that lie within the circle.
    points = (np.arange((2 * reach + 1) * 80) + 0.5) / 80 - reach - 0.5
    within = points[:, None] ** 2 + points**2 < radius**2
    share = within.reshape(2 * reach + 1, 80, 2 * reach + 1, 80).mean((1, 3))
    np.testing.assert_allclose(kernel * math.pi * radius**2, share, atol=8e-3)
    assert (kernel[share == 0] * math.pi * radius**2 < 1e-3).all()


@pytest.mark.parametrize("radius", RADII)
def test_disc_is_symmetric(radius):
    kernel = disc_kernel(radius)
    np.testing.assert_allclose(kernel, kernel[::-1], atol=1e-7)
    np.testing.assert_allclose(kernel, kernel[:, ::-1], atol=1e-7)
    # Rows are sampled, columns are exact.
    np.testing.assert_allclose(kernel, kernel.T, atol=5e-3 * kernel.max())


@pytest.mark.parametrize("radius", [0, 0.3, 0.5])
def test_a_disc_within_a_pixel_is_that_pixel(radius):
    np.testing.assert_array_equal(disc_kernel(radius), [[1]])


def test_disc_changes_smoothly_with_the_radius():
    def padded(radius):
        kernel = disc_kernel(radius)
        return np.pad(kernel, 12 - kernel.shape[0] // 2)

    radii = np.arange(0.4, 11, 0.02)
    kernels = [padded(radius) for radius in radii]
    steps = [np.abs(after - before).sum() for before, after in itertools.pairwise(kernels)]
    assert max(steps) < 0.1


@pytest.mark.parametrize("radius", [-1, math.nan, math.inf])
def test_radii_that_are_none_are_refused(radius):
    with pytest.raises(UserError, match=r"^disc radius: "):
        disc_kernel(radius)


# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", RADII)
def test_a_point_light_becomes_a_disc(radius):
    night = flat(0.0, (61, 61), distance=2.0)
    night.colour[30, 30] = (1000, 500, 10)
    light = expose([night], size=(61, 61), focus_distance=1.0, strength=radius * 2)  # radius = strength · |1 − 1/2|
    np.testing.assert_allclose(light.sum((0, 1)), (1000, 500, 10), rtol=1e-4)
    y, x = np.mgrid[:61, :61] - 30
    away = np.hypot(x, y)
    np.testing.assert_allclose(light[away < radius - 1][:, 0], 1000 / (math.pi * radius**2), rtol=5e-3)
    np.testing.assert_allclose(light[away > radius + 1], 0, atol=1e-3)


def test_a_bright_point_blooms_into_a_white_disc():
    night = flat(0.01, (41, 41), distance=2.0)
    night.colour[20, 20] = 500
    picture = photograph([night], size=(41, 41), strength=10)  # radius 5, area 79 pixels: 6 times white in each
    y, x = np.mgrid[:41, :41] - 20
    np.testing.assert_allclose(picture[np.hypot(x, y) < 4], 1, atol=1e-6)
    # Blurred after clipping, the point would have left almost nothing.
    clipped = Layer(np.minimum(night.colour, 1), night.alpha, night.distance)
    assert photograph([clipped], size=(41, 41), strength=10)[20, 20, 0] < 0.3


@pytest.mark.parametrize("strength", [0, 5, 40])
def test_what_is_in_focus_is_unchanged(strength):
    scene = noisy((32, 48), distance=1.5)
    light = expose([scene], size=(32, 48), focus_distance=1.5, strength=strength)
    np.testing.assert_array_equal(light, scene.colour)
    np.testing.assert_allclose(
        photograph([scene], size=(32, 48), focus_distance=1.5, strength=strength), linear_to_srgb(scene.colour)
    )


@pytest.mark.parametrize("radius", [1.5, 6.0, 12.0])
def test_energy_is_kept_in_linear_light(radius):
    picture = np.zeros((96, 96, 3), np.float32)
    picture[32:64, 32:64] = noisy((32, 32)).colour * 20
    night = Layer(picture, np.ones((96, 96), np.float32), math.inf)
    light = expose([night], size=(96, 96), strength=radius)
    np.testing.assert_allclose(light.sum((0, 1)), picture.sum((0, 1)), rtol=1e-4)
    assert np.abs(light - picture).max() > 1


@pytest.mark.parametrize("radius", [0.4, 3.0, 15.0])
def test_a_blurred_layer_keeps_its_colour_and_area(radius):
    sheet = flat(0.6, (20, 10), alpha=0.5, corner=(3, 4))
    spread = blur(sheet, radius)
    assert spread.alpha.sum() == pytest.approx(0.5 * 200, rel=1e-4)
    np.testing.assert_allclose(spread.colour.sum((0, 1)), 0.6 * 0.5 * 200, rtol=1e-4)
    np.testing.assert_allclose(spread.colour[..., 0], 0.6 * spread.alpha, atol=1e-5)
    reach = (spread.alpha.shape[0] - 20) // 2
    assert spread.corner == (3 - reach, 4 - reach)


def test_an_opaque_foreground_hides_the_background():
    front = flat(0.2, (32, 32), distance=1.0)
    for behind in (noisy((32, 32), distance=5.0), flat(1e4, (32, 32), distance=5.0)):
        np.testing.assert_array_equal(expose([behind, front], size=(32, 32), strength=20), front.colour)


def test_nothing_of_a_sharp_subject_bleeds_into_what_is_behind():
    backdrop = noisy((64, 64), distance=4.0)
    light = [
        expose([backdrop, flat(value, (20, 20), corner=(22, 22))], size=(64, 64), strength=12)
        for value in (0.0, 1000.0)
    ]
    outside = np.ones((64, 64), bool)
    outside[22:42, 22:42] = False
    alone = expose([backdrop], size=(64, 64), strength=12)
    for one in light:
        np.testing.assert_array_equal(one[outside], alone[outside])


def test_what_is_behind_shows_through_a_blurred_edge():
    backdrop = noisy((64, 64), distance=1.0)
    near = flat(0.0, (64, 32), distance=0.5)
    near = Layer(near.colour, near.alpha, near.distance, (0, 32))
    light = expose([backdrop, near], size=(64, 64), strength=6)  # the foreground's radius is 6
    np.testing.assert_array_equal(light[:, :25], backdrop.colour[:, :25])
    np.testing.assert_allclose(light[8:56, 40:56], 0, atol=1e-5)
    # A straight edge hides half of each aperture; the picture's column 32 lies half a pixel inside the layer.
    np.testing.assert_allclose(light[8:56, 32] / backdrop.colour[8:56, 32], 0.5 - 0.5 * 2 / (6 * math.pi), atol=0.01)


def test_layers_may_stick_out_or_lie_outside():
    backdrop = flat(0.5, (16, 16))
    corner = flat(0.0, (10, 10), corner=(-5, -5))
    away = flat(0.0, (4, 4), corner=(100, -100))
    light = expose([backdrop, corner, away], size=(16, 16))
    expected = np.full((16, 16), 0.5)
    expected[:5, :5] = 0
    np.testing.assert_allclose(light[..., 0], expected)


def test_the_layers_are_left_as_they_were():
    layers = [noisy((32, 32), distance=3.0), flat(0.3, (8, 8), corner=(2, 2), distance=0.7)]
    before = [(layer.colour.copy(), layer.alpha.copy()) for layer in layers]
    photograph(layers, size=(32, 32), strength=8)
    for layer, (colour, alpha) in zip(layers, before, strict=True):
        np.testing.assert_array_equal(layer.colour, colour)
        np.testing.assert_array_equal(layer.alpha, alpha)


def test_a_scene_without_layers_is_refused():
    with pytest.raises(UserError, match=r"^layers: at least a backdrop is needed"):
        expose([], size=(4, 4))


# --- sRGB ------------------------------------------------------------------------------------------------------------


def standard_to_linear(value):
    """IEC 61966-2-1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def standard_to_srgb(value):
    """IEC 61966-2-1."""
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


VALUES = [*np.linspace(0, 1, 101), 0.003, 0.0031308, 0.0032, 0.04, 0.04045, 0.041]


def test_srgb_as_the_standard_has_it():
    np.testing.assert_allclose(srgb_to_linear(VALUES), [standard_to_linear(v) for v in VALUES], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(linear_to_srgb(VALUES), [standard_to_srgb(v) for v in VALUES], rtol=1e-5, atol=1e-7)


def test_srgb_as_another_library_has_it():
    grey = np.linspace(0, 1, 256)
    luminance = rgb2xyz(np.repeat(grey[:, None, None], 3, axis=2))[:, 0, 1]
    np.testing.assert_allclose(srgb_to_linear(grey), luminance, atol=1e-5)


def test_every_8_bit_value_survives_there_and_back():
    values = np.arange(256) / 255
    np.testing.assert_array_equal(np.rint(linear_to_srgb(srgb_to_linear(values)) * 255), np.arange(256))


def test_light_beyond_the_sensor_is_clipped():
    encoded = linear_to_srgb(np.array([-1.0, 0.0, 1.0, 7.0]))
    np.testing.assert_allclose(encoded, [0, 0, 1, 1], atol=1e-6)
    assert encoded.min() >= 0 and encoded.max() <= 1
    assert linear_to_srgb(np.array([0.5])).dtype == srgb_to_linear(np.array([0.5])).dtype == np.float32
