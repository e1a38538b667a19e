import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from pynet_bokeh import images
from pynet_bokeh.errors import UserError

ORIENTATION, MAKER = 0x0112, 0x010F


def save(path, pixels, **options):
    Image.fromarray(pixels).save(path, **options)
    return path


def exif(orientation, *, maker=None):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    if maker:
        tags[MAKER] = maker
    return tags


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(tmp_path, textured, suffix, orientation):
    path = save(tmp_path / f"photo.{suffix}", textured(24, 40), exif=exif(orientation))
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    np.testing.assert_array_equal(images.read_image(path), expected)
    assert images.header_size(path) == expected.shape[:2]
    assert images.read_map(path).shape == expected.shape[:2]


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(tmp_path, textured, mode):
    path = tmp_path / ("photo.tif" if mode in ("CMYK", "I;16") else "photo.png")
    if mode == "I;16":
        save(path, np.arange(0, 65536, 64, np.int32).astype(np.uint16).reshape(32, 32))
        expected = np.rint(np.arange(0, 65536, 64) / 257).astype(np.uint8).reshape(32, 32)
        expected = np.repeat(expected[..., np.newaxis], 3, axis=-1)
    else:
        picture = Image.fromarray(textured(32, 32)).convert(mode)
        picture.save(path)
        expected = np.asarray(picture.convert("RGB"))
    received = images.read_image(path)
    assert received.dtype == np.uint8 and received.shape == (32, 32, 3)
    np.testing.assert_allclose(received, expected, atol=1)


@pytest.mark.parametrize("read", [images.read_image, images.read_map, images.header_size])
@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [("f.tif", np.float32, "floats"), ("f.pfm", np.float32, "floats"), ("i.tif", np.int32, "32-bit integers")],
)
def test_floats_and_32_bits_are_refused(tmp_path, read, name, values, kind):
    """Pillow would make black pictures of them."""
    save(tmp_path / name, np.linspace(0, 1 if values == np.float32 else 255, 256).astype(values).reshape(16, 16))
    with pytest.raises(UserError, match=rf"{name}: pixels of 8 or 16 bits are read; it has {kind}"):
        read(tmp_path / name)


def test_16_bits_that_pillow_hands_over_as_32(tmp_path):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (tmp_path / "16.pgm").write_bytes(b"P5 16 16 65535\n" + (ramp * np.uint16(257)).astype(">u2").tobytes())
    np.testing.assert_array_equal(images.read_map(tmp_path / "16.pgm"), ramp)


@pytest.mark.parametrize("kind", ["RGBA", "LA", "palette", "one colour"])
def test_transparency(tmp_path, textured, kind):
    colour, alpha = textured(32, 32), np.arange(0, 256, 8, dtype=np.uint8).repeat(32).reshape(32, 32)
    path = tmp_path / "photo.png"
    if kind in ("RGBA", "LA"):
        Image.fromarray(np.dstack([colour, alpha])).convert(kind).save(path)
    else:
        colour = (colour // 86 * 86).astype(np.uint8)  # few colours: the palette has them all
        clear = tuple(int(value) for value in colour[5, 7])
        picture = Image.fromarray(colour)
        if kind == "palette":
            picture = picture.quantize(256)
            colour = np.asarray(picture.convert("RGB"))
            clear, alpha = picture.getpixel((7, 5)), np.asarray(picture)
            alpha = np.where(alpha == clear, 0, 255)
        else:
            alpha = np.where((colour == clear).all(axis=-1), 0, 255)
        picture.save(path, transparency=clear)
    read, transparent = images.read_with_alpha(path)
    np.testing.assert_array_equal(transparent, alpha)
    np.testing.assert_array_equal(read, images.read_image(path))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def save_16_bit_png(path, pixels, clear, *, metadata=b""):
    """A PNG of uint16 [H,W] or [H,W,3] by the specification (W3C PNG, 11.2 and 11.3.1.1), `clear` the transparent
    value or colour: Pillow can't write one."""
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    parts = [(b"IHDR", header), (b"tRNS", np.array(clear, ">u2").tobytes())]
    parts += [(b"eXIf", metadata)] if metadata else []
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    return path


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_transparent_value_of_16_bits_is_just_that_value(tmp_path, orientation):
    """514 becomes 2 in 8 bits, and so do 513 and 515, which are opaque."""
    values = np.array([[0, 257, 514, 65535], [513, 40000, 515, 514]], np.uint16)
    turned = exif(orientation).tobytes()[6:]  # without "Exif\0\0", which is JPEG's
    path = save_16_bit_png(tmp_path / "photo.png", values, 514, metadata=turned)
    read, alpha = images.read_with_alpha(path)
    if orientation == 6:
        values = np.rot90(values, -1)
    np.testing.assert_array_equal(alpha, np.where(values == 514, 0, 255))
    np.testing.assert_array_equal(read, np.rint(values / 257)[..., np.newaxis].repeat(3, axis=-1))
    np.testing.assert_array_equal(images.read_map(path), np.rint(values / 257))


def test_a_transparent_colour_of_16_bits_is_refused(tmp_path):
    """Pillow has 8 bits of it, in which the second pixel is of that colour, too."""
    colours = np.array([[[0x1234, 0x5678, 0x9ABC], [0x1235, 0x5678, 0x9ABC]]], np.uint16)
    path = save_16_bit_png(tmp_path / "photo.png", colours, colours[0, 0])
    with pytest.raises(UserError, match=r"photo\.png: 16-bit RGB with a transparent colour can't be read; give it an"):
        images.read_with_alpha(path)
    np.testing.assert_array_equal(images.read_image(path), (colours >> 8).astype(np.uint8))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "I;16"])
