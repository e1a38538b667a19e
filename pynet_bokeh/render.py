"""Photos of any size through a network, without stretching, seams or loss of the photo's own sharpness.

The photo is brought to the network's picture size keeping its aspect, what is missing to a full rectangle is filled by
reflection and cut off again, and `merge` carries the result to the photo's full size. TensorFlow is never imported.

The photo never reaches the rectangle's edge: beyond it convolutions see zeros, and what they make of the outermost
pixels is a rim that stays sharp.
"""

import math
from dataclasses import dataclass

import numpy as np

from pynet_bokeh import images, opening
from pynet_bokeh.data.source import NEUTRAL_EXTRA
from pynet_bokeh.errors import UserError
from pynet_bokeh.merge import merge
from pynet_bokeh.runtime import Predictor

LONG_SIDE = 1024
"""Picture's long side for models that take any size: what they were published for, and affordable on a CPU."""
MARGIN = 4
"""Pixels of the network's input that are mirrored around the photo at least."""
STRETCH = 0.02  # by which a map may be off the shape of its photo


def render_photo(
    predictor: Predictor,
    photo: np.ndarray,
    *,
    extra: np.ndarray | None = None,
    strength: float | None = None,
    picture_size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Renders bokeh into a photo of any size.

    Args:
        predictor: the network.
        photo: uint8 [H,W,3].
        extra: the map for a network that wants one, uint8 [h,w] of any size in the photo's shape; it is laid over the
            whole photo. Without it such a network gets the neutral value.
        strength: 0 the photo itself, 1 the lens wide open, see pynet_bokeh.opening; None: its default. Of a network
            without a strength input the rendering is blended with the photo, and 1 is the default.
        picture_size: (height, width) that the network's picture stays within, for networks that take any size;
            default: a long side of 1024. A photo is not enlarged for them.

    Returns uint8 [H,W,3]. Raises UserError for a map the network has no input for or of another shape, a strength
    outside 0 to 1, or a picture size the network can't have.
    """
    prepared = prepare(predictor, photo, extra=extra, strength=strength, picture_size=picture_size)
    if prepared.strength == 0:
        return photo.copy()
    return finish(predictor, photo, prepared, predictor(*prepared.seen))


@dataclass(frozen=True)
class Prepared:
    """A photo as a network gets it, and what is needed to bring its picture back to the photo.

    Attributes:
        seen: what the network is called with: picture, map, strength.
        before: float32 [h,w,3], the photo at the size of the network's picture, without what fills up its frame.
        frame: (height, width) of the network's picture.
        strength: the user's, resolved.
    """

    seen: tuple[np.ndarray, np.ndarray | None, float | None]
    before: np.ndarray
    frame: tuple[int, int]
    strength: float


def prepare(
    predictor: Predictor,
    photo: np.ndarray,
    *,
    extra: np.ndarray | None = None,
    strength: float | None = None,
    picture_size: tuple[int, int] | None = None,
) -> Prepared:
    """The first step of `render_photo`, with its arguments and errors: everything before the network."""
    if strength is None:
        strength = opening.DEFAULT if predictor.takes_strength else 1.0
    if not 0 <= strength <= (math.inf if predictor.takes_strength else 1):
        raise UserError(f"strength: 0 to 1 is allowed; received {strength:g}")
    check_extra(predictor, extra is not None)
    if extra is not None:
        images.check_map_shape(extra, photo.shape[:2], name="map", stretch=STRETCH)
    frame, content = _frame(predictor, photo.shape[:2], picture_size)
    before = images.to_float(images.resize(photo, content))
    return Prepared(_inputs(predictor, before, extra, strength, frame), before, frame, strength)


def finish(predictor: Predictor, photo: np.ndarray, prepared: Prepared, after: np.ndarray) -> np.ndarray:
    """The last step of `render_photo`: brings the network's picture `after` to the photo's full size.

    Raises UserError when the picture has another size than was announced.
    """
    before, frame, strength = prepared.before, prepared.frame, prepared.strength
    content = before.shape[:2]
    if after.shape != (*frame, 3):
        size = list(prepared.seen[0].shape)
        raise UserError(f"{predictor.name}: {[*frame, 3]} should come out for {size}; {list(after.shape)} did")
    after = _content(after, content, predictor.input_scale)

    if predictor.input_scale > 1 and content != photo.shape[:2]:
        # What is finer than the network's input can't tell what it kept: judge, and merge, at the input's size.
        size = content[0] // predictor.input_scale, content[1] // predictor.input_scale
        before, after = images.resize(before, size), images.resize(after, size)
    rendered = merge(photo, before, after)
    return rendered if predictor.takes_strength or strength == 1 else _blended(photo, rendered, strength)


def found_focus(predictor: Predictor, photo: np.ndarray, *, picture_size: tuple[int, int] | None = None) -> np.ndarray:
    """What a network that is told nothing takes for being in focus: uint8 [H,W] at the photo's size, 255 in focus.

    Raises UserError when the network can't tell.
    """
    if not predictor.finds_focus:
        raise UserError(
            f"{predictor.name}: can't tell what it takes for the subject; a run or shipped weights are wanted"
        )
    frame, content = _frame(predictor, photo.shape[:2], picture_size)
    before = images.to_float(images.resize(photo, content))
    found = predictor.find_focus(*_inputs(predictor, before, None, opening.DEFAULT, frame))
    found = _content(images.resize(found, frame), content, predictor.input_scale)
    return images.to_uint8(images.resize(found, photo.shape[:2]))


def _inputs(
    predictor: Predictor, photo: np.ndarray, extra: np.ndarray | None, strength: float, frame: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray | None, float | None]:
    """What the network is given for a photo [h,w,3] in [0,1] of the size at which it works: picture, map, strength."""
    content = photo.shape[:2]
    input_size = frame[0] // predictor.input_scale, frame[1] // predictor.input_scale
    seen = images.resize(_letterboxed(photo, frame, predictor.input_scale), input_size)
    given = None
    if predictor.extra is not None:
        given = np.full(content, NEUTRAL_EXTRA, np.uint8) if extra is None else images.resize(extra, content)
        given = images.resize(_letterboxed(images.to_float(given), frame, predictor.input_scale), input_size)
    return seen, given, opening.network_strength(strength, content) if predictor.takes_strength else None


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
    multiple = math.lcm(predictor.size_multiple, predictor.input_scale)
    if predictor.input_size is not None:
        largest = math.inf
        frame = tuple(side * predictor.input_scale for side in predictor.input_size)
        if picture_size is not None and tuple(picture_size) != frame:
            raise UserError(
                f"size: {predictor.name} has pictures of {frame[1]}x{frame[0]}; "
                f"received {picture_size[1]}x{picture_size[0]}"
            )
    else:
        largest = 1.0
        limits = (LONG_SIDE, LONG_SIDE) if picture_size is None else picture_size
        if min(limits) < multiple:
            raise UserError(
                f"size: at least {multiple}x{multiple} is wanted for {predictor.name}; received {limits[1]}x{limits[0]}"
            )
        # Padding must not lead beyond what was asked for.
        limits = tuple(side // multiple * multiple for side in limits)
        frame = tuple(-(-side // multiple) * multiple for side in _fitted(photo_size, limits, 1, largest=1.0))
    room = tuple(max(predictor.input_scale, side - 2 * MARGIN * predictor.input_scale) for side in frame)
    return frame, _fitted(photo_size, room, predictor.input_scale, largest=largest)


def _fitted(size: tuple[int, int], room: tuple[int, int], multiple: int, *, largest: float) -> tuple[int, int]:
    """`size` scaled to fill `room`, by `largest` at most, to the nearest multiple, between `multiple` and `room`;
    unscaled it stays what it is."""
    scale = min(largest, *(limit / side for side, limit in zip(size, room, strict=True)))
    if scale == 1:
        return size
    steps = (round(side * scale / multiple) * multiple for side in size)
    return tuple(min(max(multiple, side), limit) for side, limit in zip(steps, room, strict=True))


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
