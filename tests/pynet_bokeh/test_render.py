import argparse
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from pynet_bokeh import images, render
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


def test_a_photo_as_large_as_the_picture_is_the_networks_output(fake_predictor, textured):
    photo = textured(64, 64)
    output = np.random.default_rng(3).random((64, 64, 3), np.float32)
    rendered = render.render_photo(fake_predictor(lambda image, extra: output, input_size=(64, 64)), photo)
    np.testing.assert_array_equal(rendered, images.to_uint8(output))


def test_letterboxing_reflects_and_does_not_stretch(fake_predictor, textured):
    photo = textured(40, 80)
    predictor = fake_predictor(input_size=(100, 80))
    render.render_photo(predictor, photo)
    np.testing.assert_array_equal(images.to_uint8(predictor.image[30:70]), photo)
    np.testing.assert_array_equal(images.to_uint8(predictor.image[:30]), photo[:30][::-1])
    np.testing.assert_array_equal(images.to_uint8(predictor.image[70:]), photo[10:][::-1])


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


def test_without_an_extra_the_neutral_one_is_given(fake_predictor, textured):
    predictor = fake_predictor(size_multiple=64, extra="depth")
    render.render_photo(predictor, textured(50, 50))
    np.testing.assert_allclose(predictor.given, 128 / 255, atol=1e-6)
    plain = fake_predictor()
    render.render_photo(plain, textured(50, 50))
    assert plain.given is None


def test_strength(fake_predictor, textured):
    photo = textured(120, 160)
    predictor = fake_predictor(darker)
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


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_phone_photo_comes_out_upright(fake_predictor, textured, tmp_path):
    photo = np.tile(textured(60, 80), (50, 50, 1))
    photo[:1000, :1000] = 255  # upper left as stored: upper right once upright
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=92, exif=exif)
    start = time.perf_counter()
    render.render_file(fake_predictor(size_multiple=64), tmp_path / "photo.jpg", tmp_path / "out" / "bokeh.jpg")
    assert time.perf_counter() - start < 15  # 2 s on four idle cores
    with Image.open(tmp_path / "out" / "bokeh.jpg") as written:
        assert written.size == (3000, 4000)
        assert written.getexif()[0x0112] == 1 and written.getexif()[0x010F] == "maker"
        assert np.asarray(written)[:900, 2100:].min() > 240
        assert np.asarray(written)[:900, :1900].min() < 200


def test_side_by_side(fake_predictor, textured, tmp_path):
    photo = textured(50, 40)
    images.write_image(tmp_path / "a.png", photo)
    render.render_file(fake_predictor(darker), tmp_path / "a.png", tmp_path / "b.png", side_by_side=True)
    result = images.read_image(tmp_path / "b.png")
    assert result.shape == (50, 84, 3)
    np.testing.assert_array_equal(result[:, :40], photo)
    assert result[:, 40:44].min() == 255
    np.testing.assert_allclose(result[:, 44:], photo * 0.5, atol=1)


@pytest.fixture
def photos(tmp_path, textured):
    folder = tmp_path / "photos"
    for name in ("a.png", "b.jpg"):
        images.write_image(folder / name, textured(30, 40))
    Image.fromarray(textured(20, 20)).save(folder / "c.tif")
    (folder / "notes.txt").write_text("not a photo")
    return folder


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_bad_suffix_is_refused_before_the_work(fake_predictor, photos, tmp_path):
    predictor = fake_predictor()
    with pytest.raises(UserError, match=r"out\.gif: pictures are written as \.jpg"):
        render.render_file(predictor, photos / "a.png", tmp_path / "out.gif")
    assert predictor.calls == 0


def test_existing_pictures_and_originals_are_safe(fake_predictor, photos, tmp_path):
    predictor, output = fake_predictor(darker), tmp_path / "out.png"
    output.write_text("precious")
    with pytest.raises(UserError, match=r"out\.png: exists already"):
        render.render_file(predictor, photos / "a.png", output)
    assert output.read_text() == "precious" and predictor.calls == 0
    render.render_file(predictor, photos / "a.png", output, force=True)
    assert images.read_image(output).shape == (30, 40, 3)
    with pytest.raises(UserError, match="is the original itself"):
        render.render_file(predictor, photos / "a.png", photos / ".." / "photos" / "a.png", force=True)


