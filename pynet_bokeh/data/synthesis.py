"""One training pair from a photo and its subject mask or depth map: chance chooses geometry, lens and lights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from pynet_bokeh import images
from pynet_bokeh.data import geometry, lens, matting, montage, shapes, textures
from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.occlusion import refocus_depth
from pynet_bokeh.data.refocus import Blurrer, refocus
from pynet_bokeh.data.source import Example
from pynet_bokeh.data.textures import Patch
from pynet_bokeh.errors import UserError

APERTURES = ("disc", "polygon", "mixed")
FOREGROUND = 0.15  # share of variants with something out of focus in front
SOLID = 0.97  # of the matte: from here on a pixel shows nothing of the background
LARGEST_ENLARGEMENT = 1.25
_GAP = 2  # pixels around the matte that may hold some of the subject's colour


@dataclass(frozen=True)
class Options:
    """How pairs are made.

    Attributes:
        short_side: of the written pictures, in pixels; smaller photos are enlarged by 1.25 at most.
        variants: pairs per photo, each with its own geometry and lens.
        radius: smallest and largest circle of confusion of the background in pixels of the written picture.
        aperture: `disc`, `polygon` (5 to 9 blades) or `mixed`.
        cats_eye: let the lens barrel cut the discs towards the corners, in half of the variants.
        noise: give the photo a sensor's noise before anything else.
        exposure: make the target up to a third of a stop brighter or darker.
        closed: share of the variants whose lens is closed: the target is the photo.
        montage: share of the variants whose subject is set into another photo, see pynet_bokeh.data.montage.
        seed: others give other geometry and lenses.
    """

    short_side: int = 512
    variants: int = 1
    radius: tuple[float, float] = (2.0, 40.0)
    aperture: str = "mixed"
    cats_eye: bool = False
    noise: bool = False
    exposure: bool = False
    closed: float = 0.06
    montage: float = 0.0
    seed: int = 0

    def __post_init__(self):
        if self.short_side < 32:
            raise UserError(f"short side: 32 pixels at least; received {self.short_side}")
        if self.variants < 1:
            raise UserError(f"variants: 1 at least; received {self.variants}")
        low, high = self.radius
        if not 0 < low <= high < math.inf:
            raise UserError(f"radius: two pixel sizes A,B with 0 < A <= B are allowed; received {low:g},{high:g}")
        if high > self.short_side / 4:
            raise UserError(
                f"radius: a quarter of the short side of {self.short_side} at most; received {low:g},{high:g}"
            )
        if self.aperture not in APERTURES:
            raise UserError(f"aperture: {', '.join(APERTURES)} are allowed; received {self.aperture!r}")


# --- one photo -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Prepared:
    """What all variants of a photo share. Pictures are float32 [H, W, 3] in linear light, maps float32 [H, W]."""

    encoded: np.ndarray  # uint8 [H, W, 3], sRGB
    photo: np.ndarray
    matte: np.ndarray
    subject: np.ndarray
    background: np.ndarray
    spots: np.ndarray  # small bright spots of the background


@lru_cache(maxsize=4)  # the variants of a photo follow one another
def _prepared(photo_path: Path, mask_path: Path, short_side: int) -> _Prepared:
    encoded, mask = _pictures(photo_path, mask_path, short_side, "mask")
    if not (mask > 127).any():
        raise UserError(f"{mask_path}: no subject in this mask; white is the subject")
    mask = images.to_float(mask)
    matte = matting.soft_matte(images.to_float(encoded), mask)
    photo = _linear(encoded)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _GAP + 1, 2 * _GAP + 1))
    free = (cv2.dilate(matte, ring) <= 0.02).astype(np.float32)
    return _Prepared(
        encoded=encoded,
        photo=photo,
        matte=matte,
        subject=_continued(photo, matte),
        background=matting.fill(photo, free),
        spots=_spots(encoded) * free,
    )


def _pictures(photo_path: Path, chart_path: Path, short_side: int, what: str) -> tuple[np.ndarray, np.ndarray]:
    """The photo (uint8 [H, W, 3]) and its mask or depth map (uint8 [H, W]) at the size at which they are written."""
    photo, chart = images.read_image(photo_path), images.read_map(chart_path)
    if chart.shape != photo.shape[:2]:
        sizes = [f"{width}x{height}" for height, width in (chart.shape, photo.shape[:2])]
        raise UserError(f"{chart_path}: the {what} is {sizes[0]}, the photo {sizes[1]}; one size is wanted")
    factor = min(short_side / min(chart.shape), LARGEST_ENLARGEMENT)
    size = round(chart.shape[0] * factor), round(chart.shape[1] * factor)
    return images.resize(photo, size), images.resize(chart, size)


def _continued(photo: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """The subject's colour, from its inside carried on to where the matte fades."""
    inside = cv2.erode((matte >= SOLID).astype(np.float32), np.ones((3, 3), np.uint8))
    if not inside.any():
        return photo
    # Near: an average of the inside within a few pixels; push-pull only beyond.
    weight = cv2.GaussianBlur(inside, (0, 0), 2)
    near = cv2.GaussianBlur(photo * inside[..., None], (0, 0), 2) / np.maximum(weight, 1e-4)[..., None]
    outside = np.where((weight > 0.01)[..., None], near, matting.fill(photo, inside))
    trust = np.clip((matte - 0.7) / 0.28, 0, 1)[..., None]
    return (photo * trust + outside * (1 - trust)).astype(np.float32)


