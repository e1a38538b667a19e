"""One pair from one photo: what a lens may and may not change."""

import cv2
import numpy as np
import pytest

from pynet_bokeh import images
from pynet_bokeh.data import synthesis
from pynet_bokeh.data.cutout import spots_of
from pynet_bokeh.data.lens import srgb_to_linear
from pynet_bokeh.data.synthesis import Options, from_depth, from_mask
from pynet_bokeh.errors import UserError

SIZE = 120, 160
SMALL = Options(short_side=120, radius=(4, 20))


def textured(seed=0):
    """uint8 noise with some structure, not near white."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.random((15, 20, 3), dtype=np.float32), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return images.to_uint8(0.1 + 0.5 * np.clip(coarse, 0, 1) + 0.25 * rng.random((*SIZE, 3), dtype=np.float32))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A photo, its subject mask and its depth map."""
    folder = tmp_path_factory.mktemp("photo")
    mask = np.zeros(SIZE, np.uint8)
    mask[30:95, 60:105] = 255
    depth = np.where(mask > 0, 200, np.linspace(20, 255, SIZE[0])[:, None]).astype(np.uint8)
    for name, picture in (("photo", textured()), ("mask", mask), ("depth", depth)):
        images.write_image(folder / f"{name}.png", picture)
    return folder


def from_seed(files, seed, *, options=SMALL, kind="mask"):
    render = from_mask if kind == "mask" else from_depth
    rng = np.random.default_rng(seed)
    return render("name", files / "photo.png", files / f"{kind}.png", options=options, rng=rng)


def many(files, *, kind="mask", count=40, **options):
    wanted = Options(**{"short_side": 120, "radius": (4, 20)} | options)
    return [from_seed(files, seed, options=wanted, kind=kind) for seed in range(count)]


@pytest.mark.parametrize("kind", ["mask", "depth"])
def test_pairs_are_what_the_trainer_reads(files, kind):
    for example in many(files, kind=kind, count=6):
        assert example.name == "name"
        assert example.image.dtype == example.bokeh.dtype == example.extra.dtype == np.uint8
        assert example.image.shape == example.bokeh.shape == (*SIZE, 3)
        assert example.extra.shape == SIZE
        assert (example.depth is None) == (kind == "mask")


@pytest.mark.parametrize("kind", ["mask", "depth"])
@pytest.mark.parametrize("options", [{}, {"cats_eye": True, "noise": True, "exposure": True, "aperture": "polygon"}])
def test_the_same_chance_gives_the_same_pair(files, kind, options):
    wanted = Options(short_side=120, radius=(4, 20), **options)
    first, again, other = (from_seed(files, seed, options=wanted, kind=kind) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.bokeh, again.bokeh)
    np.testing.assert_array_equal(first.image, again.image)
    assert first.radius == again.radius
    assert np.abs(first.bokeh.astype(int) - other.bokeh).max() > 10


def test_radii_fill_the_range_and_some_lenses_are_closed(files):
    examples = many(files, count=80)
    radii = np.array([example.radius for example in examples])
    opened = radii[radii > 0]
    assert 1 <= (radii == 0).sum() <= 15
    assert opened.min() >= 4
    assert opened.max() <= 20
    assert opened.min() < 6
    assert opened.max() > 15
    for example in examples:
        same = np.array_equal(example.image, example.bokeh)
        assert same == (example.radius == 0)


