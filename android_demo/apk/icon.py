"""The app's icon, drawn from one list of discs: the adaptive one as vectors, and pictures for Android 7.

`python -m android_demo.apk icon` writes it into the resources, where it is kept in git.
"""

import struct
import zlib
from pathlib import Path

from android_demo.apk import layout
from pynet_bokeh import files

VIEW = 108.0
"""Side of the adaptive icon's drawing; its middle 72 are sure to be seen."""
BACK = (0x2A, 0x21, 0x1B)
DISCS = (
    # x, y, radius, colour, opacity: lights out of focus, and one thing in focus before them
    (38.0, 40.0, 13.0, (0xFF, 0xB7, 0x7C), 0.55),
    (68.0, 36.0, 15.0, (0xFF, 0x8A, 0x3D), 0.45),
    (80.0, 58.0, 10.0, (0xFF, 0xE0, 0xB2), 0.50),
    (34.0, 66.0, 11.0, (0xD9, 0x6A, 0x4A), 0.50),
    (56.0, 60.0, 17.0, (0xFF, 0xF8, 0xEE), 1.00),
    (56.0, 60.0, 12.5, (0x8A, 0x4B, 0x08), 1.00),
    (51.5, 55.5, 3.6, (0xFF, 0xFF, 0xFF), 0.90),
)
DENSITIES = {"mdpi": 48, "hdpi": 72, "xhdpi": 96, "xxhdpi": 144, "xxxhdpi": 192}
SAMPLES = 4  # a pixel's side, for smooth rims


def write(resources: Path = layout.RESOURCES) -> list[Path]:
    """Writes every file of the icon and returns them."""
    made = {
        resources / "drawable" / "ic_launcher_foreground.xml": foreground().encode(),
        resources / "mipmap-anydpi-v26" / "ic_launcher.xml": _ADAPTIVE.encode(),
        **{resources / f"mipmap-{density}" / "ic_launcher.png": png(side) for density, side in DENSITIES.items()},
    }
    for path, content in made.items():
        with files.whole_file(path) as temporary:
            temporary.write_bytes(content)
    return list(made)


def foreground() -> str:
    """The discs as an Android vector."""
    paths = "".join(
        f'    <path\n        android:fillAlpha="{opacity:.2f}"\n        android:fillColor="#{_hex(colour)}"\n'
        f'        android:pathData="M{x - radius:g},{y:g} a{radius:g},{radius:g} 0 1,0 {2 * radius:g},0 '
        f'a{radius:g},{radius:g} 0 1,0 {-2 * radius:g},0 Z" />\n'
        for x, y, radius, colour, opacity in DISCS
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<vector xmlns:android="http://schemas.android.com/apk/res/android"\n'
        '    android:width="108dp"\n    android:height="108dp"\n'
        f'    android:viewportWidth="{VIEW:g}"\n    android:viewportHeight="{VIEW:g}">\n{paths}</vector>\n'
    )


def png(side: int) -> bytes:
    """The middle 72 of the drawing in a disc, `side` pixels square, RGBA."""
    rows = []
    for row in range(side):
        line = bytearray([0])  # no filter
        for column in range(side):
            line += _pixel(column, row, side)
        rows.append(bytes(line))
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _pixel(column: int, row: int, side: int) -> bytes:
    """Red, green, blue and opacity, the mean of SAMPLES x SAMPLES points."""
    sums = [0.0, 0.0, 0.0]
    covered = 0
    for step in range(SAMPLES * SAMPLES):
        x = 18 + 72 * (column + (step % SAMPLES + 0.5) / SAMPLES) / side
        y = 18 + 72 * (row + (step // SAMPLES + 0.5) / SAMPLES) / side
        if (x - VIEW / 2) ** 2 + (y - VIEW / 2) ** 2 > 35**2:
            continue
        covered += 1
        for channel, value in enumerate(_colour(x, y)):
            sums[channel] += value
    if not covered:
        return bytes(4)
    return bytes([*(round(one / covered) for one in sums), round(255 * covered / SAMPLES**2)])


def _colour(x: float, y: float) -> tuple[float, ...]:
    colour = tuple(map(float, BACK))
    for disc_x, disc_y, radius, disc, opacity in DISCS:
        if (x - disc_x) ** 2 + (y - disc_y) ** 2 <= radius**2:
            colour = tuple(new * opacity + old * (1 - opacity) for new, old in zip(disc, colour, strict=True))
    return colour


def _hex(colour: tuple[int, ...]) -> str:
    return "FF" + "".join(f"{channel:02X}" for channel in colour)


_ADAPTIVE = """<?xml version="1.0" encoding="utf-8"?>
<adaptive-icon xmlns:android="http://schemas.android.com/apk/res/android">
    <background android:drawable="@color/icon_back" />
    <foreground android:drawable="@drawable/ic_launcher_foreground" />
</adaptive-icon>
"""