def _spots(encoded: np.ndarray) -> np.ndarray:
    """float32 [H, W] in [0, 1]: what is nearly white, small, and much brighter than all around it (white top-hat)."""
    short = min(encoded.shape[:2])
    side = 2 * max(2, round(short * 0.008)) + 1
    bright = encoded.max(axis=-1)
    dark = encoded.min(axis=-1)
    opened = cv2.morphologyEx(bright, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    above = bright.astype(np.float32) - opened
    level = np.clip((bright.astype(np.float32) - 215) / 35, 0, 1) * np.clip((dark.astype(np.float32) - 90) / 80, 0, 1)
    return level * np.clip((above - 40) / 50, 0, 1)


def _boosted(light: np.ndarray, spots: np.ndarray, boost: float, radius: np.ndarray) -> np.ndarray:
    """`light` with its `spots` up to `boost` times as bright, as they were before the photo clipped them.

    Only where a disc of some pixels spreads them: what is nearly sharp must look as in the photo.
    """
    gain = 1 + np.float32(boost - 1) * spots * np.clip((radius - 1.5) / 6, 0, 1)
    return light * gain[..., None]


_LINEAR = lens.srgb_to_linear(np.arange(256, dtype=np.float32) / 255)
_ENCODED = images.to_uint8(lens.linear_to_srgb(np.arange(65536, dtype=np.float32) / 65535))


def _linear(encoded: np.ndarray) -> np.ndarray:
    """uint8 sRGB to float32 linear light."""
    return cv2.LUT(encoded, _LINEAR)


def _to_srgb(light: np.ndarray) -> np.ndarray:
    """float32 linear light to uint8 sRGB; clipped. By table: to the same 8 bits as lens.linear_to_srgb gives."""
    scaled = np.minimum(light, 1)
    scaled *= 65535
    scaled += 0.5
    return _ENCODED[scaled.astype(np.uint16)]


# --- one pair --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lens:
    """What chance decides for a pair. All of it is drawn, used or not: an option more leaves the rest of a pair alone.

    Attributes:
        radius: circle of confusion of the background in pixels; 0 leaves the photo unchanged.
        aperture: the shape of the opening.
        boost: how many times brighter small lights are than the photo shows them.
        gain: of the target's light.
    """

    radius: float
    aperture: Aperture
    boost: float
    gain: float


def _draw_lens(rng: np.random.Generator, options: Options) -> _Lens:
    closed = rng.random() < options.closed
    radius = math.exp(rng.uniform(math.log(options.radius[0]), math.log(options.radius[1])))
    aperture = draw_aperture(rng, options.aperture, cats_eye=options.cats_eye)
    boost = math.exp(rng.uniform(math.log(2), math.log(8)))
    gain = 2 ** rng.uniform(-1 / 3, 1 / 3)
    return _Lens(0.0 if closed else radius, aperture, boost, gain if options.exposure else 1.0)


def from_mask(
    name: str,
    photo_path: Path,
    mask_path: Path,
    *,
    options: Options,
    rng: np.random.Generator,
    others: Sequence[tuple[Path, Path]] = (),
) -> Example:
    """A pair whose subject is in focus, with its matte as focus map; a montage takes its surroundings from `others`,
    photos with their masks.

    Raises UserError naming a file that won't do.
    """
    lens_drawn = _draw_lens(rng, options)
    in_front, front_share = rng.random() < FOREGROUND, rng.uniform(0.4, 1.1)
    geometry_rng, front_rng, noise_rng, montage_rng = rng.spawn(4)

    shot = _prepared(photo_path, mask_path, options.short_side)
    if others and montage_rng.random() < options.montage:
        other = _prepared(*others[montage_rng.integers(len(others))], options.short_side)
        shot = _montage(montage_rng, shot, other)
    encoded, photo, subject, background, matte = shot.encoded, shot.photo, shot.subject, shot.background, shot.matte
    if options.noise:
        noise = _noise(noise_rng, photo)
        encoded = _to_srgb(np.maximum(photo + noise, 0))
        photo = _linear(encoded)  # the target is made from the photo as it is written
        background, subject = np.maximum(background + noise, 0), np.maximum(subject + noise, 0)
    radius, aperture = lens_drawn.radius, lens_drawn.aperture
    bokeh = photo
    if radius:
        depth = geometry.draw(geometry_rng, matte)
        lights = _boosted(background, shot.spots, lens_drawn.boost, np.abs(depth) * np.float32(radius))
        bokeh = refocus(
            photo, depth, strength=radius, matte=matte, subject=subject, background=lights, aperture=aperture
        )
    if in_front:
        layer = _foreground(front_rng, matte.shape)
        encoded = _to_srgb(_over(photo, layer))
        if radius:
            blurred = Blurrer(layer, aperture).part(max(radius * front_share, 1.0), 0, len(layer), 0, layer.shape[1])
            bokeh = _over(bokeh, blurred)
        else:
            bokeh = _linear(encoded)
        matte = matte * (1 - layer[..., 3])
    return Example(name, encoded, _target(encoded, bokeh, lens_drawn), images.to_uint8(matte), radius)


def _montage(rng: np.random.Generator, shot: _Prepared, other: _Prepared) -> _Prepared:
    """The subject of `shot`, or a thing of chance with a surface from it, in front of a part of `other`."""
    light = montage.backdrop(rng, other.photo, other.background, other.matte, shot.matte.shape)
    if rng.random() < montage.PROPS:
        subject, matte = montage.prop(rng, shot.matte.shape, shot.photo)
    else:
        subject, matte = montage.moved(rng, shot.subject, shot.matte)
    encoded = _to_srgb(light + matte[..., None] * (subject - light))
    return _Prepared(encoded, _linear(encoded), matte, subject, light, _spots(_to_srgb(light)))


def from_depth(name: str, photo_path: Path, depth_path: Path, *, options: Options, rng: np.random.Generator) -> Example:
    """A pair focused on some place of the photo; its focus map is white where the disc is within a pixel.

    Raises UserError naming a file that won't do.
    """
    lens_drawn = _draw_lens(rng, options)
    down, across = np.clip(rng.normal((0.58, 0.5), 0.15), 0.05, 0.95)
    (noise_rng,) = rng.spawn(1)

    encoded, chart = _pictures(photo_path, depth_path, options.short_side, "depth map")
    photo, depth = _linear(encoded), images.to_float(chart)
    if options.noise:
        encoded = _to_srgb(np.maximum(photo + _noise(noise_rng, photo), 0))
        photo = _linear(encoded)
    farthest, nearest = np.percentile(depth[::3, ::3], (1, 99))
    if nearest - farthest < 0.02:
        raise UserError(f"{depth_path}: the depth is the same everywhere; near is white, far is black")
    focus = float(depth[int(down * depth.shape[0]), int(across * depth.shape[1])])
    # With little behind the focus, what is in front limits the lens, and the background is less blurred than drawn.
    reach = max(focus - farthest, 0.7 * (nearest - focus), 0.2 * (nearest - farthest))
    strength = lens_drawn.radius / reach
    circle = np.abs(depth - focus) * np.float32(strength)
    bokeh = photo
    if strength:
        lights = _boosted(photo, _spots(encoded), lens_drawn.boost, circle)
        bokeh = refocus_depth(lights, depth, focus=focus, strength=strength, aperture=lens_drawn.aperture)
    radius = float(strength * max(focus - farthest, 0))
    # A closed lens has everything in focus; the map says what the photographer meant.
    sharp = 1.5 - (circle if strength else np.abs(depth - focus) * np.float32(10 / reach))
    return Example(name, encoded, _target(encoded, bokeh, lens_drawn), images.to_uint8(sharp), radius, chart)


def _target(encoded: np.ndarray, bokeh: np.ndarray, lens_drawn: _Lens) -> np.ndarray:
    """The written target: uint8 [H, W, 3]; the photo itself through a closed lens."""
    if not lens_drawn.radius and lens_drawn.gain == 1:
        return encoded
    return _to_srgb(bokeh * np.float32(lens_drawn.gain))


def draw_aperture(rng: np.random.Generator, kind: str, *, cats_eye: bool) -> Aperture:
    """A random opening; `mixed` is round in 60 % of all cases."""
    polygon, blades = rng.random() < 0.4, int(rng.integers(5, 10))
    rotation, cut = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.9)
    cut_at_all = rng.random() < 0.5
    return Aperture(
        blades=blades if kind == "polygon" or (kind == "mixed" and polygon) else 0,
        rotation=rotation,
        cats_eye=cut if cats_eye and cut_at_all else 0.0,
    )


