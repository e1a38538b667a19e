"""Photos of any size through a network, without stretching, seams or loss of the photo's own sharpness.

The photo is brought to the network's picture size keeping its aspect, what is missing to a full rectangle is filled by
reflection and cut off again, and `merge` carries the result to the photo's full size. TensorFlow is never imported.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pynet_bokeh import cli, images
from pynet_bokeh.data.source import NEUTRAL_EXTRA
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import refuse_overwriting
from pynet_bokeh.merge import merge
from pynet_bokeh.runtime import Predictor

LONG_SIDE = 1024
"""Picture's long side for models that take any size: what they were published for, and affordable on a CPU."""
GAP = 8  # pixels of white between the pictures of a side-by-side, per 1000 of height; at least 4


# --- one photo -------------------------------------------------------------------------------------------------------


def render_photo(
    predictor: Predictor,
    photo: np.ndarray,
    *,
    extra: np.ndarray | None = None,
    strength: float = 1.0,
    picture_size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Renders bokeh into a photo of any size.

    Args:
        predictor: the network.
        photo: uint8 [H,W,3].
        extra: the map for a network that wants one, uint8 [h,w] of any size; it is laid over the whole photo. Without
            it such a network gets the neutral value.
        strength: 0 the photo itself to 1 the rendering.
        picture_size: (height, width) that the network's picture stays within, for networks that take any size;
            default: a long side of 1024. A photo is not enlarged for them.

    Returns uint8 [H,W,3]. Raises UserError for a map the network has no input for, a strength outside 0 to 1, or a
    picture size the network can't have.
    """
    if not 0 <= strength <= 1:
        raise UserError(f"strength: 0 to 1 is allowed; received {strength:g}")
    check_extra(predictor, extra is not None)
    frame, content = _frame(predictor, photo.shape[:2], picture_size)
    if strength == 0:
        return photo.copy()

    before = images.to_float(images.resize(photo, content))
    seen = _letterboxed(before, frame, predictor.input_scale)
    given = None
    if predictor.extra is not None:
        given = np.full(content, NEUTRAL_EXTRA, np.uint8) if extra is None else images.resize(extra, content)
        given = _letterboxed(images.to_float(given), frame, predictor.input_scale)
    input_size = frame[0] // predictor.input_scale, frame[1] // predictor.input_scale
    seen = images.resize(seen, input_size)
    after = predictor(seen, None if given is None else images.resize(given, input_size))
    if after.shape != (*frame, 3):
        raise UserError(
            f"{predictor.name}: {[*frame, 3]} should come out for {list(seen.shape)}; {list(after.shape)} did"
        )
    after = _content(after, content, predictor.input_scale)

    if predictor.input_scale > 1 and content != photo.shape[:2]:
        # What is finer than the network's input can't tell what it kept: judge, and merge, at the input's size.
        size = content[0] // predictor.input_scale, content[1] // predictor.input_scale
        before, after = images.resize(before, size), images.resize(after, size)
    rendered = merge(photo, before, after)
    return rendered if strength == 1 else _blended(photo, rendered, strength)


def check_extra(predictor: Predictor, given: bool) -> None:
    """Raises UserError when a map is given to a network without an input for it."""
    if given and predictor.extra is None:
        raise UserError(f"{predictor.name}: takes no depth or focus map; received one")


def _frame(
    predictor: Predictor, photo_size: tuple[int, int], picture_size: tuple[int, int] | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(height, width) of the network's picture, and of the photo within it."""
    if min(photo_size) < 1:
        raise UserError(f"photo: at least one pixel is wanted; received {photo_size[1]}x{photo_size[0]}")
    height, width = photo_size
    if predictor.input_size is not None:
        frame = tuple(side * predictor.input_scale for side in predictor.input_size)
        if picture_size is not None and tuple(picture_size) != frame:
            raise UserError(
                f"size: {predictor.name} has pictures of {frame[1]}x{frame[0]}; "
                f"received {picture_size[1]}x{picture_size[0]}"
            )
        scale = min(frame[0] / height, frame[1] / width)
        return frame, _scaled(photo_size, scale, frame, predictor.input_scale)
    multiple = math.lcm(predictor.size_multiple, predictor.input_scale)
    limits = (LONG_SIDE, LONG_SIDE) if picture_size is None else picture_size
    if min(limits) < multiple:
        raise UserError(
            f"size: at least {multiple}x{multiple} is wanted for {predictor.name}; received {limits[1]}x{limits[0]}"
        )
    limits = tuple(side // multiple * multiple for side in limits)  # padding must not lead beyond what was asked for
    content = _scaled(photo_size, min(1.0, limits[0] / height, limits[1] / width), limits, predictor.input_scale)
    return tuple(-(-side // multiple) * multiple for side in content), content


def _scaled(size: tuple[int, int], scale: float, limits: tuple[int, int], multiple: int) -> tuple[int, int]:
    """`size` times `scale` to the nearest multiple, between `multiple` and `limits`; unscaled it stays what it is."""
    if scale == 1:
        return size
    steps = (round(side * scale / multiple) * multiple for side in size)
    return tuple(min(max(multiple, side), limit) for side, limit in zip(steps, limits, strict=True))


def _margins(content: tuple[int, int], frame: tuple[int, int], multiple: int) -> list[tuple[int, int]]:
    """Pixels (above, below), (left, right) that are missing to `frame`: the photo is in the middle, as far as
    multiples allow; the pixels of a smaller input then lie wholly inside or outside of it."""
    missing = [outer - inner for outer, inner in zip(frame, content, strict=True)]
    before = [gap // 2 // multiple * multiple for gap in missing]
    return [(start, gap - start) for start, gap in zip(before, missing, strict=True)]


def _letterboxed(image: np.ndarray, frame: tuple[int, int], multiple: int) -> np.ndarray:
    """Fills [h,w,…] up to `frame` by reflection, as often as it takes."""
    margins = _margins(image.shape[:2], frame, multiple)
    return np.pad(image, (*margins, *[(0, 0)] * (image.ndim - 2)), mode="symmetric")


def _content(picture: np.ndarray, content: tuple[int, int], multiple: int) -> np.ndarray:
    """Cuts off again what `_letterboxed` filled in."""
    (above, _), (left, _) = _margins(content, picture.shape[:2], multiple)
    return np.ascontiguousarray(picture[above : above + content[0], left : left + content[1]])


def _blended(photo: np.ndarray, rendered: np.ndarray, strength: float) -> np.ndarray:
    """(1 − strength) · photo + strength · rendered, in steps of rows: 12 megapixels of floats are 144 MB."""
    for top in range(0, len(photo), 256):
        rows = slice(top, top + 256)
        mixed = photo[rows] * np.float32(1 - strength) + rendered[rows] * np.float32(strength)
        rendered[rows] = np.rint(mixed)
    return rendered


# --- files -----------------------------------------------------------------------------------------------------------


def render_file(
    predictor: Predictor,
    photo: Path,
    output: Path,
    *,
    extra: Path | None = None,
    strength: float = 1.0,
    picture_size: tuple[int, int] | None = None,
    side_by_side: bool = False,
    quality: int = 95,
    force: bool = False,
) -> None:
    """Renders one photo file into another, upright, with the photo's EXIF and colour profile.

    Args:
        predictor: the network.
        photo: any picture that can be read.
        output: `.jpg`, `.jpeg`, `.png` or `.webp`.
        extra: the map for a network that wants one.
        strength: 0 the photo itself to 1 the rendering.
        picture_size: see `render_photo`.
        side_by_side: write photo | rendering instead of the rendering alone.
        quality: 1 to 100, of JPEG and WebP.
        force: overwrite `output` when it exists; the photo itself is never overwritten.

    Raises UserError that names the file or argument; nothing half-written is left.
    """
    photo, output = Path(photo), Path(output)
    images.writable_format(output)
    _refuse_originals(output, photo, extra)
    refuse_overwriting(output, force=force)
    check_extra(predictor, extra is not None)
    pixels = images.read_image(photo)
    rendered = render_photo(
        predictor,
        pixels,
        extra=None if extra is None else images.read_map(extra),
        strength=strength,
        picture_size=picture_size,
    )
    result = strip(pixels, rendered) if side_by_side else rendered
    images.write_image(output, result, like=photo, quality=quality)


def render_folder(
    predictor: Predictor,
    photos: Path,
    output: Path,
    *,
    extra: Path | None = None,
    strength: float = 1.0,
    picture_size: tuple[int, int] | None = None,
    side_by_side: bool = False,
    quality: int = 95,
    force: bool = False,
) -> int:
    """Renders every picture of a folder into another folder, under the same name.

    A picture in a format that isn't written (TIFF, BMP, PPM) becomes a `.jpg`. `extra` is a folder with a map of the
    same stem for every photo. The other arguments are `render_file`'s. What is wrong with a single photo goes to
    standard error and the next one follows.

    Returns the number of photos that failed. Raises UserError, before any work, when a folder is missing or empty, an
    output exists and `force` is not given, or two photos would become the same output.
    """
    photos, output = Path(photos), Path(output)
    check_extra(predictor, extra is not None)
    jobs = _jobs(images.picture_files(photos), output, force=force)
    maps = None if extra is None else {path.stem: path for path in images.picture_files(Path(extra))}
    failures = 0
    with tqdm(jobs.items(), desc="render", unit="photo") as progress:
        for target, photo in progress:
            try:
                if maps is not None and photo.stem not in maps:
                    raise UserError(f"{photo}: no map named {photo.stem}.* in {extra}")
                render_file(
                    predictor,
                    photo,
                    target,
                    extra=maps and maps[photo.stem],
                    strength=strength,
                    picture_size=picture_size,
                    side_by_side=side_by_side,
                    quality=quality,
                    force=force,
                )
            except UserError as error:
                failures += 1
                progress.write(f"error: {error}", file=sys.stderr)
    return failures


def render_command(arguments: argparse.Namespace, predictor: Predictor) -> int:
    """The command `render`: a photo or a folder; 0 when all went well, 2 when a photo of a folder failed."""
    given = {kind: path for kind in ("focus", "depth") if (path := getattr(arguments, kind)) is not None}
    wrong = [kind for kind in given if kind != predictor.extra]
    if wrong:
        takes = f"takes a {predictor.extra} map" if predictor.extra else "takes no map"
        raise UserError(f"--{wrong[0]}: {predictor.name} {takes}; received {given[wrong[0]]}")
    options = {
        "extra": given.get(predictor.extra),
        "strength": arguments.strength,
        "picture_size": arguments.size,
        "side_by_side": arguments.side_by_side,
        "quality": arguments.quality,
        "force": arguments.force,
    }
    if Path(arguments.photo).is_dir():
        failures = render_folder(predictor, arguments.photo, arguments.output, **options)
        return cli.EXIT_BAD_INPUT if failures else 0
    render_file(predictor, arguments.photo, arguments.output, **options)
    return 0


def strip(*pictures: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] pictures of one height side by side, a thin white gap between them."""
    height = pictures[0].shape[0]
    gap = np.full((height, max(4, height * GAP // 1000), 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(parts[1:], axis=1)


def _jobs(photos: list[Path], output: Path, *, force: bool) -> dict[Path, Path]:
    """Output → photo; refuses what would overwrite something."""
    if output.exists() and not output.is_dir():
        raise UserError(f"{output}: not a folder; a folder of photos is rendered into a folder")
    jobs: dict[Path, Path] = {}
    for photo in photos:
        suffix = photo.suffix if photo.suffix.lower() in images.WRITABLE else ".jpg"
        target = output / f"{photo.stem}{suffix}"
        if target in jobs:
            raise UserError(f"{photo}: would become {target}, and so would {jobs[target]}; rename one")
        _refuse_originals(target, photo)
        refuse_overwriting(target, force=force)
        jobs[target] = photo
    return jobs


def _refuse_originals(output: Path, *sources: Path | None) -> None:
    """Raises UserError when `output` is one of the files it is made from, whatever its path is spelled like."""
    for source in sources:
        if source is not None and output.exists() and source.exists() and output.samefile(source):
            raise UserError(f"{output}: is the original itself; give another name")