def test_what_is_opaque_has_no_alpha(tmp_path, textured, mode):
    if mode == "I;16":
        save(tmp_path / "photo.png", np.full((8, 8), 700, np.uint16))
    else:
        Image.fromarray(textured(8, 8)).convert(mode).save(tmp_path / "photo.png")
    assert images.read_with_alpha(tmp_path / "photo.png")[1] is None


def test_alpha_is_turned_upright(tmp_path, textured):
    pixels = np.dstack([textured(8, 12), np.zeros((8, 12), np.uint8)])
    pixels[0, 0, 3] = 255  # upper left as stored: upper right once upright
    Image.fromarray(pixels).save(tmp_path / "photo.png", exif=exif(6))
    _, alpha = images.read_with_alpha(tmp_path / "photo.png")
    assert alpha.shape == (12, 8) and np.argwhere(alpha).tolist() == [[0, 7]]


def test_maps_of_8_and_16_bits(tmp_path):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(images.read_map(save(tmp_path / "8.png", ramp)), ramp)
    sixteen = ramp.astype(np.uint16) * 257
    np.testing.assert_array_equal(images.read_map(save(tmp_path / "16.png", sixteen)), ramp)
    np.testing.assert_array_equal(images.read_map(save(tmp_path / "16.tif", sixteen)), ramp)
    colour = np.repeat(ramp[..., np.newaxis], 3, axis=-1)
    np.testing.assert_array_equal(images.read_map(save(tmp_path / "rgb.png", colour)), ramp)
    palette = Image.fromarray(colour).quantize(256)
    palette.save(tmp_path / "palette.png")
    np.testing.assert_allclose(images.read_map(tmp_path / "palette.png"), ramp, atol=2)


@pytest.mark.parametrize("read", [images.read_image, images.read_map, images.header_size])
def test_missing_and_foreign_files_are_named(tmp_path, read):
    with pytest.raises(UserError, match=r"gone\.jpg: no such file"):
        read(tmp_path / "gone.jpg")
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(UserError, match=r"text\.jpg: not a picture"):
        read(tmp_path / "text.jpg")
    (tmp_path / "empty.png").touch()
    with pytest.raises(UserError, match=r"empty\.png: not a picture"):
        read(tmp_path / "empty.png")
    with pytest.raises(UserError, match="can't be read"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp"])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_truncated_files_are_named_in_one_line(tmp_path, textured, suffix, share):
    whole = save(tmp_path / f"whole.{suffix}", textured(64, 64)).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole[: int(len(whole) * share)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with pytest.raises(UserError, match=rf"cut\.{suffix}: ") as error:
            images.read_image(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", range(20))
def test_damaged_files_never_raise_anything_else(tmp_path, textured, seed):
    rng = np.random.default_rng(seed)
    suffix = ("jpg", "png", "tif", "webp")[seed % 4]
    path = save(tmp_path / f"photo.{suffix}", textured(48, 48), exif=exif(6, maker="maker"))
    damaged = bytearray(path.read_bytes())
    for place in rng.integers(0, min(len(damaged), 600), 12):
        damaged[place] = rng.integers(256)
    path.write_bytes(damaged)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for read in (images.read_image, images.read_map, images.header_size):
            try:
                read(path)
            except UserError as error:
                assert path.name in str(error)


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path):
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(bytes(1000)), b"IEND"]
    packed = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks]
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    with pytest.raises(UserError, match=r"bomb\.png: 20000x20000 pixels; at most 200 megapixels"):
        images.read_image(tmp_path / "bomb.png")


def test_pictures_of_a_folder(tmp_path):
    for name in ("b.JPG", "a.png", ".hidden.png", "notes.txt", "c.tiff"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in images.picture_files(tmp_path)] == ["a.png", "b.JPG", "c.tiff"]
    with pytest.raises(UserError, match="no pictures in it"):
        images.picture_files(tmp_path / "folder.png")
    with pytest.raises(UserError, match="not a folder"):
        images.picture_files(tmp_path / "a.png")


