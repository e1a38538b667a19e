"""Soft edges and colours continued where the other side hides them."""

import numpy as np

from pynet_bokeh.data.matting import fill, soft_matte


def test_what_is_known_stays_and_the_rest_is_continued():
    rows, columns = np.mgrid[0:96, 0:70].astype(np.float32)
    picture = np.dstack([rows / 96, columns / 70, 0.3 + 0 * rows])
    known = np.ones((96, 70), np.float32)
    known[30:60, 20:50] = 0
    spoilt = np.where(known[..., None] > 0, picture, 7)
    filled = fill(spoilt, known)
    np.testing.assert_allclose(filled[known > 0], picture[known > 0], atol=1e-6)
    assert np.abs(filled - picture).max() < 0.12  # a ramp goes on across the hole
    np.testing.assert_allclose(filled[..., 2], 0.3, atol=1e-5)


def test_hidden_values_never_leave_the_range_of_the_known_ones():
    rng = np.random.default_rng(0)
    known = (rng.random((61, 83)) < 0.05).astype(np.float32)
    picture = rng.random((61, 83, 3), dtype=np.float32)
    filled = fill(picture, known)
    assert filled.min() >= picture[known > 0].min() - 1e-5
    assert filled.max() <= picture[known > 0].max() + 1e-5


def test_one_known_pixel_fills_everything_and_none_gives_black():
    picture, known = np.full((40, 30, 3), 0.6, np.float32), np.zeros((40, 30), np.float32)
    assert fill(picture, known).max() == 0
    known[7, 3] = 1
    np.testing.assert_allclose(fill(picture, known), 0.6, atol=1e-5)


def test_a_matte_is_hard_away_from_the_outline_and_soft_on_it():
    mask = np.zeros((80, 90), np.float32)
    mask[20:60, 30:70] = 1
    photo = np.where(mask[..., None] > 0, np.float32([0.8, 0.3, 0.2]), np.float32([0.1, 0.4, 0.6]))
    matte = soft_matte(photo, mask)
    assert matte.min() >= 0
    assert matte.max() <= 1
    assert (matte[26:54, 36:64] == 1).all()
    outside = np.ones_like(mask, bool)
    outside[14:66, 24:76] = False
    assert (matte[outside] == 0).all()
    edge = matte[40, 24:36]
    assert (np.diff(edge) >= -1e-4).all()
    assert ((edge > 0.05) & (edge < 0.95)).sum() >= 2


def test_a_jagged_mask_is_drawn_to_the_edge_in_the_photo():
    rng = np.random.default_rng(1)
    truth = np.zeros((100, 100), np.float32)
    truth[:, 50:] = 1
    mask = truth.copy()
    for row in range(0, 100, 4):  # steps of 4 rows, up to 3 pixels off
        start = 50 + rng.integers(-3, 4)
        mask[row : row + 4] = (np.arange(100) >= start).astype(np.float32)
    photo = truth[..., None] * np.float32([0.6, 0.5, 0.4]) + 0.2
    photo += rng.normal(0, 0.02, photo.shape).astype(np.float32)
    matte = soft_matte(photo, mask)
    assert np.abs(matte - truth).mean() < 0.7 * np.abs(mask - truth).mean()


def test_slits_of_a_few_pixels_are_closed():
    mask = np.ones((60, 60), np.float32)
    mask[:30, 28:31] = 0
    mask[:, :5] = 0
    photo = np.full((60, 60, 3), 0.4, np.float32)
    matte = soft_matte(photo, mask)
    assert matte[10, 29] > 0.9
    assert matte[10, 1] < 0.1
