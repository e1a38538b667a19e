import cv2
import numpy as np
import pytest

from pynet_bokeh import images, opening, render
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import TflitePredictor


def blur_left_half(image, extra):
    middle = image.shape[1] // 2
    left = cv2.GaussianBlur(image, (0, 0), 4, borderType=cv2.BORDER_REFLECT)[:, :middle]
    return np.concatenate([left, image[:, middle:]], axis=1)


def darker(image, extra):
    return image * 0.5


def by_extra(image, extra):
    return image * extra[..., None]


def detail(image):
    image = image.astype(np.float32)
    return image - cv2.GaussianBlur(image, (0, 0), 1.5)


# --- one photo -------------------------------------------------------------------------------------------------------

KINDS = {
    "any": {},
    "multiple": {"size_multiple": 64},
    "fixed": {"input_size": (64, 96)},
    "double": {"input_scale": 2, "size_multiple": 32},
    "fixed double": {"input_size": (48, 32), "input_scale": 2},
    "focus": {"input_size": (96, 96), "extra": "focus"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(300, 411), (97, 640), (640, 33), (64, 96), (7, 5), (1, 1), (1, 50)])
def test_a_network_that_changes_nothing_gives_the_photo_back(fake_predictor, textured, kind, size):
    photo = textured(*size)
    rendered = render.render_photo(fake_predictor(**KINDS[kind]), photo)
    assert rendered.shape == photo.shape and rendered.dtype == np.uint8
    if kind != "double":  # which never scales these: it is the network's own output, made from a quarter of the pixels
        assert np.abs(rendered.astype(int) - photo).max() <= 1


@pytest.mark.parametrize("larger", [1, 4])
def test_half_blurred_half_sharp(fake_predictor, textured, larger):
    photo = textured(128 * larger, 192 * larger)
    predictor = fake_predictor(blur_left_half, input_size=(128, 192))
    rendered = render.render_photo(predictor, photo)
    middle, margin = 96 * larger, 4 * larger
    assert np.abs(rendered[:, middle + margin :].astype(int) - photo[:, middle + margin :]).max() <= 1
    left = np.s_[:, : middle - margin - 4]
    assert detail(rendered)[left].std() < 0.1 * detail(photo)[left].std()
    # no line in between: neighbouring columns' means differ no more at the border than within the sharp half
    steps = np.abs(np.diff(rendered.astype(np.float32).mean(axis=(0, 2))))
    assert steps[middle - margin : middle + margin].max() <= steps[middle + margin :].max() + 1


def test_a_photo_at_picture_size_is_the_networks_output(fake_predictor, textured):
    photo = textured(56, 48)
    output = np.random.default_rng(3).random((64, 64, 3), np.float32)
    rendered = render.render_photo(fake_predictor(lambda image, extra: output, size_multiple=64), photo)
    np.testing.assert_array_equal(rendered, images.to_uint8(output)[4:-4, 8:-8])


def test_letterboxing_reflects_and_does_not_stretch(fake_predictor, textured):
    photo = textured(40, 80)
    predictor = fake_predictor(input_size=(100, 88))
    render.render_photo(predictor, photo)
    seen = images.to_uint8(predictor.image)
    np.testing.assert_array_equal(seen[30:70, 4:84], photo)
    np.testing.assert_array_equal(seen[:30, 4:84], photo[:30][::-1])
    np.testing.assert_array_equal(seen[70:, 4:84], photo[10:][::-1])
    np.testing.assert_array_equal(seen[30:70, :4], photo[:, :4][:, ::-1])
    np.testing.assert_array_equal(seen[30:70, 84:], photo[:, -4:][:, ::-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(300, 411), (97, 640), (640, 33), (64, 96), (2000, 1024)])
def test_what_a_network_makes_of_its_inputs_edge_is_not_seen(fake_predictor, textured, kind, size):
    def spoilt(image, *_):
        whole = np.zeros_like(image)
        whole[4:-4, 4:-4] = image[4:-4, 4:-4]
        return whole

    photo = textured(*size)
    whole, spoilt = (render.render_photo(fake_predictor(made, **KINDS[kind]), photo) for made in (None, spoilt))
    np.testing.assert_array_equal(spoilt, whole)


def test_an_input_without_room_for_mirrored_pixels_still_renders(fake_predictor, textured):
    photo = textured(30, 20)
    np.testing.assert_allclose(render.render_photo(fake_predictor(input_size=(8, 12)), photo), photo, atol=1)


