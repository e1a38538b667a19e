"""Pictures beside each other in one picture: a plain strip, or a sheet of rows with captions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pynet_bokeh import images

GAP = 8  # pixels of white between the pictures of a strip, per 1000 of height; at least 4
HEIGHT = 220  # pixels, of a sheet's pictures
WIDEST = 3 * HEIGHT  # a wider panorama becomes lower
SPACE = 8  # pixels of white around everything on a sheet
TEXT = 13  # pixels, height of a sheet's letters
LINE = TEXT + 4


@dataclass(frozen=True)
class Cell:
    """A sheet's picture, uint8 [h,w,3] or [h,w] (None leaves the place empty), and the lines of text below it."""

    picture: np.ndarray | None
    caption: tuple[str, ...] = ()


def strip(*pictures: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] pictures of one height side by side, a thin white gap between them."""
    height = pictures[0].shape[0]
    gap = np.full((height, max(4, height * GAP // 1000), 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(parts[1:], axis=1)


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """uint8 [H,W,…] as a sheet shows it: `HEIGHT` pixels high, lower where it would be wider than `WIDEST`."""
    height, width = picture.shape[:2]
    scale = min(HEIGHT / height, WIDEST / width)
    return images.resize(picture, (max(1, round(height * scale)), max(1, round(width * scale))))


def contact_sheet(titles: Sequence[str], rows: Sequence[Sequence[Cell]], *, heading: Sequence[str] = ()) -> np.ndarray:
    """A sheet of pictures, uint8 [H,W,3], black on white.

    Args:
        titles: of the columns.
        rows: one cell per column each.
        heading: lines of text above everything.
    """
    shown = [
        [Cell(None if one.picture is None else thumbnail(one.picture), one.caption) for one in row] for row in rows
    ]
    font = ImageFont.load_default(TEXT)
    widths = [max(font.getlength(title), *(_width(row[n], font) for row in shown)) for n, title in enumerate(titles)]
    lefts = np.cumsum([SPACE, *(int(np.ceil(width)) + SPACE for width in widths)])
    pictures = [max((one.picture.shape[0] for one in row if one.picture is not None), default=0) for row in shown]
    captions = [LINE * max(len(one.caption) for one in row) for row in shown]
    first = SPACE + LINE * (len(heading) + 1) + SPACE
    tops = np.cumsum([first, *(sum(heights) + 2 * SPACE for heights in zip(pictures, captions, strict=True))])

    sheet = Image.new("RGB", (int(lefts[-1]), int(tops[-1])), "white")
    draw = ImageDraw.Draw(sheet)

    def write(left: int, top: int, lines: Sequence[str]) -> None:
        for number, line in enumerate(lines):
            draw.text((int(left), int(top) + LINE * number), line, fill="black", font=font)

    write(SPACE, SPACE, heading)
    for left, title in zip(lefts[:-1], titles, strict=True):
        write(left, SPACE + LINE * len(heading), [title])
    for row, top, height in zip(shown, tops[:-1], pictures, strict=True):
        for cell, left in zip(row, lefts[:-1], strict=True):
            if cell.picture is not None:
                sheet.paste(Image.fromarray(cell.picture), (int(left), int(top)))
            write(left, top + height + 2, cell.caption)
    return np.array(sheet)


def _width(cell: Cell, font: ImageFont.FreeTypeFont) -> float:
    """Pixels that a cell needs for its picture and its caption."""
    picture = 0 if cell.picture is None else cell.picture.shape[1]
    return max([picture, *map(font.getlength, cell.caption)])
