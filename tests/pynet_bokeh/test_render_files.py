import argparse

import numpy as np
import pytest
from PIL import Image

from pynet_bokeh import images, render_files
from pynet_bokeh.errors import UserError
from pynet_bokeh.render_files import RenderOptions


def darker(image, extra):
    return image * 0.5


def by_extra(image, extra):
    return image * extra[..., None]


def test_a_phone_photo_comes_out_upright(fake_predictor, textured, tmp_path):
    photo = np.tile(textured(60, 80), (50, 50, 1))
    photo[:1000, :1000] = 255  # upper left as stored: upper right once upright
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=92, exif=exif)
    render_files.render_file(fake_predictor(size_multiple=64), tmp_path / "photo.jpg", tmp_path / "out" / "bokeh.jpg")
    with Image.open(tmp_path / "out" / "bokeh.jpg") as written:
        assert written.size == (3000, 4000)
        assert written.getexif()[0x0112] == 1 and written.getexif()[0x010F] == "maker"
        assert np.asarray(written)[:900, 2100:].min() > 240
        assert np.asarray(written)[:900, :1900].min() < 200


def test_side_by_side(fake_predictor, textured, tmp_path):
    photo = textured(50, 40)
    images.write_image(tmp_path / "a.png", photo)
    predictor, options = fake_predictor(darker, size_multiple=64), RenderOptions(side_by_side=True)
    render_files.render_file(predictor, tmp_path / "a.png", tmp_path / "b.png", options=options)
    result = images.read_image(tmp_path / "b.png")
    assert result.shape == (50, 84, 3)
    np.testing.assert_array_equal(result[:, :40], photo)
    assert result[:, 40:44].min() == 255
    np.testing.assert_allclose(result[:, 44:], photo * 0.5, atol=1)


@pytest.fixture
def transparent_photo(tmp_path, textured):
    """A photo that fades out to the right, with its alpha channel."""
    alpha = np.tile(np.linspace(255, 0, 40).astype(np.uint8), (50, 1))
    Image.fromarray(np.dstack([textured(50, 40), alpha])).save(tmp_path / "clear.png")
    return tmp_path / "clear.png", alpha


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_what_is_transparent_stays_so(fake_predictor, transparent_photo, tmp_path, suffix, capsys):
    photo, alpha = transparent_photo
    render_files.render_file(fake_predictor(darker, size_multiple=64), photo, tmp_path / f"o{suffix}")
    with Image.open(tmp_path / f"o{suffix}") as written:
        assert written.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(written)[..., 3], alpha)
        if suffix == ".png":
            np.testing.assert_allclose(np.asarray(written)[..., :3], images.read_image(photo) * 0.5, atol=1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("name", "side_by_side"), [("o.jpg", False), ("o.png", True)])
def test_transparency_that_is_dropped_is_told(fake_predictor, transparent_photo, tmp_path, name, side_by_side, capsys):
    photo, _ = transparent_photo
    options = RenderOptions(side_by_side=side_by_side)
    render_files.render_file(fake_predictor(darker), photo, tmp_path / name, options=options)
    told = f"{photo}: its transparency is dropped; a single rendering as .png or .webp keeps it\n"
    assert capsys.readouterr().err == told
    with Image.open(tmp_path / name) as written:
        assert written.mode == "RGB"


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
        render_files.render_file(predictor, photos / "a.png", tmp_path / "out.gif")
    assert predictor.calls == 0


def test_existing_pictures_and_originals_are_safe(fake_predictor, photos, tmp_path):
    predictor, output = fake_predictor(darker), tmp_path / "out.png"
    output.write_text("precious")
    with pytest.raises(UserError, match=r"out\.png: exists already"):
        render_files.render_file(predictor, photos / "a.png", output)
    assert output.read_text() == "precious" and predictor.calls == 0
    render_files.render_file(predictor, photos / "a.png", output, options=RenderOptions(force=True))
    assert images.read_image(output).shape == (30, 40, 3)
    with pytest.raises(UserError, match="is the original itself"):
        render_files.render_file(
            predictor, photos / "a.png", photos / ".." / "photos" / "a.png", options=RenderOptions(force=True)
        )


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
        render_files.render_file(
            fake_predictor(extra="focus"), photos / photo, tmp_path / "o.jpg", extra=extra and photos / extra
        )
    assert everything(tmp_path) == before


