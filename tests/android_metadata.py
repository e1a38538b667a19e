"""Photos with metadata for the Java tests, and a look at what Java made of them, beside what Python makes."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from android_reference import Folder
from pynet_bokeh import images

SIZE = (48, 64)
"""(height, width) of the upright photos."""
ADDED = ExifTags.Base.Orientation
"""What Python writes into every EXIF; where there was none, Java leaves it out, which says upright as well."""


def write_metadata(path: Path) -> None:
    """Photos, and an encoder's JPEG in whose place each photo's metadata shall go: the cases of `metadata`."""
    folder, cases = Folder(path, "metadata"), []
    rgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    long = rgb + bytes(150_000)  # three segments
    other = bytes(rgb[:16]) + b"CMYK" + bytes(rgb[20:])
    plain = _encoded(np.random.default_rng(4).integers(0, 255, (*SIZE, 3), np.uint8))
    tagged = _encoded(np.random.default_rng(4).integers(0, 255, (*SIZE, 3), np.uint8), icc_profile=rgb[:-4] + b"mine")
    progressive = {"progressive": True, "quality": 60}
    for name, encoded, options, profile in (
        ("EXIF, little-endian", plain, {"exif": _exif("<", 1)}, b""),
        ("EXIF, big-endian, turned", plain, {"exif": _exif(">", 6)}, b""),
        ("thumbnail", plain, {"exif": _with_thumbnail(_exif(">", 8), b"\x01" * 3000)}, b""),
        ("thumbnail alone", plain, {"exif": _with_thumbnail(_exif(">", 1, sized=False), b"\x01" * 3000)}, b""),
        ("profile", plain, {"icc_profile": rgb}, rgb),
        ("long profile and EXIF", tagged, {"icc_profile": long, "exif": _exif("<", 3)}, long),
        ("profile of CMYK", tagged, {"icc_profile": other}, b""),
        ("nothing", tagged, {}, b""),
        ("progressive", plain, {"exif": _exif("<", 7), **progressive}, b""),
        ("restarts", plain, {"restart_marker_rows": 1, "icc_profile": rgb}, rgb),
        ("maker's notes", plain, {"exif": _exif("<", 5, notes=bytes(range(256)) * 200)}, b""),
    ):
        photo = _encoded(np.full((*SIZE, 3), 90, np.uint8), **options)
        made = f"metadata_made_{len(cases)}.jpg"
        pieces = -(-len(options.get("icc_profile", b"")) // 65_519)  # Pillow's size of a piece
        cases.append(
            {
                "name": name,
                "photo": folder.content(photo),
                "encoded": folder.content(encoded),
                "made": made,
                "profile": bool(profile),
                "profile_bytes": len(options.get("icc_profile", b"")) + 18 * pieces,
                "height": SIZE[0],
                "width": SIZE[1],
            }
        )
    folder.cases(cases)


def check_metadata(path: Path) -> int:
    """Compares what Java made of the cases with `images.write_image`; returns how many there were."""
    cases = json.loads((path / "metadata.json").read_text())
    for case in cases:
        expected = path / "expected.jpg"
        images.write_image(expected, np.zeros((*SIZE, 3), np.uint8), like=path / case["photo"])
        with Image.open(expected) as wanted, Image.open(path / case["made"]) as made:
            assert _tags(made) == _tags(wanted), case["name"]
            if case["profile"]:
                assert made.info["icc_profile"] == wanted.info["icc_profile"], case["name"]
            with Image.open(path / case["encoded"]) as encoded:
                assert np.array_equal(np.asarray(made), np.asarray(encoded)), case["name"]
                if not case["profile"]:
                    assert made.info.get("icc_profile") == encoded.info.get("icc_profile"), case["name"]
            assert _second_directory(made.info.get("exif")) == 0, case["name"]
            if case["name"].startswith("thumbnail"):
                assert len(made.info["exif"]) < 1000, "its bytes are gone, too"
    return len(cases)


def _second_directory(exif: bytes | None) -> int:
    """Where a thumbnail's directory is said to be."""
    if exif is None:
        return 0
    order = "big" if exif[6:8] == b"MM" else "little"
    first = 6 + int.from_bytes(exif[10:14], order)
    link = first + 2 + 12 * int.from_bytes(exif[first : first + 2], order)
    return int.from_bytes(exif[link : link + 4], order)


