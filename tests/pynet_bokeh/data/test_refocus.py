"""The stack of discs against closed forms and against blurring with each kernel in full."""

import math

import cv2
import numpy as np
import pytest

from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.lens import disc_kernel
from pynet_bokeh.data.refocus import Blurrer, blur_smoothly, radii, refocus

SHAPES = [Aperture(), Aperture(blades=5), Aperture(cats_eye=0.8)]


def noise(size, seed=0):
    return np.random.default_rng(seed).random((*size, 3), dtype=np.float32)


@pytest.mark.parametrize("radius", [0.8, 1.0, 3.3, 6.9, 7.1, 11.0, 19.9, 20.1, 33.0, 40.0])
def test_a_point_light_becomes_a_disc_of_its_radius_and_energy(radius):
    picture = np.zeros((161, 167, 3), np.float32)
    picture[81, 82] = 100
    spread = Blurrer(picture, Aperture()).part(-radius, 0, 161, 0, 167)[..., 0]
    assert spread.sum() == pytest.approx(100, rel=1e-3)
    y, x = np.mgrid[0:161, 0:167]
    light = spread / spread.sum()
    # Larger discs are made on a picture of half or a quarter of the size, whose pixels' middles lie elsewhere.
    grid = 0.05 if radius < 7 else 0.55 if radius < 20 else 1.6
    assert (light * x).sum() == pytest.approx(82, abs=grid)
    assert (light * y).sum() == pytest.approx(81, abs=grid)
    distance = np.hypot(x - (light * x).sum(), y - (light * y).sum())
    # The second moment of a disc is r²/2; a pixel adds 1/6.
    assert math.sqrt(2 * ((light * distance**2).sum() - 1 / 6)) == pytest.approx(radius, rel=0.03, abs=0.12)
    if radius > 3:
        soft = 1.5 if radius < 7 else 3 if radius < 20 else 6
        inside = spread[distance < radius - soft]
        np.testing.assert_allclose(inside, 100 / (math.pi * radius**2), rtol=0.15)
        assert (spread[distance > radius + soft] < 1e-3).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("radius", [-2.5, -9.0, 26.0])
def test_energy_is_conserved(shape, radius):
    picture = np.zeros((180, 200, 3), np.float32)
    picture[60:120, 70:130] = noise((60, 60)) * 5  # lights above 1 count in full
    spread = Blurrer(picture, shape).part(radius, 0, 180, 0, 200)
    # Where the opening changes over the picture, a flat picture stays flat, at the price of a little energy.
    np.testing.assert_allclose(spread.sum((0, 1)), picture.sum((0, 1)), rtol=0.05 if shape.cats_eye else 0.005)


@pytest.mark.parametrize("radius", [1.4, 5.5, 9.5, 24.0])
def test_a_part_is_a_part_of_the_whole(radius):
    blurrer = Blurrer(noise((130, 150)), Aperture(blades=7))
    whole = blurrer.part(radius, 0, 130, 0, 150)
    for box in ((0, 31, 0, 50), (17, 90, 33, 141), (101, 130, 95, 150)):
        top, bottom, left, right = box
        np.testing.assert_allclose(blurrer.part(radius, *box), whole[top:bottom, left:right], atol=2e-4)


def test_one_radius_everywhere_is_one_kernel():
    picture = noise((90, 110))
    blurred = blur_smoothly(picture, np.full((90, 110), -4.3, np.float32), Aperture())
    expected = cv2.filter2D(picture, -1, disc_kernel(4.3), borderType=cv2.BORDER_REFLECT)
    np.testing.assert_allclose(blurred, expected, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_flat_picture_stays_flat_whatever_the_radii(shape):
    radius = np.linspace(-30, 12, 120 * 140, dtype=np.float32).reshape(120, 140)
    flat = np.full((120, 140, 3), 0.37, np.float32)
    np.testing.assert_allclose(blur_smoothly(flat, radius, shape), 0.37, atol=1e-3)


def test_a_ramp_of_radii_is_close_to_each_rows_own_disc_and_has_no_bands():
    picture = noise((240, 160), seed=3)
    ramp = np.linspace(0, 28, 240, dtype=np.float32)
    blurred = blur_smoothly(picture, -np.repeat(ramp[:, None], 160, 1), Aperture())
    rough = blurred.std(axis=(1, 2))
    for row in range(20, 240, 11):
        exact = cv2.filter2D(picture, -1, disc_kernel(float(ramp[row])), borderType=cv2.BORDER_REFLECT)[row]
        assert np.corrcoef(blurred[row].ravel(), exact.ravel())[0, 1] > 0.9
        assert rough[row] == pytest.approx(exact.std(), rel=0.2)
    assert np.abs(np.diff(np.log(rough)))[30:].max() < 0.2  # neighbouring rows differ little: no bands


def test_stacks_hold_both_ends_and_the_focus():
    assert radii(-3.0, -3.0) == [-3.0]
    assert radii(0.0, 0.0) == [0.0]
    for low, high in ((-31.5, 8.25), (-12.0, 0.0), (0.0, 17.0), (-20.0, -4.0), (2.0, 9.0)):
        stack = radii(low, high)
        assert stack[0] == low
        assert stack[-1] == high
        assert (np.diff(stack) > 0).all()
        assert (0.0 in stack) == (low <= 0 <= high)


# --- photo and subject -----------------------------------------------------------------------------------------------


def scene(size=(96, 128)):
    """A photo of noise with a bright square subject; its parts and matte."""
    background = noise(size, seed=1) * 0.5
    subject = np.full((*size, 3), 0.9, np.float32)
    matte = np.zeros(size, np.float32)
    matte[30:70, 40:90] = 1
    photo = np.where(matte[..., None] > 0, subject, background)
    return {"photo": photo, "matte": matte, "subject": subject, "background": background}


def test_strength_0_returns_the_photo():
    depth = np.full((96, 128), -1, np.float32)
    parts = scene()
    np.testing.assert_array_equal(refocus(**parts, depth=depth, strength=0), parts["photo"])


def test_what_is_in_focus_is_unchanged():
    depth = np.zeros((96, 128), np.float32)
    depth[:, 100:] = np.linspace(0, -1, 28)
    parts = scene()
    out = refocus(**parts, depth=depth, strength=8.0)
    np.testing.assert_allclose(out[:, :100], parts["photo"][:, :100], atol=1e-6)
    assert out[:, 118:].std() < 0.5 * parts["photo"][:, 118:].std()


def test_the_subject_stays_sharp_and_does_not_bleed_into_the_background():
    depth = np.full((96, 128), -1, np.float32)
    parts = scene() | {"background": np.zeros((96, 128, 3), np.float32)}
    parts["photo"] = parts["subject"] * parts["matte"][..., None]
    for radius in (3.0, 15.0):
        out = refocus(**parts, depth=depth, strength=radius, aperture=Aperture(blades=6))
        np.testing.assert_allclose(out, parts["photo"], atol=1e-4)


def test_blur_grows_with_the_strength():
    depth = np.tile(np.linspace(-1, -0.2, 96, dtype=np.float32)[:, None], (1, 128))
    parts = scene()
    outside = parts["matte"] == 0
    rough = [refocus(**parts, depth=depth, strength=radius)[outside].std() for radius in (0, 1, 2, 4, 8, 16)]
    assert (np.diff(rough) < 0).all()