def test_an_interrupted_render_leaves_nothing(fake_predictor, photos, tmp_path):
    def interrupt(image, extra):
        raise KeyboardInterrupt

    before = everything(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        render_files.render_file(fake_predictor(interrupt), photos / "a.png", tmp_path / "new" / "o.jpg")
    assert everything(tmp_path) == before


def test_a_folder(fake_predictor, photos, tmp_path, capsys):
    (photos / "d.jpg").write_bytes((photos / "b.jpg").read_bytes()[:300])
    failures = render_files.render_folder(fake_predictor(darker), photos, tmp_path / "out")
    assert failures == 1
    assert everything(tmp_path / "out") == ["a.png", "b.jpg", "c.jpg"]
    assert "d.jpg: broken picture" in capsys.readouterr().err


def test_a_folder_with_maps(fake_predictor, photos, tmp_path, capsys):
    images.write_image(tmp_path / "maps" / "a.png", np.full((3, 4), 255, np.uint8))
    images.write_image(tmp_path / "maps" / "b.png", np.zeros((3, 4), np.uint8))
    predictor = fake_predictor(by_extra, extra="focus")
    assert render_files.render_folder(predictor, photos, tmp_path / "out", extra=tmp_path / "maps") == 1
    assert "c.tif: no map named c.*" in capsys.readouterr().err
    np.testing.assert_array_equal(images.read_image(tmp_path / "out" / "a.png"), images.read_image(photos / "a.png"))
    assert images.read_image(tmp_path / "out" / "b.jpg").max() < 8


def test_what_render_folder_refuses_before_any_work(fake_predictor, photos, tmp_path, textured):
    predictor = fake_predictor(darker)
    with pytest.raises(UserError, match="nowhere: not a folder"):
        render_files.render_folder(predictor, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(UserError, match=r"notes\.txt: not a folder"):
        render_files.render_folder(predictor, photos, photos / "notes.txt")
    with pytest.raises(UserError, match="takes no depth or focus map"):
        render_files.render_folder(predictor, photos, tmp_path / "out", extra=photos)
    with pytest.raises(UserError, match="is the original itself"):
        render_files.render_folder(predictor, photos, photos, options=RenderOptions(force=True))
    with pytest.raises(UserError, match=r"maps/a\.png: is the original itself"):
        images.write_image(tmp_path / "maps" / "a.png", np.zeros((30, 40), np.uint8))
        options = {"extra": tmp_path / "maps", "options": RenderOptions(force=True)}
        render_files.render_folder(fake_predictor(darker, extra="focus"), photos, tmp_path / "maps", **options)
    images.write_image(tmp_path / "out" / "b.jpg", textured(4, 4))
    with pytest.raises(UserError, match=r"b\.jpg: exists already"):
        render_files.render_folder(predictor, photos, tmp_path / "out")
    images.write_image(photos / "c.jpg", textured(4, 4))
    with pytest.raises(UserError, match=r"c\.tif: would become .*c\.jpg"):
        render_files.render_folder(predictor, photos, tmp_path / "new")
    assert predictor.calls == 0 and not (tmp_path / "new").exists()


# --- the subject -----------------------------------------------------------------------------------------------------

RECTANGLE = (20, 15, 40, 40)


@pytest.fixture
def subject_photo(tmp_path):
    """A red square on green: 30 by 30 pixels at (25, 20), and the path of its photo."""
    photo = np.full((70, 100, 3), (60, 140, 60), np.uint8)
    photo[20:50, 25:55] = 200, 50, 40
    noise = np.random.default_rng(0).integers(-15, 15, photo.shape)
    images.write_image(tmp_path / "subject.png", (photo + noise).astype(np.uint8))
    return tmp_path / "subject.png"


def test_the_subject_in_a_rectangle_is_the_focus(fake_predictor, subject_photo, tmp_path):
    predictor, mask = fake_predictor(extra="focus", size_multiple=64), tmp_path / "masks" / "mask.png"
    render_files.render_file(predictor, subject_photo, tmp_path / "o.png", extra=RECTANGLE, save_focus=mask)
    saved = images.read_map(mask)
    assert saved.shape == (70, 100)
    assert saved[22:48, 27:53].min() > 200 and saved[:18].max() < 50 and saved[:, 58:].max() < 50
    np.testing.assert_allclose(predictor.given[29:99, 14:114], saved / 255, atol=1e-6)


def test_a_mask_that_was_given_is_saved_at_the_photos_size(fake_predictor, subject_photo, tmp_path):
    images.write_image(tmp_path / "small.png", np.full((7, 10), 90, np.uint8))
    options = {"extra": tmp_path / "small.png", "save_focus": tmp_path / "saved.png"}
    render_files.render_file(fake_predictor(extra="focus"), subject_photo, tmp_path / "o.png", **options)
    assert images.read_map(tmp_path / "saved.png").shape == (70, 100)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"extra": (90, 0, 5, 5)}, "--focus-rect 90,0,5,5: too small"),
        ({"save_focus": "m.png"}, r"m\.png: there is no focus mask to save"),
        ({"extra": RECTANGLE, "save_focus": "o.png"}, r"o\.png: is the output"),
        ({"extra": RECTANGLE, "save_focus": "m.gif"}, r"m\.gif: pictures are written as"),
        ({"extra": RECTANGLE, "save_focus": "subject.png"}, r"subject\.png: is the original itself"),
        ({"extra": "wide.png"}, r"wide\.png: 100x50 pixels, which is another shape than the photo's 100x70"),
    ],
)
def test_what_is_refused_of_a_subject(fake_predictor, subject_photo, tmp_path, options, message):
    images.write_image(tmp_path / "wide.png", np.zeros((50, 100), np.uint8))
    options = {name: tmp_path / value if isinstance(value, str) else value for name, value in options.items()}
    before, predictor = everything(tmp_path), fake_predictor(extra="focus")
    with pytest.raises(UserError, match=message):
        render_files.render_file(predictor, subject_photo, tmp_path / "o.png", **options)
    assert everything(tmp_path) == before and predictor.calls == 0