def _tags(picture: Image.Image) -> dict:
    exif = picture.getexif()
    tags = {("main", tag): value for tag, value in exif.items() if tag not in (ADDED, *ExifTags.IFD)}
    for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        tags |= {(ifd.name, tag): value for tag, value in exif.get_ifd(ifd).items()}
    assert exif.get(ADDED, 1) == 1
    return tags


def _exif(order: str, orientation: int, *, notes: bytes = b"a maker's own", sized: bool = True) -> bytes:
    """As a camera writes it; `sized`: with the size in the first directory too, where the files of render have none."""
    exif = Image.Exif()
    exif.endian = order
    exif[ExifTags.Base.Make] = "a maker"
    if sized:
        exif[ExifTags.Base.ImageWidth] = 4000
        exif[ExifTags.Base.ImageLength] = 3000
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.DateTime] = "2026:11:22 16:40:00"
    exif[ExifTags.Base.XResolution] = TiffImagePlugin.IFDRational(72, 1)
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.ExposureTime] = TiffImagePlugin.IFDRational(1, 60)
    details[ExifTags.Base.MakerNote] = notes
    details[ExifTags.Base.ExifImageWidth] = 4000
    details[ExifTags.Base.ExifImageHeight] = 70_000
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = tuple(TiffImagePlugin.IFDRational(one, 1) for one in (46, 57, 8))
    return exif.tobytes()


def _with_thumbnail(exif: bytes, thumbnail: bytes) -> bytes:
    """Adds a second directory behind everything, big-endian, as cameras do and Pillow doesn't."""
    tiff = bytearray(exif[6:])
    count = int.from_bytes(tiff[8:10], "big")
    second = len(tiff)
    link = 10 + 12 * count
    tiff[link : link + 4] = second.to_bytes(4, "big")
    entries = ((0x0103, 3, 6 << 16), (0x0201, 4, second + 2 + 36 + 4), (0x0202, 4, len(thumbnail)))
    tiff += len(entries).to_bytes(2, "big")
    for tag, kind, value in entries:
        tiff += tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + (1).to_bytes(4, "big") + value.to_bytes(4, "big")
    return bytes(exif[:6] + tiff + bytes(4) + thumbnail)


def _encoded(pixels: np.ndarray, **options) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", **options)
    return content.getvalue()


def write_photos(folder: Path) -> None:
    """Photos of flat patches: turned eight ways, with a profile that calls green what sRGB calls red."""
    rgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = rgb.replace(b"rXYZ", b"----", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"----", b"gXYZ", 1)
    patches = np.array([[(200, 60, 40), (40, 170, 60), (30, 60, 200)], [(240, 240, 230), (90, 90, 20), (9, 9, 9)]])
    pixels = np.kron(patches, np.ones((160, 128, 1))).astype(np.uint8)
    for orientation in range(1, 9):
        options = {"exif": _exif("<", orientation), "icc_profile": swapped, "quality": 95}
        (folder / f"turned_{orientation}.jpg").write_bytes(_encoded(pixels, **options))


def check_photos(folder: Path) -> int:
    """Compares what the app made of these photos with what `images` makes of them; returns how many there were."""
    photos = sorted(folder.glob("*.jpg"))
    for photo in photos:
        expected, made = folder / "expected" / photo.name, photo.with_suffix(".jpg.made")
        upright = images.read_image(photo)
        images.write_image(expected, upright, like=photo)
        assert np.abs(images.read_image(made).astype(int) - upright)[8:-8, 8:-8].mean() < 1.5, photo.name
        with Image.open(expected) as wanted, Image.open(made) as found:
            assert _tags(found) == _tags(wanted), photo.name
            assert found.info["icc_profile"] == wanted.info["icc_profile"], photo.name
    return len(photos)