def _noise(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """Photon and read noise of a sensor, float32 [H, W, 3] in linear light."""
    electrons = math.exp(rng.uniform(math.log(400), math.log(8000)))  # of a white pixel
    read = rng.uniform(1, 4) / electrons
    spread = np.sqrt(np.maximum(photo, 0) / np.float32(electrons) + np.float32(read**2))
    return rng.standard_normal(photo.shape, dtype=np.float32) * spread


def _foreground(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Something near that reaches into the picture from its border: float32 [H, W, 4], linear, multiplied by alpha."""
    unit = min(size)
    patch = Patch(size, unit)
    width, height = size[1] / unit, size[0] / unit
    side = rng.integers(0, 3)  # left, right, below
    along = rng.uniform(0.1, 1.0)
    middle = ((0.0, along * height), (width, along * height), (along * width, height))[side]
    kind = rng.choice([shapes.blob, shapes.blob, shapes.stem, shapes.ellipse, shapes.polygon])
    outline = shapes.place(kind(rng), middle=middle, size=rng.uniform(0.3, 0.9), turn=rng.uniform(0, 2 * math.pi))
    alpha = shapes.coverage(outline, patch)
    surface = rng.choice(textures.SURFACES)(rng, patch) * np.float32(math.exp(rng.normal(-1.2, 0.6)))
    return np.dstack([np.minimum(surface, 1) * alpha[..., None], alpha])


def _over(light: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """`layer` (float32 [H, W, 4], multiplied by alpha) over `light` (float32 [H, W, 3])."""
    out = np.empty_like(light)
    through = 1 - np.minimum(layer[..., 3], 1)
    for channel in range(3):
        out[..., channel] = light[..., channel] * through + layer[..., channel]
    return out