@pytest.mark.parametrize("kind", ["mask", "depth"])
def test_exposure_changes_a_closed_lenss_target_too(files, kind):
    plain, exposed = many(files, kind=kind), many(files, kind=kind, exposure=True)
    for one, other in zip(plain, exposed, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.radius == other.radius
        ratio = images.to_float(other.bokeh).mean() / images.to_float(one.bokeh).mean()
        assert 0.85 < ratio < 1.18
        assert not np.array_equal(one.bokeh, other.bokeh)


def test_the_subject_stays_as_it_is_and_the_background_loses_detail(files):
    def detail(picture):
        grey = picture.astype(np.float32).mean(axis=-1)
        return np.abs(cv2.Laplacian(grey, cv2.CV_32F))

    ring = np.ones((9, 9), np.uint8)
    compared = 0
    for example in many(files):
        if example.radius < 8 or not np.array_equal(example.image, textured()):
            continue  # closed, or something is in front
        compared += 1
        inside = cv2.erode((example.extra == 255).astype(np.uint8), ring) > 0
        change = np.abs(example.image.astype(int) - example.bokeh)[inside]
        assert change.max() <= 1
        far = np.zeros(SIZE, bool)
        far[:20] = True
        assert detail(example.bokeh)[far].mean() < 0.5 * detail(example.image)[far].mean()
    assert compared > 10


def test_something_in_front_covers_the_subject_in_the_photo_and_spreads_in_the_target(files):
    photo = textured()
    covered = [example for example in many(files, count=120) if not np.array_equal(example.image, photo)]
    assert 6 <= len(covered) <= 40
    over = [example for example in covered if (example.image != photo).any(-1)[30:95, 60:105].sum() > 20]
    assert over
    for example in over:
        hidden = (example.image != photo).any(-1)
        assert example.extra[hidden].mean() < 128  # what is in front isn't the focus
        if example.radius > 8:
            inside = np.zeros(SIZE, bool)
            inside[32:93, 62:103] = True
            beyond = inside & ~hidden & (cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
            assert np.abs(example.bokeh.astype(int) - photo)[beyond].mean() > 2


def test_faces_and_large_bright_areas_are_not_boosted_but_small_lights_are(files, tmp_path):
    photo = np.full((*SIZE, 3), 60, np.uint8)
    photo[:30, :60] = 250  # a window
    photo[40:90, 65:100] = 235  # a white shirt
    photo[60:63, 62 + 60 : 65 + 60] = 255  # a lamp
    spots = spots_of(photo)
    assert spots[61, 123] > 0.9
    assert spots[:28, :58].max() == 0
    assert spots[44:86, 69:96].max() == 0
    images.write_image(tmp_path / "photo.png", photo)
    images.write_image(tmp_path / "mask.png", images.read_map(files / "mask.png"))
    for seed in range(12):
        example = from_seed(tmp_path, seed)
        shirt = example.bokeh[50:80, 72:92]
        if np.array_equal(example.image, photo):
            assert shirt.max() <= 236


def test_noise_is_in_both_pictures_where_they_are_sharp(files):
    clean, noisy = many(files, count=12), many(files, count=12, noise=True)
    for one, other in zip(clean, noisy, strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() > 0.5
        if np.array_equal(one.image, textured()):
            inside = np.s_[45:85, 72:95]
            assert np.abs(other.image[inside].astype(int) - other.bokeh[inside]).max() <= 2


@pytest.mark.parametrize("kind", ["mask", "depth"])
def test_a_stopped_down_photo_is_blurred_less_than_its_target_which_stays(files, kind):
    def detail(picture):
        return np.abs(cv2.Laplacian(picture.astype(np.float32).mean(axis=-1), cv2.CV_32F))[:20].mean()

    options = {"kind": kind, "noise": True, "radius": (25, 30)}
    compared = 0
    for pinhole, real in zip(many(files, **options), many(files, stopped_down=1, **options), strict=True):
        np.testing.assert_array_equal(pinhole.bokeh, real.bokeh)
        assert pinhole.radius == real.radius
        if not pinhole.radius:
            np.testing.assert_array_equal(pinhole.image, real.image)
        elif kind == "mask":
            compared += 1
            assert detail(real.bokeh) < detail(real.image) < detail(pinhole.image)
            solid = cv2.erode((real.extra == 255).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            assert np.abs(real.image.astype(int) - pinhole.image)[solid].max(initial=0) <= 1
    assert compared > 20 or kind == "depth"


def test_a_stopped_down_lens_spreads_a_point_over_a_small_disc(files, tmp_path, monkeypatch):
    monkeypatch.setattr(synthesis.geometry, "draw", lambda rng, matte: np.full(matte.shape, -1, np.float32))
    monkeypatch.setattr(synthesis, "FOREGROUND", 0)
    photo = np.zeros((*SIZE, 3), np.uint8)
    photo[14:17, 20:23] = 255
    images.write_image(tmp_path / "photo.png", photo)
    images.write_image(tmp_path / "mask.png", images.read_map(files / "mask.png"))
    down, across = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    for example in many(tmp_path, count=10, radius=(28, 30), aperture="disc", stopped_down=1):
        if not example.radius:
            continue
        light = srgb_to_linear(images.to_float(example.image)).mean(axis=-1)
        assert light.sum() == pytest.approx(9, rel=0.02)
        variance = (light * ((down - 15) ** 2 + (across - 21) ** 2)).sum() / light.sum() - 2 * 2 / 3  # the square's own
        disc = np.sqrt(2 * variance)  # a disc's mean squared distance from its centre is r²/2
        assert example.radius / 12 - 0.4 < disc < example.radius / 6 + 0.4


def test_small_photos_are_enlarged_by_a_quarter_at_most(files):
    assert from_seed(files, 0, options=Options(short_side=144, radius=(2, 9))).image.shape == (144, 192, 3)
    assert from_seed(files, 0, options=Options(short_side=512)).image.shape == (150, 200, 3)
    assert from_seed(files, 0, options=Options(short_side=60, radius=(2, 9))).image.shape == (60, 80, 3)


def test_depth_keeps_the_place_in_focus_and_says_where_it_is(files):
    compared = 0
    for example in many(files, kind="depth"):
        assert example.radius >= 0
        np.testing.assert_array_equal(example.depth, images.read_map(files / "depth.png"))
        if example.radius > 6:
            compared += 1
            sharp = cv2.erode((example.extra == 255).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            blurred = example.extra == 0
            change = np.abs(example.image.astype(int) - example.bokeh).mean(-1)
            assert change[blurred].mean() > 3 * change[sharp].mean() if sharp.any() else True
    assert compared > 8


def test_what_will_not_do_is_named(files, tmp_path):
    images.write_image(tmp_path / "photo.png", textured())
    images.write_image(tmp_path / "mask.png", np.zeros(SIZE, np.uint8))
    images.write_image(tmp_path / "depth.png", np.full(SIZE, 90, np.uint8))
    with pytest.raises(UserError, match=r"mask\.png: no subject in this mask"):
        from_seed(tmp_path, 0)
    with pytest.raises(UserError, match=r"depth\.png: the depth is the same everywhere"):
        from_seed(tmp_path, 0, kind="depth")
    for kind in ("mask", "depth"):
        images.write_image(tmp_path / "other" / "photo.png", textured())
        images.write_image(tmp_path / "other" / f"{kind}.png", np.zeros((30, 40), np.uint8))
        with pytest.raises(UserError, match=rf"{kind}\.png: the {kind}.* is 40x30, the photo 160x120"):
            from_seed(tmp_path / "other", 0, kind=kind)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"short_side": 20}, "short side: 32"),
        ({"variants": 0}, "variants: 1"),
        ({"radius": (0, 4)}, "radius: .*received 0,4"),
        ({"radius": (9, 4)}, "radius: .*received 9,4"),
        ({"short_side": 100, "radius": (2, 26)}, "radius: .*a quarter"),
        ({"aperture": "square"}, "aperture: disc, polygon, mixed"),
    ],
)
def test_impossible_options(wrong, words):
    with pytest.raises(UserError, match=words):
        Options(**wrong)


@pytest.mark.parametrize(("kind", "polygons"), [("disc", (0, 0)), ("polygon", (60, 60)), ("mixed", (12, 36))])
def test_apertures_are_drawn_as_asked(kind, polygons):
    drawn = [synthesis.draw_aperture(np.random.default_rng(seed), kind, cats_eye=True) for seed in range(60)]
    assert polygons[0] <= sum(one.blades > 0 for one in drawn) <= polygons[1]
    assert 15 <= sum(one.cats_eye > 0 for one in drawn) <= 45
    without = [synthesis.draw_aperture(np.random.default_rng(seed), kind, cats_eye=False) for seed in range(60)]
    assert [one.blades for one in drawn] == [one.blades for one in without]
    assert not any(one.cats_eye for one in without)
