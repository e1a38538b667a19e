import cv2
import numpy as np
import pytest

from pynet_bokeh import subject
from pynet_bokeh.errors import UserError


def scene(height, width, *, seed=0):
    """A reddish textured blob with a bay in its side in front of greenish texture: uint8 photo, its true mask."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 2)
    mask = np.zeros((height, width), np.uint8)
    middle, radius = (width // 2, height // 2), min(height, width) // 4
    cv2.ellipse(mask, middle, (radius, round(1.4 * radius)), 20, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(mask, (middle[0] + radius, middle[1]), radius // 2, 0, -1, cv2.LINE_AA)
    share = mask[..., None] / 255
    photo = share * np.array([190, 90, 70]) + (1 - share) * np.array([80, 130, 90]) + 150 * noise
    return np.rint(np.clip(photo, 0, 255)).astype(np.uint8), mask


def around(mask, margin=0.05):
    rows, columns = np.nonzero(mask > 127)
    more = round(margin * min(mask.shape))
    x, y = columns.min() - more, rows.min() - more
    return int(x), int(y), int(np.ptp(columns) + 1 + 2 * more), int(np.ptp(rows) + 1 + 2 * more)


def overlap(found, true):
    return ((found > 127) & (true > 127)).sum() / ((found > 127) | (true > 127)).sum()


@pytest.mark.parametrize("size", [(300, 400), (1200, 900)])
def test_the_subject_is_found_at_any_size(size):
    photo, true = scene(*size)
    found = subject.mask_of_rectangle(photo, around(true))
    assert found.shape == size and found.dtype == np.uint8
    assert overlap(found, true) > 0.95
    edge = cv2.dilate(true, np.ones((31, 31))) != cv2.erode(true, np.ones((31, 31)))
    assert found[~edge & (true == 255)].min() > 230 and found[~edge & (true == 0)].max() < 25


def test_the_edge_is_that_of_the_photo_not_of_the_small_picture():
    """At 2400 pixels GrabCut's are 4.7 pixels wide; its mask just enlarged would be off by two on average."""
    photo, true = scene(1600, 2400)
    found = subject.mask_of_rectangle(photo, around(true))
    edges = [cv2.Canny((one > 127).astype(np.uint8) * 255, 100, 200) > 0 for one in (found, true)]
    distance = cv2.distanceTransform((~edges[1]).astype(np.uint8), cv2.DIST_L2, 5)
    assert np.median(distance[edges[0]]) <= 1.5


def test_it_is_the_same_mask_every_time():
    photo, true = scene(300, 400)
    first = subject.mask_of_rectangle(photo, around(true))
    cv2.setRNGSeed(1234)
    np.testing.assert_array_equal(subject.mask_of_rectangle(photo, around(true)), first)


def test_what_reaches_beyond_the_photo_is_cut_off():
    photo, true = scene(300, 400)
    photo, true = photo[:, 170:], true[:, 170:]  # the subject touches the left border
    beyond = (-50, 40, 50 + 150, 220)
    cut = (0, 40, 150, 220)
    found = subject.mask_of_rectangle(photo, beyond)
    np.testing.assert_array_equal(found, subject.mask_of_rectangle(photo, cut))
    assert overlap(found, true) > 0.95


def test_specks_and_holes_are_filled():
    region = np.zeros((50, 50), bool)
    region[10:40, 10:40] = True
    clean = region.copy()
    region[2:4, 2:4] = True
    region[20:22, 20:22] = False
    kept = subject._without_specks(region, 9)
    assert not kept[:5].any()
    np.testing.assert_array_equal(~subject._without_specks(~kept, 9), clean)
    assert not subject._without_specks(np.zeros((5, 5), bool), 9).any()
    only = np.eye(5, dtype=bool)[:1].repeat(1, axis=0)
    np.testing.assert_array_equal(subject._without_specks(only, 9), only)  # the largest stays, however small


@pytest.mark.parametrize(
    ("rectangle", "message"),
    [
        ((400, 0, 50, 50), "--focus-rect 400,0,50,50: outside of the photo, which is 400x300 pixels"),
        ((0, 300, 50, 50), "outside of the photo"),
        ((100, 100, 5, 80), "too small; at least 8x8 pixels"),
        ((395, 10, 300, 200), "too small"),
        ((0, 0, 400, 300), "is the whole photo"),
        ((-5, -5, 500, 500), "is the whole photo"),
    ],
)
def test_rectangles_that_are_refused(rectangle, message):
    photo, _ = scene(300, 400)
    with pytest.raises(UserError, match=message):
        subject.mask_of_rectangle(photo, rectangle)


def test_the_least_rectangle_is_told_in_the_photos_pixels():
    photo, _ = scene(1500, 2000)
    with pytest.raises(UserError, match="at least 32x32 pixels"):
        subject.mask_of_rectangle(photo, (900, 700, 20, 500))


def test_nothing_to_find():
    with pytest.raises(UserError, match="nothing in it differs from what is around it"):
        subject.mask_of_rectangle(np.full((200, 300, 3), 120, np.uint8), (50, 50, 100, 100))
