"""Montages: a whole subject, in another place, in front of a picture that stays as it was."""

import cv2
import numpy as np
import pytest

from pynet_bokeh.data import montage, photos, synthesis
from pynet_bokeh.images import write_image

SIZE = (90, 120)


def square(*, top=30, left=40, side=20, size=SIZE):
    matte = np.zeros(size, np.float32)
    matte[top : top + side, left : left + side] = 1
    subject = np.zeros((*size, 3), np.float32)
    subject[..., 0] = np.indices(size)[1] / size[1]  # tells left from right
    return subject, matte


@pytest.mark.parametrize("seed", range(12))
def test_a_moved_subject_is_whole_and_one_piece(seed, monkeypatch):
    monkeypatch.setattr(montage, "_NEAR", 0)
    subject, matte = montage.moved(np.random.default_rng(seed), *square())
    assert subject.shape == (*SIZE, 3) and matte.shape == SIZE
    count, _, stats, _ = cv2.connectedComponentsWithStats((matte > 0.5).astype(np.uint8))
    assert count == 2
    _, top, width, height, area = stats[1]
    assert abs(width - height) <= 2 and area >= 0.9 * width * height, "still a square"
    assert 10 <= height <= 25 and top >= 0 and top + height <= SIZE[0]


@pytest.mark.parametrize("seed", range(6))
def test_of_a_subject_seen_from_near_the_upper_part_fills_the_picture_to_its_lower_border(seed, monkeypatch):
    monkeypatch.setattr(montage, "_NEAR", 1)
    matte = np.zeros(SIZE, np.float32)
    matte[20:70, 50:60] = 1
    subject = np.repeat((np.indices(SIZE)[0] / SIZE[0]).astype(np.float32)[..., None], 3, axis=2)
    moved, shown = montage.moved(np.random.default_rng(seed), subject, matte)
    rows = np.flatnonzero((shown > 0.5).any(axis=1))
    assert rows[-1] == SIZE[0] - 1 and 0.02 * SIZE[0] <= rows[0] <= 0.31 * SIZE[0]
    seen = moved[..., 0][shown > 0.99] * SIZE[0]
    assert seen.min() == pytest.approx(20, abs=2)
    assert 20 + 0.2 * 50 < seen.max() < 20 + 0.65 * 50


@pytest.mark.parametrize("seed", range(6))
def test_a_subject_that_the_border_cuts_stays_at_it(seed):
    _, matte = montage.moved(np.random.default_rng(seed), *square(top=70))
    assert (matte[-1] > 0.5).any()


def test_a_subject_taller_than_the_picture_can_hold_is_made_smaller():
    for seed in range(10):
        _, matte = montage.moved(np.random.default_rng(seed), *square(top=1, side=86))
        assert (matte > 0.5).any()


@pytest.fixture
def chances(monkeypatch):
    """Sets the shares of backdrops' kinds; those not named are 0."""

    def fix(**shares):
        for name in ("DRAWN", "DISTANT", "BYSTANDERS", "DISTRACTORS"):
            monkeypatch.setattr(montage, f"_{name}", shares.get(name, 0.0))

    return fix


def test_a_near_backdrop_is_a_part_beside_the_other_photo_s_subject(chances):
    chances()
    ramp = np.indices((60, 80))[1].astype(np.float32) / 80
    photo, matte = np.repeat(ramp[..., None], 3, axis=2), np.zeros((60, 80), np.float32)
    matte[:, 30:50] = 1
    filled = np.full_like(photo, 9)
    falls, whole = set(), 0
    for seed in range(24):
        light = montage.backdrop(np.random.default_rng(seed), photo, filled, matte, (60, 40))
        assert light.shape == (60, 40, 3)
        if light.min() == 9:  # no window beside the subject was among those tried
            continue
        whole += 1
        assert light.max() < 30 / 80 or light.min() >= 50 / 80, "beside the subject"
        slope = np.diff(light[..., 0], axis=1)
        assert (slope >= 0).all() or (slope <= 0).all()
        falls.add(bool(slope.sum() < 0))
    assert whole > 12 and falls == {False, True}