@pytest.mark.parametrize(
    ("size", "frame", "inside"),
    [((56, 120), (64, 128), (56, 120)), ((57, 120), (64, 128), (56, 118)), ((64, 100), (64, 128), (56, 88))],
)
def test_a_photo_is_shrunk_for_what_is_mirrored_around_it_only_where_that_is_missing(
    fake_predictor, textured, size, frame, inside
):
    predictor, photo = fake_predictor(size_multiple=64), textured(*size)
    render.render_photo(predictor, photo)
    assert predictor.image.shape == (*frame, 3)
    top, left = ((outer - inner) // 2 for outer, inner in zip(frame, inside, strict=True))
    seen = images.to_uint8(predictor.image[top : top + inside[0], left : left + inside[1]])
    np.testing.assert_array_equal(seen, images.resize(photo, inside))


@pytest.mark.parametrize(
    ("photo_size", "options", "multiple", "scale", "seen"),
    [
        ((300, 200), {}, 1, 1, (300, 200)),
        ((300, 200), {}, 64, 1, (320, 256)),
        ((1500, 3000), {}, 64, 1, (512, 1024)),
        ((3000, 1500), {}, 64, 2, (512, 256)),
        ((300, 200), {"picture_size": (100, 128)}, 64, 1, (64, 64)),
        ((1500, 3000), {"picture_size": (2048, 2048)}, 32, 1, (1024, 2048)),
    ],
)
def test_size_that_a_network_of_any_size_sees(fake_predictor, textured, photo_size, options, multiple, scale, seen):
    predictor = fake_predictor(size_multiple=multiple, input_scale=scale)
    photo = cv2.resize(textured(30, 30), photo_size[::-1])
    render.render_photo(predictor, photo, **options)
    assert predictor.image.shape == (*seen, 3)
    assert predictor.image.dtype == np.float32


def test_a_network_with_half_the_input_keeps_the_photos_sharpness(fake_predictor, textured):
    photo = textured(256, 256)
    rendered = render.render_photo(fake_predictor(input_size=(32, 32), input_scale=2), photo)
    np.testing.assert_allclose(rendered, photo, atol=1)
    blurring = fake_predictor(
        lambda image, extra: cv2.GaussianBlur(image, (0, 0), 3), input_size=(32, 32), input_scale=2
    )
    assert detail(render.render_photo(blurring, photo)).std() < 0.05 * detail(photo).std()


def test_the_extra_is_laid_over_the_photo(fake_predictor, textured):
    predictor = fake_predictor(by_extra, input_size=(64, 64), extra="focus")
    focus = np.zeros((200, 100), np.uint8)
    focus[:, 50:] = 255
    photo = textured(64, 32)
    rendered = render.render_photo(predictor, photo, extra=focus)
    assert predictor.given.shape == (64, 64) and predictor.given.dtype == np.float32
    np.testing.assert_allclose(rendered[:, 18:], images.resize(photo, (64, 32))[:, 18:], atol=3)
    assert rendered[:, :14].max() <= 3


@pytest.mark.parametrize("size", [(3, 4), (301, 400), (295, 400), (600, 800), (1, 1)])
def test_a_map_of_the_photos_shape_may_have_any_size(fake_predictor, textured, size):
    predictor = fake_predictor(extra="focus")
    render.render_photo(predictor, textured(60, 80), extra=np.full(size, 200, np.uint8))
    np.testing.assert_allclose(predictor.given, 200 / 255, atol=1e-6)


@pytest.mark.parametrize("size", [(400, 300), (400, 400), (309, 400), (291, 400), (80, 60)])
def test_a_map_is_not_stretched(fake_predictor, textured, size):
    message = f"map: {size[1]}x{size[0]} pixels, which is another shape than the photo's 400x300; 2 %"
    with pytest.raises(UserError, match=message):
        render.render_photo(fake_predictor(extra="focus"), textured(300, 400), extra=np.zeros(size, np.uint8))


def test_without_an_extra_the_neutral_one_is_given(fake_predictor, textured):
    predictor = fake_predictor(size_multiple=64, extra="depth")
    render.render_photo(predictor, textured(50, 50))
    np.testing.assert_allclose(predictor.given, 128 / 255, atol=1e-6)
    plain = fake_predictor()
    render.render_photo(plain, textured(50, 50))
    assert plain.given is None


def test_strength(fake_predictor, textured):
    photo = textured(120, 160)
    predictor = fake_predictor(darker, size_multiple=64)
    np.testing.assert_array_equal(render.render_photo(predictor, photo, strength=0), photo)
    assert predictor.calls == 0
    full = render.render_photo(predictor, photo)
    half = render.render_photo(predictor, photo, strength=0.5)
    np.testing.assert_allclose(full, photo * 0.5, atol=1)
    np.testing.assert_allclose(half, photo * 0.75, atol=1.5)


@pytest.mark.parametrize(
    ("predictor", "options", "message"),
    [
        ({}, {"strength": 1.5}, "strength: 0 to 1 is allowed; received 1.5"),
        ({}, {"strength": float("nan")}, "strength"),
        ({}, {"extra": np.zeros((4, 4), np.uint8)}, "fake: takes no depth or focus map"),
        ({"input_size": (64, 96)}, {"picture_size": (64, 64)}, "size: fake has pictures of 96x64; received 64x64"),
        ({"size_multiple": 64}, {"picture_size": (32, 512)}, "size: at least 64x64"),
    ],
)
def test_what_render_photo_refuses(fake_predictor, textured, predictor, options, message):
    with pytest.raises(UserError, match=message):
        render.render_photo(fake_predictor(**predictor), textured(20, 20), **options)


def test_a_network_of_the_wrong_size_is_named(fake_predictor, textured):
    with pytest.raises(UserError, match=r"fake: .*should come out"):
        render.render_photo(fake_predictor(lambda image, extra: image[::2]), textured(64, 64))


# --- real models -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["focus", "int8"])
def test_a_tflite_with_a_focus_map(tiny_models, textured, name):
    predictor = TflitePredictor(tiny_models / f"{name}.tflite")
    photo = textured(150, 100)
    focus = np.full((150, 100), 255, np.uint8)
    np.testing.assert_allclose(render.render_photo(predictor, photo, extra=focus), photo, atol=4)
    np.testing.assert_allclose(render.render_photo(predictor, photo, extra=focus * 0), photo * 0.5, atol=16)


def test_a_tflite_that_doubles(tiny_models, textured):
    predictor = TflitePredictor(tiny_models / "double.tflite")
    assert render.render_photo(predictor, textured(90, 41)).shape == (90, 41, 3)


def test_a_network_with_a_strength_input_is_told_it_in_its_own_pixels(fake_predictor, textured):
    predictor = fake_predictor(
        lambda image, extra, strength: image * (1 - strength), takes_strength=True, size_multiple=64
    )
    photo = textured(200, 300)
    rendered = render.render_photo(predictor, photo, strength=0.8)
    assert predictor.opened == pytest.approx(0.8 * opening.RADIUS_SHARE * 200 / opening.LARGEST_RADIUS)
    np.testing.assert_allclose(rendered, photo * (1 - predictor.opened), atol=1)
    render.render_photo(predictor, photo, strength=0.8, picture_size=(128, 192))
    assert predictor.opened == pytest.approx(0.8 * opening.RADIUS_SHARE * 120 / opening.LARGEST_RADIUS)
    render.render_photo(predictor, photo)
    assert predictor.opened == pytest.approx(opening.network_strength(opening.DEFAULT, (200, 300)))


def test_strength_0_is_the_photo_itself_whatever_the_network_does(fake_predictor, textured):
    predictor = fake_predictor(lambda image, extra, strength: 1 - image, takes_strength=True)
    photo = textured(64, 64)
    np.testing.assert_array_equal(render.render_photo(predictor, photo, strength=0), photo)


def test_the_found_focus_lies_over_the_photo(fake_predictor):
    photo = np.zeros((120, 200, 3), np.uint8)
    photo[:, 100:] = 255
    predictor = fake_predictor(
        extra="focus", takes_strength=True, size_multiple=64, found=lambda image: image[::4, ::4].mean(axis=-1)
    )
    found = render.found_focus(predictor, photo)
    assert found.shape == (120, 200) and found.dtype == np.uint8
    assert (found[:, :92] < 20).all() and (found[:, 108:] > 235).all()
    np.testing.assert_allclose(predictor.given, 128 / 255)  # it was told nothing


def test_a_network_that_does_not_look_for_a_subject_says_so(fake_predictor, textured):
    with pytest.raises(UserError, match="fake: can't tell what it takes for the subject"):
        render.found_focus(fake_predictor(extra="focus"), textured(64, 64))
