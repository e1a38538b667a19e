"""A photo with a depth map: edges of near and far things against the share of a disc on either side of a line."""

import math

import cv2
import numpy as np
import pytest

from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.lens import disc_kernel
from pynet_bokeh.data.occlusion import continued_behind, refocus_depth

SIZE = 120, 160
EDGE = 80


def noise(seed=0):
    return np.random.default_rng(seed).random((*SIZE, 3), dtype=np.float32)


def halves(near=0.9, far=0.1):
    """Near and light on the left, far and dark on the right: picture and inverse depth."""
    left = np.arange(SIZE[1]) < EDGE
    picture = np.where(left, near, far).astype(np.float32)
    return np.repeat(np.tile(picture, (SIZE[0], 1))[..., None], 3, -1), np.tile(left.astype(np.float32), (SIZE[0], 1))


def beyond(distance):
    """Share of a unit disc that lies beyond a line at this distance from its middle."""
    t = np.clip(distance, -1, 1)
    return (np.arccos(t) - t * np.sqrt(1 - t**2)) / math.pi


@pytest.mark.parametrize("depth", [np.zeros(SIZE), np.linspace(0, 1, 120 * 160).reshape(SIZE)])
def test_strength_0_returns_the_photo(depth):
    photo = noise()
    np.testing.assert_array_equal(refocus_depth(photo, depth, focus=0.5, strength=0), photo)


def test_a_plane_in_focus_is_unchanged():
    photo = noise()
    np.testing.assert_array_equal(refocus_depth(photo, np.full(SIZE, 0.4), focus=0.4, strength=50), photo)


@pytest.mark.parametrize("focus", [0.0, 1.0])
def test_a_plane_out_of_focus_is_blurred_by_its_disc(focus):
    photo = noise()
    out = refocus_depth(photo, np.full(SIZE, 0.5), focus=focus, strength=10)
    expected = cv2.filter2D(photo, -1, disc_kernel(5.0), borderType=cv2.BORDER_REFLECT)
    np.testing.assert_allclose(out, expected, atol=1e-4)


@pytest.mark.parametrize("radius", [4.0, 12.0, 25.0])
def test_a_blurred_foreground_spreads_over_what_is_in_focus(radius):
    photo, depth = halves()
    out = refocus_depth(photo, depth, focus=0.0, strength=radius)[60, :, 0]
    across = np.arange(SIZE[1]) - (EDGE - 0.5)
    expected = 0.1 + 0.8 * beyond(across / radius)
    inner = slice(40, 120)
    np.testing.assert_allclose(out[inner], expected[inner], atol=0.05)


@pytest.mark.parametrize("radius", [4.0, 12.0, 25.0])
def test_a_sharp_foreground_does_not_bleed_into_a_blurred_background(radius):
    photo, depth = halves()
    out = refocus_depth(photo, depth, focus=1.0, strength=radius)
    np.testing.assert_allclose(out, photo, atol=0.01)


def test_near_and_far_swap_their_places_at_the_focus():
    photo, depth = halves()
    out = refocus_depth(photo, depth, focus=0.5, strength=20)[60, :, 0]
    across = np.arange(SIZE[1]) - (EDGE - 0.5)
    np.testing.assert_allclose(out[40:120], (0.1 + 0.8 * beyond(across / 10))[40:120], atol=0.05)


def test_the_far_surface_goes_on_behind_the_near_one():
    photo, depth = halves()
    photo = photo * np.float32([1, 0.5, 0.25])
    hidden, colour, radius = continued_behind(photo, depth * 10 - 5)
    assert hidden[:, EDGE - 8 : EDGE].all()
    assert not hidden[:, EDGE:].any()
    assert not hidden[:, : EDGE - 20].any()
    there = hidden > 0
    np.testing.assert_allclose(colour[there], np.tile([0.1, 0.05, 0.025], (int(there.sum()), 1)), atol=0.01)
    np.testing.assert_allclose(radius[there], -5, atol=0.01)


def test_a_ramp_hides_nothing_and_a_flat_picture_stays_flat():
    depth = np.tile(np.linspace(0, 1, SIZE[0], dtype=np.float32)[:, None], (1, SIZE[1]))
    hidden, _, _ = continued_behind(noise(), depth * 30 - 15)
    assert not hidden.any()
    flat = np.full((*SIZE, 3), 0.4, np.float32)
    for shape in (Aperture(), Aperture(blades=5, cats_eye=0.5)):
        np.testing.assert_allclose(refocus_depth(flat, depth, focus=0.3, strength=30, aperture=shape), 0.4, atol=1e-3)


def test_blur_grows_with_the_strength():
    photo, depth = noise(), halves()[1]
    rough = [refocus_depth(photo, depth, focus=1.0, strength=s)[:, EDGE + 5 :].std() for s in (0, 2, 4, 8, 16)]
    assert (np.diff(rough) < 0).all()
