"""A photo taken apart: nothing of the subject in the background, nothing of the background in the subject."""

import numpy as np
import pytest

from pynet_bokeh import images
from pynet_bokeh.data import cutout
from pynet_bokeh.data.lens import linear_to_srgb
from pynet_bokeh.errors import UserError

SIZE = (96, 128)


@pytest.fixture
def files(tmp_path):
    """A red subject in blue surroundings, and its mask."""
    mask = np.zeros(SIZE, np.uint8)
    mask[30:80, 40:90] = 255
    photo = np.where(mask[..., None] > 0, (200, 20, 20), (20, 20, 200)).astype(np.uint8)
    images.write_image(tmp_path / "photo.png", photo)
    images.write_image(tmp_path / "mask.png", mask)
    return tmp_path


def test_subject_and_background_keep_their_own_colours(files):
    shot = cutout.cut_out(files / "photo.png", files / "mask.png", 96)
    assert shot.matte[50, 60] == 1 and shot.matte[10, 10] == 0
    seen = shot.matte > 0.02
    assert (shot.subject[seen][:, 0] > 5 * shot.subject[seen][:, 2]).all()
    assert (shot.background[..., 2] > 5 * shot.background[..., 0]).all()
    assert shot.spots.max() == 0


def test_a_mask_without_subject_is_named(files):
    images.write_image(files / "mask.png", np.zeros(SIZE, np.uint8))
    with pytest.raises(UserError, match=r"mask\.png: no subject"):
        cutout.cut_out(files / "photo.png", files / "mask.png", 96)


def test_light_and_srgb_are_each_other_s_inverse_to_the_bit():
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    light = cutout.to_linear(every)
    np.testing.assert_array_equal(cutout.to_srgb(light), every)
    np.testing.assert_array_equal(cutout.to_srgb(light), images.to_uint8(linear_to_srgb(light)))
    assert cutout.to_srgb(light + 5).min() == 255
