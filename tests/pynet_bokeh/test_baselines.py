import dataclasses

import numpy as np
import pytest

from pynet_bokeh import baselines, images, metrics
from pynet_bokeh.baselines import Disc, best_discs
from pynet_bokeh.data.source import Example


@pytest.fixture
def mask():
    mask = np.zeros((120, 160), np.uint8)
    mask[30:90, 40:100] = 255
    return mask


def example(photo, mask, disc, *, masked):
    made = disc(images.to_float(photo), images.to_float(mask))[masked]
    return Example("scene", photo, images.to_uint8(made), mask)


def test_a_point_becomes_a_disc_of_its_radius_and_energy():
    photo = np.zeros((201, 201, 3), np.float32)
    photo[100, 100] = 1
    blurred, masked = Disc(10 / 201, linear=False)(photo, None)
    assert masked is None
    rows, columns = np.nonzero(blurred[..., 0] > 1e-6)
    assert np.hypot(rows - 100, columns - 100).max() == pytest.approx(10, abs=1)
    assert blurred[..., 0].sum() == pytest.approx(1, rel=1e-4)
    assert blurred[100, 100, 0] == pytest.approx(1 / (np.pi * 100), rel=0.02)


def test_linear_light_is_averaged_as_light():
    """Half black, half white: in linear light the middle is 0.5 of the light, which sRGB writes as 0.735."""
    photo = np.zeros((100, 100, 3), np.float32)
    photo[:, 50:] = 1
    for linear, expected in ((False, 0.5), (True, 0.7354)):
        blurred, _ = Disc(0.1, linear=linear)(photo, None)
        assert blurred[50, 49:51].mean() == pytest.approx(expected, abs=0.02)


def test_the_mask_keeps_what_it_covers(textured, mask):
    photo = images.to_float(textured(120, 160))
    blurred, masked = Disc(0.05, linear=True)(photo, images.to_float(mask))
    inside = mask > 127
    np.testing.assert_allclose(masked[inside], photo[inside], atol=1e-5)
    np.testing.assert_allclose(masked[~inside], blurred[~inside], atol=1e-6)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("radius", [baselines.RADII[20], baselines.RADII[43]])
@pytest.mark.parametrize("masked", [False, True])
def test_the_disc_that_made_the_targets_is_found(textured, mask, radius, linear, masked):
    disc = Disc(radius, linear)
    scenes = [example(textured(240, 320, seed=seed), np.tile(mask, (2, 2)), disc, masked=masked) for seed in (0, 1)]
    assert best_discs(scenes)[masked] == disc


def test_the_exposure_can_be_matched_in_the_search(textured, mask):
    disc = Disc(baselines.RADII[35], linear=False)
    scene = example(textured(240, 320), np.tile(mask, (2, 2)), disc, masked=True)
    darker = Example("scene", scene.image, scene.bokeh // 2, scene.extra)
    assert best_discs([darker], match=metrics.match_gain)[1] == disc


def test_pictures_without_a_mask(textured, mask):
    disc = Disc(baselines.RADII[30], linear=False)
    bare = dataclasses.replace(example(textured(120, 160), mask, disc, masked=False), extra=None)
    assert best_discs([bare])[1] is None
    assert best_discs([]) == (None, None)