# --- the command -----------------------------------------------------------------------------------------------------


def arguments(photo, output, **changes):
    options = dict.fromkeys(("focus", "focus_rect", "save_focus", "depth", "size"))
    options |= {"strength": 1.0, "side_by_side": False, "quality": None, "force": False}
    return argparse.Namespace(photo=photo, output=output, **{**options, **changes})


def test_the_command_takes_a_photo_or_a_folder(fake_predictor, photos, tmp_path):
    assert render_files.render_command(arguments(photos / "a.png", tmp_path / "o.jpg"), fake_predictor) == 0
    assert render_files.render_command(arguments(photos, tmp_path / "o"), fake_predictor) == 0
    assert everything(tmp_path / "o") == ["a.png", "b.jpg", "c.jpg"]
    (photos / "e.png").write_bytes(b"broken")
    assert render_files.render_command(arguments(photos, tmp_path / "p"), fake_predictor) == 2


@pytest.mark.parametrize(
    ("extra", "given", "message"),
    [
        ("focus", "depth", "--depth: fake takes a focus map"),
        ("depth", "focus_rect", "--focus-rect: fake takes a depth map"),
        (None, "focus", "--focus: fake takes no map"),
    ],
)
def test_the_command_refuses_the_wrong_kind_of_map(fake_predictor, photos, tmp_path, extra, given, message):
    wrong = arguments(photos / "a.png", tmp_path / "o.jpg", **{given: photos / "a.png"})
    with pytest.raises(UserError, match=message):
        render_files.render_command(wrong, lambda: fake_predictor(extra=extra))


@pytest.mark.parametrize("given", [{"focus_rect": RECTANGLE}, {"save_focus": "m.png"}])
def test_one_rectangle_is_not_for_a_folder(fake_predictor, photos, tmp_path, given):
    (option,) = given
    with pytest.raises(UserError, match=f"--{option.replace('_', '-')}: for one photo; .*photos is a folder"):
        wrong = arguments(photos, tmp_path / "o", **given)
        render_files.render_command(wrong, lambda: pytest.fail("a model was opened"))


def test_a_png_has_no_quality(fake_predictor, photos, tmp_path):
    wrong = arguments(photos / "a.png", tmp_path / "o.png", quality=80)
    with pytest.raises(UserError, match=r"--quality: of JPEG and WebP; .*o\.png is a PNG"):
        render_files.render_command(wrong, lambda: pytest.fail("a model was opened"))
    assert render_files.render_command(arguments(photos, tmp_path / "o", quality=5), fake_predictor) == 0
    assert render_files.render_command(arguments(photos, tmp_path / "p"), fake_predictor) == 0
    small, large = (tmp_path / folder / "b.jpg" for folder in "op")
    assert small.stat().st_size < large.stat().st_size