def test_a_distant_backdrop_is_the_photo_in_small_with_mirror_images(chances):
    chances(DISTANT=1.0)
    ramp = np.indices((64, 96))[1].astype(np.float32) / 96
    photo, matte = np.repeat(ramp[..., None], 3, axis=2), np.zeros((64, 96), np.float32)
    steepest = []
    for seed in range(12):
        light = montage.backdrop(np.random.default_rng(seed), np.zeros_like(photo), photo, matte, (64, 96))
        assert light.shape == (64, 96, 3)
        np.testing.assert_allclose(light, np.broadcast_to(light[:1], light.shape), atol=1e-3)  # rows stay alike
        steepest.append(float(np.abs(np.diff(light[0, :, 0])).max()) * 96)
    assert min(steepest) > 0.98 and 1.5 < max(steepest) < 3.2, "as large as it is, or smaller by up to 3"


def test_bystanders_stay_in_a_backdrop(chances):
    chances(BYSTANDERS=1.0)
    photo, matte = np.full((60, 80, 3), 0.5, np.float32), np.ones((60, 80), np.float32)
    for distant in (0.0, 1.0):
        chances(BYSTANDERS=1.0, DISTANT=distant)
        light = montage.backdrop(np.random.default_rng(0), photo, np.zeros_like(photo), matte, (60, 40))
        np.testing.assert_allclose(light, 0.5, atol=1e-6)


def test_a_drawn_backdrop_holds_nothing_of_the_photo(chances):
    chances(DRAWN=1.0)
    photo, matte = np.full((60, 80, 3), 0.5, np.float32), np.zeros((60, 80), np.float32)
    first = montage.backdrop(np.random.default_rng(0), photo, photo, matte, (60, 40))
    second = montage.backdrop(np.random.default_rng(0), photo * 0, photo * 0, matte, (60, 40))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (60, 40, 3) and first.min() >= 0 and first.max() <= 1


def test_something_in_the_distance_is_small_and_of_the_photo_s_colours(chances):
    chances(DISTRACTORS=1.0)
    photo, matte = np.zeros((80, 120, 3), np.float32), np.zeros((80, 120), np.float32)
    photo[..., 1] = 0.3
    plain = montage.backdrop(np.random.default_rng(1), photo, photo, matte, SIZE)
    changed = np.abs(plain - [0, 0.3, 0]).max(axis=-1) > 0.01
    assert 0.0005 < changed.mean() < 0.3 and not plain[..., (0, 2)].any()


def test_a_prop_carries_the_surface_on_a_silhouette():
    surface = np.zeros((50, 50, 3), np.float32)
    surface[..., 1] = 0.3  # green all over
    for seed in range(8):
        colour, matte = montage.prop(np.random.default_rng(seed), SIZE, surface)
        assert 0.005 < (matte > 0.5).mean() < 0.8
        assert (colour[..., 1] > 0).all() and not colour[..., (0, 2)].any()


@pytest.fixture
def source(tmp_path):
    rng = np.random.default_rng(1)
    for number in range(4):
        photo = cv2.GaussianBlur(rng.random((80, 64, 3)).astype(np.float32), (0, 0), 2) * 255
        mask = np.zeros((80, 64), np.uint8)
        mask[20:70, 20:44] = 255
        write_image(tmp_path / "photos" / f"p{number}.png", photo.astype(np.uint8))
        write_image(tmp_path / "masks" / f"p{number}.png", mask)

    def make(**options):
        options = synthesis.Options(short_side=64, radius=(2, 8), closed=0.0, **options)
        return photos.open_photos(
            tmp_path / "photos", tmp_path / "masks", kind="mask", options=options, test_share=0.0
        )["train"]

    return make


def test_montages_change_the_photo_and_leave_the_other_variants_alone(source):
    plain, mounted = source(), source(montage=1.0)
    for index in range(4):
        assert (plain.read(index).image != mounted.read(index).image).any()
        np.testing.assert_array_equal(mounted.read(index).image, source(montage=1.0).read(index).image)
        np.testing.assert_array_equal(plain.read(index).bokeh, source(montage=0.0).read(index).bokeh)


def test_in_a_montage_the_subject_stays_sharp_and_the_rest_is_blurred(source):
    mounted = source(montage=1.0, variants=3)
    for index in range(6):
        example = mounted.read(index)
        core = cv2.erode(example.extra, np.ones((5, 5))) > 250
        around = cv2.dilate(example.extra, np.ones((21, 21))) == 0
        change = np.abs(example.image.astype(int) - example.bokeh).mean(axis=-1)
        if core.any():
            assert change[core].mean() < 1.5
        if around.sum() > 200:
            assert change[around].mean() > change[core].mean() if core.any() else True