# --- in the program --------------------------------------------------------------------------------------------------


def test_there_and_back():
    steps = np.arange(256, dtype=np.uint8)
    assert images.to_float(steps).dtype == np.float32
    np.testing.assert_array_equal(images.to_uint8(images.to_float(steps)), steps)
    np.testing.assert_array_equal(images.to_uint8(np.float32([-1, 0.4 / 255, 0.6 / 255, 2])), [0, 0, 1, 255])


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3), (40, 60, 1)])
@pytest.mark.parametrize("size", [(20, 30), (80, 120), (20, 120), (33, 61), (1, 1), (40, 60)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_resize_keeps_shape_type_range_and_flat_colour(shape, size, dtype):
    rng = np.random.default_rng(0)
    image = (rng.random(shape) * (255 if dtype is np.uint8 else 1)).astype(dtype)
    resized = images.resize(image, size)
    assert resized.shape == (*size, *shape[2:]) and resized.dtype == dtype
    assert resized.min() >= image.min() and resized.max() <= image.max()
    flat = np.full(shape, image.flat[0], dtype)
    np.testing.assert_allclose(images.resize(flat, size).astype(float), float(image.flat[0]), atol=1e-5)
    assert not np.shares_memory(images.resize(image[:], size), image) or size != shape[:2]


def test_shrinking_takes_the_mean():
    image = np.random.default_rng(0).random((8, 12, 3)).astype(np.float32)
    expected = image.reshape(4, 2, 4, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(images.resize(image, (4, 4)), expected, atol=1e-6)


# --- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.webp"])
def test_written_pictures_read_back(tmp_path, textured, name):
    smooth = images.resize(textured(8, 8), (64, 48))
    images.write_image(tmp_path / "new" / name, smooth)
    received = images.read_image(tmp_path / "new" / name)
    assert np.abs(received.astype(int) - smooth).mean() < (0.01 if name == "a.png" else 3)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]
    images.write_image(tmp_path / name, smooth[..., 0])
    assert images.read_map(tmp_path / name).shape == (64, 48)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.gif", {}, r"a\.gif: pictures are written as \.jpg, \.jpeg, \.png, \.webp"),
        ("a", {}, "pictures are written as"),
        ("a.jpg", {"quality": 0}, "quality: 1 to 100 is allowed; received 0"),
        ("a.jpg", {"like": "gone.jpg"}, "gone.jpg: no such file"),
    ],
)
def test_what_write_image_refuses(tmp_path, textured, name, options, message):
    with pytest.raises(UserError, match=message):
        images.write_image(tmp_path / name, textured(8, 8), **options)
    assert not list(tmp_path.iterdir())


def test_pictures_too_wide_for_the_format(tmp_path):
    with pytest.raises(UserError, match="WEBP holds 16383 pixels a side"):
        images.write_image(tmp_path / "a.webp", np.zeros((1, 16_384, 3), np.uint8))


def test_a_failed_write_leaves_the_old_file(tmp_path, textured, monkeypatch):
    path = tmp_path / "a.png"
    images.write_image(path, textured(8, 8))
    before = path.read_bytes()

    def full(self, file, **options):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(UserError, match=r"a\.png: can't be written \(No space left on device\)"):
        images.write_image(path, textured(9, 9))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_profile_and_exif_are_kept_upright_without_the_thumbnail(tmp_path, textured, suffix):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = exif(6, maker="maker")
    tags.get_ifd(0x8769)[0xA002] = 40  # width as stored
    original = save(tmp_path / "original.jpg", textured(24, 40), exif=tags, icc_profile=profile)
    images.write_image(tmp_path / f"copy.{suffix}", images.read_image(original), like=original)
    with Image.open(tmp_path / f"copy.{suffix}") as copy:
        assert copy.size == (24, 40)
        assert copy.info["icc_profile"] == profile
        kept = copy.getexif()
        assert kept[ORIENTATION] == 1 and kept[MAKER] == "maker"
        assert kept.get_ifd(0x8769)[0xA002] == 24
        assert not kept.get_ifd(1)
    assert images.header_size(tmp_path / f"copy.{suffix}") == (40, 24)


def test_a_broken_exif_does_not_stop_a_photo(tmp_path, textured):
    broken = b"Exif\x00\x00II*\x00\xff\xff\xff\x7f" + bytes(20)
    buffer = io.BytesIO()
    Image.fromarray(textured(16, 16)).save(buffer, "JPEG", exif=broken)
    (tmp_path / "photo.jpg").write_bytes(buffer.getvalue())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pixels = images.read_image(tmp_path / "photo.jpg")
        images.write_image(tmp_path / "copy.jpg", pixels, like=tmp_path / "photo.jpg")
    assert images.header_size(tmp_path / "copy.jpg") == (16, 16)
