import inspect

import cv2
import numpy as np
import pytest

from pynet_bokeh import images, merge


def small_pair(photo, size, blur=None):
    before = images.to_float(images.resize(photo, size))
    return before, before.copy() if blur is None else cv2.GaussianBlur(before, (0, 0), blur)


def detail(image):
    image = image.astype(np.float32)
    return image - cv2.GaussianBlur(image, (0, 0), 1.5)


@pytest.mark.parametrize("size", [(60, 80), (61, 83), (200, 300), (17, 300)])
def test_an_untouched_picture_gives_the_photo_back(textured, size):
    photo = textured(200, 300)
    assert np.abs(merge.merge(photo, *small_pair(photo, size)).astype(int) - photo).max() <= 1


def test_at_picture_size_the_networks_picture_comes_out_exactly(textured):
    photo = textured(90, 70)
    after = np.random.default_rng(1).random((90, 70, 3), np.float32)
    np.testing.assert_array_equal(merge.merge(photo, images.to_float(photo), after), images.to_uint8(after))


@pytest.mark.parametrize("photo_size", [(400, 560), (100, 140), (233, 301)])
def test_a_change_of_colour_is_carried_over(textured, photo_size):
    photo = np.clip(textured(*photo_size), 60, 200)
    before, _ = small_pair(photo, (200, 280))
    merged = merge.merge(photo, before, before + np.float32([0.1, 0, -0.1]))
    np.testing.assert_allclose(merged.astype(int) - photo, np.broadcast_to([25.5, 0, -25.5], photo.shape), atol=1.1)


@pytest.mark.parametrize("sigma", [1.5, 4])
def test_nothing_of_the_detail_is_left_on_a_blurred_picture(textured, sigma):
    photo = textured(512, 640)
    before, after = small_pair(photo, (128, 160), sigma)
    merged = merge.merge(photo, before, after)
    assert detail(photo).std() > 8
    assert np.abs(merged - 255 * images.resize(after, (512, 640))).mean() < 0.5  # half a step is rounding


def test_a_blurred_texture_beside_a_kept_outline_shows_no_grain(textured):
    photo = np.clip(textured(512, 512) // 8 + 40, 0, 255).astype(np.uint8)
    photo[:, 256:] = 220
    before, blurred = small_pair(photo, (128, 128))[0], np.empty((128, 128, 3), np.float32)
    blurred[:, :64] = cv2.GaussianBlur(np.ascontiguousarray(before[:, :64]), (0, 0), 4, borderType=cv2.BORDER_REFLECT)
    blurred[:, 64:] = before[:, 64:]
    merged = merge.merge(photo, before, blurred)
    near = np.s_[:, 256 - 24 : 256 - 12]  # 3 to 6 pixels of the picture beside the outline
    left = (detail(photo)[near] * detail(merged)[near]).sum() / np.square(detail(photo)[near]).sum()
    assert left < 0.15
    np.testing.assert_allclose(merged[:, 270:], photo[:, 270:], atol=1)


def test_strips_meet_without_a_seam(textured, monkeypatch):
    photo = textured(301, 203)
    before, after = small_pair(photo, (77, 52), 2)
    whole = merge.merge(photo, before, after)
    monkeypatch.setattr(merge, "STRIP", 7)
    assert np.abs(merge.merge(photo, before, after).astype(int) - whole).max() <= 1


def test_strips_are_enlarged_as_opencv_enlarges_the_whole():
    small = np.random.default_rng(0).random((41, 30, 3), np.float32)
    whole = cv2.resize(small, (97, 123), interpolation=cv2.INTER_CUBIC)
    strips = [merge.enlarged_rows(small, (123, 97), top, min(top + 20, 123)) for top in range(0, 123, 20)]
    np.testing.assert_allclose(np.concatenate(strips), whole, atol=1e-4)


def test_kept_detail_is_between_0_and_1_and_flat_places_are_kept(textured):
    before = images.to_float(textured(64, 64))
    noise = np.random.default_rng(0).random((64, 64, 3), np.float32)
    kept = merge.kept_detail(before, noise)
    assert kept.shape == (64, 64) and kept.dtype == np.float32
    assert kept.min() >= 0 and kept.max() <= 1
    flat = np.full((32, 32, 3), 0.5, np.float32)
    assert merge.kept_detail(flat, flat).min() == pytest.approx(1)
    assert merge.kept_detail(flat, flat * 0.5).max() == pytest.approx(0)


def test_a_photo_of_12_megapixels_stays_small(textured):
    import resource

    photo = np.tile(textured(300, 400), (10, 10, 1))
    before, after = small_pair(photo, (768, 1024), 2)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert merge.merge(photo, before, after).shape == (3000, 4000, 3)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start < 200_000  # kilobytes, 36,000 of them the result


def test_pictures_of_two_shapes_are_a_mistake(textured):
    with pytest.raises(ValueError, match="one shape"):
        merge.merge(textured(8, 8), np.zeros((4, 4, 3)), np.zeros((4, 5, 3)))
    assert list(inspect.signature(merge.merge).parameters) == ["photo", "before", "after"]
