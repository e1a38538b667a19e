"""One training pair from a photo and its subject mask or depth map: chance chooses geometry, lens and lights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pynet_bokeh import images
from pynet_bokeh.data import geometry, montage, shapes, textures
from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.cutout import Cutout, cut_out, pictures, spots_of, to_linear, to_srgb
from pynet_bokeh.data.occlusion import refocus_depth
from pynet_bokeh.data.refocus import Blurrer, refocus
from pynet_bokeh.data.source import Example
from pynet_bokeh.data.textures import Patch
from pynet_bokeh.errors import UserError

APERTURES = ("disc", "polygon", "mixed")
FOREGROUND = 0.15  # share of variants with something out of focus in front
STOPPED_DOWN = 1 / 12, 1 / 6  # of the target's opening: f/1.8 and f/16 are 1 and 1/9


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
        stopped_down: share of the variants whose photo is slightly blurred as well, as by the same lens at f/16: with
            real pairs, how sharp the photo's background is tells how much the open lens blurs it.
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
    stopped_down: float = 0.0
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


def _draw_closing(rng: np.random.Generator, options: Options) -> float:
    """The opening with which the photo was taken, as a share of the target's; 0 is a pinhole."""
    stopped_down, closing = rng.random() < options.stopped_down, rng.uniform(*STOPPED_DOWN)
    return closing if stopped_down else 0.0


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
    geometry_rng, front_rng, noise_rng, montage_rng, closing_rng = rng.spawn(5)
    closing = _draw_closing(closing_rng, options)

    shot = cut_out(photo_path, mask_path, options.short_side)
    if others and montage_rng.random() < options.montage:
        other = cut_out(*others[montage_rng.integers(len(others))], options.short_side)
        shot = _montage(montage_rng, shot, other)
    encoded, photo, subject, background, matte = shot.encoded, shot.photo, shot.subject, shot.background, shot.matte
    noise = np.float32(0)
    if options.noise:
        noise = _noise(noise_rng, photo)
        encoded = to_srgb(np.maximum(photo + noise, 0))
        photo = to_linear(encoded)  # the target is made from the photo as it is written
        background, subject = np.maximum(background + noise, 0), np.maximum(subject + noise, 0)
    radius, aperture = lens_drawn.radius, lens_drawn.aperture
    bokeh = photo
    if radius:
        depth = geometry.draw(geometry_rng, matte)
        lights = _boosted(background, shot.spots, lens_drawn.boost, np.abs(depth) * np.float32(radius))
        bokeh = refocus(
            photo, depth, strength=radius, matte=matte, subject=subject, background=lights, aperture=aperture
        )
        if closing:  # the sensor's noise comes after the lens
            seen = refocus(
                shot.photo,
                depth,
                strength=radius * closing,
                matte=matte,
                subject=shot.subject,
                background=shot.background,
                aperture=aperture,
            )
            encoded = to_srgb(np.maximum(seen + noise, 0))
            photo = to_linear(encoded)
    if in_front:
        layer = _foreground(front_rng, matte.shape)
        near = Blurrer(layer, aperture)

        def spread(size):
            return near.part(size, 0, len(layer), 0, layer.shape[1])

        size = radius * front_share
        encoded = to_srgb(_over(photo, spread(size * closing) if size * closing > 1 else layer))
        bokeh = _over(bokeh, spread(max(size, 1.0))) if radius else to_linear(encoded)
        matte = matte * (1 - layer[..., 3])
    return Example(name, encoded, _target(encoded, bokeh, lens_drawn), images.to_uint8(matte), radius)


def _montage(rng: np.random.Generator, shot: Cutout, other: Cutout) -> Cutout:
    """The subject of `shot`, or a thing of chance with a surface from it, in front of a part of `other`."""
    light = montage.backdrop(rng, other.photo, other.background, other.matte, shot.matte.shape)
    if rng.random() < montage.PROPS:
        subject, matte = montage.prop(rng, shot.matte.shape, shot.photo)
    else:
        subject, matte = montage.moved(rng, shot.subject, shot.matte)
    encoded = to_srgb(light + matte[..., None] * (subject - light))
    return Cutout(encoded, to_linear(encoded), matte, subject, light, spots_of(to_srgb(light)))


def from_depth(name: str, photo_path: Path, depth_path: Path, *, options: Options, rng: np.random.Generator) -> Example:
    """A pair focused on some place of the photo; its focus map is white where the disc is within a pixel.

    Raises UserError naming a file that won't do.
    """
    lens_drawn = _draw_lens(rng, options)
    down, across = np.clip(rng.normal((0.58, 0.5), 0.15), 0.05, 0.95)
    noise_rng, closing_rng = rng.spawn(2)
    closing = _draw_closing(closing_rng, options)

    encoded, chart = pictures(photo_path, depth_path, options.short_side, "depth map")
    photo, depth = to_linear(encoded), images.to_float(chart)
    pinhole, noise = photo, np.float32(0)
    if options.noise:
        noise = _noise(noise_rng, photo)
        encoded = to_srgb(np.maximum(photo + noise, 0))
        photo = to_linear(encoded)
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
        lights = _boosted(photo, spots_of(encoded), lens_drawn.boost, circle)
        bokeh = refocus_depth(lights, depth, focus=focus, strength=strength, aperture=lens_drawn.aperture)
        if closing:
            seen = refocus_depth(pinhole, depth, focus=focus, strength=strength * closing, aperture=lens_drawn.aperture)
            encoded = to_srgb(np.maximum(seen + noise, 0))
    radius = float(strength * max(focus - farthest, 0))
    # A closed lens has everything in focus; the map says what the photographer meant.
    sharp = 1.5 - (circle if strength else np.abs(depth - focus) * np.float32(10 / reach))
    return Example(name, encoded, _target(encoded, bokeh, lens_drawn), images.to_uint8(sharp), radius, chart)


def _boosted(light: np.ndarray, spots: np.ndarray, boost: float, radius: np.ndarray) -> np.ndarray:
    """`light` with its `spots` up to `boost` times as bright, as they were before the photo clipped them.

    Only where a disc of some pixels spreads them: what is nearly sharp must look as in the photo.
    """
    gain = 1 + np.float32(boost - 1) * spots * np.clip((radius - 1.5) / 6, 0, 1)
    return light * gain[..., None]


def _target(encoded: np.ndarray, bokeh: np.ndarray, lens_drawn: _Lens) -> np.ndarray:
    """The written target: uint8 [H, W, 3]; the photo itself through a closed lens."""
    if not lens_drawn.radius and lens_drawn.gain == 1:
        return encoded
    return to_srgb(bokeh * np.float32(lens_drawn.gain))


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