@pytest.mark.parametrize("folder", [False, True])
def test_every_header_is_read_once_before_the_photo(fake_predictor, photos, tmp_path, monkeypatch, folder):
    """A folder's not at all: reading the photo tells the same."""
    looked = []
    original = images.header_size
    monkeypatch.setattr(images, "header_size", lambda path: looked.append(path) or original(path))
    given = arguments(photos, tmp_path / "o") if folder else arguments(photos / "a.png", tmp_path / "o.png")
    assert render_files.render_command(given, fake_predictor) == 0
    assert looked == ([] if folder else [photos / "a.png"])


def test_the_command_says_what_it_wrote_and_what_it_took_of_a_rectangle(
    fake_predictor, subject_photo, tmp_path, capsys
):
    height, width = images.header_size(subject_photo)
    x, y, _, tall = RECTANGLE
    given = arguments(subject_photo, tmp_path / "o.jpg", focus_rect=(x, y, width, tall))
    assert render_files.render_command(given, lambda: fake_predictor(extra="focus")) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'o.jpg'}: {width}x{height} by fake\n"
    assert (
        f"reaches beyond {subject_photo}, which is {width}x{height} pixels; {x},{y},{width - x},{tall} is taken" in err
    )


@pytest.mark.parametrize("wrong", ["photo", "output", "format", "rectangle"])
def test_the_command_checks_files_before_it_opens_a_model(subject_photo, tmp_path, wrong):
    given = arguments(subject_photo, tmp_path / "o.jpg")
    if wrong == "photo":
        given.photo = tmp_path / "none.jpg"
    elif wrong == "output":
        (tmp_path / "o.jpg").touch()
    elif wrong == "format":
        given.output = tmp_path / "o.xyz"
    else:
        given.focus_rect = (9999, 9999, 5, 5)
    with pytest.raises(UserError):
        render_files.render_command(given, lambda: pytest.fail("a model was opened"))


@pytest.mark.parametrize(
    ("photo", "output", "message"),
    [
        ("a.png", ".", r"photos: is a folder; the name of a file is wanted"),
        ("a.png", "notes.txt/o.jpg", r"o\.jpg: can't be written \(.*notes\.txt is not a folder\)"),
        (".", "new.jpg", r"new\.jpg: named like a picture; a folder of photos is rendered into a folder"),
        (".", "notes.txt", r"notes\.txt: not a folder; a folder of photos is rendered into a folder"),
        (".", "notes.txt/new", r"notes\.txt/new: can't be written into \(.*notes\.txt is not a folder\)"),
        ("empty", "new", r"empty: no pictures in it"),
    ],
)
def test_a_file_where_a_folder_should_be_and_the_other_way(photos, photo, output, message):
    (photos / "empty").mkdir()
    before = everything(photos)
    with pytest.raises(UserError, match=message):
        render_files.render_command(
            arguments(photos / photo, photos / output), lambda: pytest.fail("a model was opened")
        )
    assert everything(photos) == before


def test_a_folder_may_be_named_like_a_picture(fake_predictor, photos, tmp_path):
    (tmp_path / "own.jpg").mkdir()
    assert render_files.render_command(arguments(photos, tmp_path / "own.jpg"), fake_predictor) == 0
    assert everything(tmp_path / "own.jpg") == ["a.png", "b.jpg", "c.jpg"]


def test_the_command_takes_a_rectangle(fake_predictor, subject_photo, tmp_path):
    given = {"focus_rect": RECTANGLE, "save_focus": tmp_path / "m.png"}
    predictor = fake_predictor(extra="focus")
    assert render_files.render_command(arguments(subject_photo, tmp_path / "o.jpg", **given), lambda: predictor) == 0
    assert images.read_map(tmp_path / "m.png").max() == 255


def test_what_the_network_found_can_be_saved(fake_predictor, textured, tmp_path):
    images.write_image(tmp_path / "photo.png", textured(64, 96))
    predictor = fake_predictor(extra="focus", found=lambda image: np.ones(image.shape[:2]))
    render_files.render_file(predictor, tmp_path / "photo.png", tmp_path / "out.png", save_focus=tmp_path / "found.png")
    found = images.read_map(tmp_path / "found.png")
    assert found.shape == (64, 96) and (found == 255).all()
