import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pynet_bokeh import images, metrics


@pytest.fixture(params=[(64, 80), (11, 11), (33, 12)])
def pair(request, textured):
    a = images.to_float(textured(*request.param))
    noise = np.random.default_rng(1).normal(0, 0.05, a.shape)
    return a, np.clip(a * 0.9 + noise, 0, 1).astype(np.float32)


def test_psnr_against_scikit_image(pair):
    assert metrics.psnr(*pair) == pytest.approx(peak_signal_noise_ratio(*pair, data_range=1), abs=1e-4)


def test_psnr_in_closed_form():
    black = np.zeros((4, 4, 3), np.float32)
    assert metrics.psnr(black, black + 0.1) == pytest.approx(20, abs=1e-4)
    assert metrics.psnr(black, black) == math.inf


def test_ssim_against_scikit_image(pair):
    _, every = structural_similarity(
        *(one.astype(np.float64) for one in pair),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
        channel_axis=-1,
        full=True,
    )
    assert metrics.ssim(*pair) == pytest.approx(every[5:-5, 5:-5].mean(), abs=1e-7)


def test_both_against_tensorflow(textured):
    tf = pytest.importorskip("tensorflow")
    a, b = (images.to_float(textured(64, 80, seed=seed)) for seed in (0, 1))
    b = 0.7 * a + 0.3 * b
    assert metrics.ssim(a, b) == pytest.approx(float(tf.image.ssim(a, b, 1.0)), abs=1e-4)
    assert metrics.psnr(a, b) == pytest.approx(float(tf.image.psnr(a, b, 1.0)), abs=1e-3)


def test_they_are_symmetric_and_1_for_equal_pictures(pair):
    a, b = pair
    assert metrics.ssim(a, a) == pytest.approx(1)
    assert metrics.ssim(a, b) == pytest.approx(metrics.ssim(b, a))
    assert metrics.psnr(a, b) == metrics.psnr(b, a)


def test_psnr_where_it_counts():
    black, grey = np.zeros((4, 4, 3), np.float32), np.full((4, 4, 3), 0.1, np.float32)
    grey[2:] = 0.01
    upper = np.arange(4)[:, None] < 2
    where = np.repeat(upper, 4, axis=1)
    assert metrics.psnr(black, grey, where=where) == pytest.approx(20, abs=1e-4)
    assert metrics.psnr(black, grey, where=~where) == pytest.approx(40, abs=1e-4)


def test_the_matched_gain_is_the_best_of_all(textured):
    a = images.to_float(textured(40, 50)) * 0.6
    b = np.clip(1.3 * a + np.random.default_rng(0).normal(0, 0.02, a.shape), 0, 1).astype(np.float32)
    matched = metrics.match_gain(a, b)
    np.testing.assert_allclose(matched, 1.3 * a, rtol=0.01)
    best = metrics.psnr(matched, b)
    assert all(metrics.psnr(gain * a, b) <= best for gain in np.linspace(0.5, 2, 151))
    assert metrics.match_gain(a, np.ones_like(a)).max() == 1
    assert metrics.match_gain(np.zeros_like(a), b).max() == 0