@pytest.mark.parametrize(
    ("photo", "extra", "message"),
    [
        ("missing.jpg", None, r"missing\.jpg: no such file"),
        ("notes.txt", None, r"notes\.txt: not a picture"),
        ("a.png", "missing.png", r"missing\.png: no such file"),
    ],
)
def test_unreadable_files_are_named_and_leave_nothing(fake_predictor, photos, tmp_path, photo, extra, message):
    before = everything(tmp_path)
    with pytest.raises(UserError, match=message):
        render.render_file(
            fake_predictor(extra="focus"), photos / photo, tmp_path / "o.jpg", extra=extra and photos / extra
        )
    assert everything(tmp_path) == before


def test_an_interrupted_render_leaves_nothing(fake_predictor, photos, tmp_path):
    def interrupt(image, extra):
        raise KeyboardInterrupt

    before = everything(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        render.render_file(fake_predictor(interrupt), photos / "a.png", tmp_path / "new" / "o.jpg")
    assert everything(tmp_path) == before


def test_a_folder(fake_predictor, photos, tmp_path, capsys):
    (photos / "d.jpg").write_bytes((photos / "b.jpg").read_bytes()[:300])
    failures = render.render_folder(fake_predictor(darker), photos, tmp_path / "out")
    assert failures == 1
    assert everything(tmp_path / "out") == ["a.png", "b.jpg", "c.jpg"]
    assert "d.jpg: broken picture" in capsys.readouterr().err


def test_a_folder_with_maps(fake_predictor, photos, tmp_path, capsys):
    images.write_image(tmp_path / "maps" / "a.png", np.full((3, 4), 255, np.uint8))
    images.write_image(tmp_path / "maps" / "b.png", np.zeros((3, 4), np.uint8))
    predictor = fake_predictor(by_extra, extra="focus")
    assert render.render_folder(predictor, photos, tmp_path / "out", extra=tmp_path / "maps") == 1
    assert "c.tif: no map named c.*" in capsys.readouterr().err
    np.testing.assert_array_equal(images.read_image(tmp_path / "out" / "a.png"), images.read_image(photos / "a.png"))
    assert images.read_image(tmp_path / "out" / "b.jpg").max() < 8


def test_what_render_folder_refuses_before_any_work(fake_predictor, photos, tmp_path, textured):
    predictor = fake_predictor(darker)
    with pytest.raises(UserError, match="nowhere: not a folder"):
        render.render_folder(predictor, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(UserError, match=r"notes\.txt: not a folder"):
        render.render_folder(predictor, photos, photos / "notes.txt")
    with pytest.raises(UserError, match="takes no depth or focus map"):
        render.render_folder(predictor, photos, tmp_path / "out", extra=photos)
    with pytest.raises(UserError, match="is the original itself"):
        render.render_folder(predictor, photos, photos, force=True)
    images.write_image(tmp_path / "out" / "b.jpg", textured(4, 4))
    with pytest.raises(UserError, match=r"b\.jpg: exists already"):
        render.render_folder(predictor, photos, tmp_path / "out")
    images.write_image(photos / "c.jpg", textured(4, 4))
    with pytest.raises(UserError, match=r"c\.tif: would become .*c\.jpg"):
        render.render_folder(predictor, photos, tmp_path / "new")
    assert predictor.calls == 0 and not (tmp_path / "new").exists()


# --- the command -----------------------------------------------------------------------------------------------------


def arguments(photo, output, **changes):
    options = {"focus": None, "depth": None, "strength": 1.0, "size": None, "side_by_side": False}
    return argparse.Namespace(photo=photo, output=output, quality=90, force=False, **{**options, **changes})


def test_the_command_takes_a_photo_or_a_folder(fake_predictor, photos, tmp_path):
    assert render.render_command(arguments(photos / "a.png", tmp_path / "o.jpg"), fake_predictor()) == 0
    assert render.render_command(arguments(photos, tmp_path / "o"), fake_predictor()) == 0
    assert everything(tmp_path / "o") == ["a.png", "b.jpg", "c.jpg"]
    (photos / "e.png").write_bytes(b"broken")
    assert render.render_command(arguments(photos, tmp_path / "p"), fake_predictor()) == 2


@pytest.mark.parametrize(
    ("extra", "given", "message"),
    [("focus", "depth", "--depth: fake takes a focus map"), (None, "focus", "--focus: fake takes no map")],
)
def test_the_command_refuses_the_wrong_kind_of_map(fake_predictor, photos, tmp_path, extra, given, message):
    wrong = arguments(photos / "a.png", tmp_path / "o.jpg", **{given: photos / "a.png"})
    with pytest.raises(UserError, match=message):
        render.render_command(wrong, fake_predictor(extra=extra))
