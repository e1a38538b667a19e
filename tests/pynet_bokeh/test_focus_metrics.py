import cv2
import numpy as np
import pytest

from pynet_bokeh import focus_metrics, images


def square(side=200, inner=100):
    mask = np.zeros((side, side), np.uint8)
    start = (side - inner) // 2
    mask[start : start + inner, start : start + inner] = 255
    return mask


def test_regions_of_a_square():
    where = focus_metrics.regions(square())  # 200 pixels: the core is 2 pixels smaller on each side, the margin is 6
    assert where.subject.sum() == 100 * 100
    assert where.core.sum() == 96 * 96
    assert where.core[52:148, 52:148].all()
    row = where.background[100]
    assert row[:44].all() and not row[44:156].any() and row[156:].all()


def test_the_pictures_border_is_no_edge_of_the_subject():
    mask = np.zeros((100, 100), np.uint8)
    mask[:, :40] = 255
    where = focus_metrics.regions(mask)
    assert where.core[:, :39].all() and not where.core[:, 39:].any()
    everywhere = focus_metrics.regions(np.full((50, 50), 255, np.uint8))
    assert everywhere.core.all() and not everywhere.background.any()
    nowhere = focus_metrics.regions(np.zeros((50, 50), np.uint8))
    assert nowhere.background.all() and not nowhere.core.any()


@pytest.mark.parametrize("frequency", [0.05, 0.2])
def test_detail_of_a_wave_in_closed_form(frequency):
    """A wave of ω radians a pixel: e^(−ω²/2) is left by the Gaussian, and the Laplacian multiplies by 2 − 2·cos ω."""
    omega = 2 * np.pi * frequency
    wave = 0.5 + 0.1 * np.sin(omega * np.arange(400))
    picture = np.repeat(np.tile(wave, (60, 1))[..., np.newaxis], 3, axis=-1).astype(np.float32)
    detail = focus_metrics.detail(picture)[20:40, 20:-20]  # whole periods
    amplitude = np.sqrt(2 * np.mean(np.square(detail)))
    assert amplitude == pytest.approx(0.1 * np.exp(-(omega**2) / 2) * (2 - 2 * np.cos(omega)), rel=2e-3)


def test_half_the_contrast_is_half_the_detail(textured):
    photo = images.to_float(textured(200, 200))
    where = focus_metrics.regions(square())
    flat = 0.5 + 0.5 * (photo - 0.5)
    assert focus_metrics.subject_sharpness(flat, photo, where) == pytest.approx(0.5, rel=1e-4)
    assert focus_metrics.background_detail(flat, photo, where) == pytest.approx(0.5, rel=1e-4)
    assert focus_metrics.subject_sharpness(photo, photo, where) == 1


def test_either_figure_sees_its_own_region_only(textured):
    photo = images.to_float(textured(200, 200))
    blurred = cv2.GaussianBlur(photo, (0, 0), 3)
    where = focus_metrics.regions(square())
    inside = square()[..., np.newaxis] > 127
    bokeh, wrong = np.where(inside, photo, blurred), np.where(inside, blurred, photo)
    assert focus_metrics.subject_sharpness(bokeh, photo, where) == pytest.approx(1, abs=0.01)
    assert focus_metrics.background_detail(bokeh, photo, where) < 0.2
    assert focus_metrics.subject_sharpness(wrong, photo, where) < 0.2
    assert focus_metrics.background_detail(wrong, photo, where) == pytest.approx(1, abs=0.01)


def test_what_can_not_be_told_is_none(textured):
    photo = images.to_float(textured(100, 100))
    nothing, everything = (focus_metrics.regions(np.full((100, 100), value, np.uint8)) for value in (0, 255))
    assert focus_metrics.subject_sharpness(photo, photo, nothing) is None
    assert focus_metrics.background_detail(photo, photo, everything) is None
    thin = np.zeros((100, 100), np.uint8)
    thin[:, 50] = 255
    assert focus_metrics.subject_sharpness(photo, photo, focus_metrics.regions(thin)) is None
    grey = np.full_like(photo, 0.5)
    assert focus_metrics.background_detail(photo, grey, nothing) is None
