"""Training pairs from any photos with subject masks: each photo gets plausible geometry and a lens, several times."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from pynet_bokeh import images
from pynet_bokeh.data import geometry, lens, matting, shapes, textures
from pynet_bokeh.data.aperture import Aperture
from pynet_bokeh.data.occlusion import refocus_depth
from pynet_bokeh.data.refocus import Blurrer, refocus
from pynet_bokeh.data.source import Example
from pynet_bokeh.data.textures import Patch
from pynet_bokeh.errors import UserError

APERTURES = ("disc", "polygon", "mixed")
UNCHANGED = 0.06  # share of variants whose lens is closed: the target is the photo
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
        seed: others give other geometry and lenses.
    """

    short_side: int = 512
    variants: int = 1
    radius: tuple[float, float] = (2.0, 40.0)
    aperture: str = "mixed"
    cats_eye: bool = False
    noise: bool = False
    exposure: bool = False
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
class MaskedPhotos:
    """Pairs from photos with subject masks.

    Pair `index` is variant `index % variants` of photo `index // variants`. It depends on the seed, the photo's name
    and content and the options, not on the other photos.

    Attributes:
        files: (photo, mask) of each picture.
        options: how.
        title: where they come from.
    """

    files: tuple[tuple[Path, Path], ...]
    options: Options
    title: str
    extra: str = field(default="focus", init=False)

    def __len__(self) -> int:
        return len(self.files) * self.options.variants

    def name(self, index: int) -> str:
        """The pair's name: the photo's and the variant's number."""
        photo, variant = divmod(index, self.options.variants)
        return f"{self.files[photo][0].stem}_v{variant}"

    def describe(self) -> str:
        return f"{self.title}, {self.options}"

    def read(self, index: int) -> Example:
        photo, mask, rng = self._chosen(index)
        return _render(self.name(index), _prepared(photo, mask, self.options.short_side), self.options, rng)

    def _chosen(self, index: int) -> tuple[Path, Path, np.random.Generator]:
        """The photo and the map of pair `index`, and its chance."""
        if not 0 <= index < len(self):
            raise IndexError(f"pair {index} of {len(self)}")
        number, variant = divmod(index, self.options.variants)
        photo, chart = self.files[number]
        digest = hashlib.sha256(f"{self.options.seed}/{photo.stem}/{variant}".encode()).digest()
        return photo, chart, np.random.default_rng(int.from_bytes(digest[:16], "little"))


def open_masked(photos: Path, masks: Path, options: Options, *, test_share: float = 0.05) -> dict[str, MaskedPhotos]:
    """The pairs of a folder of photos and a folder of masks with the same names, as `train` and `test` sources.

    Raises UserError when a mask is missing, or when the split would leave a side empty.
    """
    return _open(MaskedPhotos, photos, masks, "mask", options, test_share)


def _open(
    kind: type[MaskedPhotos], photos: Path, maps: Path, what: str, options: Options, test_share: float
) -> dict[str, MaskedPhotos]:
    by_stem = {path.stem: path for path in images.picture_files(Path(maps))}
    files = []
    for path in images.picture_files(Path(photos)):
        if path.stem not in by_stem:
            raise UserError(f"{path}: no {what} of this name in {maps}")
        files.append((path, by_stem[path.stem]))
    held = held_out([path.stem for path, _ in files], test_share, seed=options.seed)
    parts = {}
    for part, inside in (("train", False), ("test", True)):
        chosen = tuple(pair for pair in files if (pair[0].stem in held) == inside)
        if chosen:
            parts[part] = kind(chosen, options, f"{len(chosen)} photos of {photos} with a {what}, {part}")
    if "train" not in parts or (test_share > 0 and "test" not in parts):
        raise UserError(f"test share: {test_share:g} of {photos}'s {len(files)} photos leaves a part empty")
    return parts


@dataclass(frozen=True)
class DepthPhotos(MaskedPhotos):
    """Pairs from photos with depth maps (near = white): each variant focuses on another place.

    The focus map is white where the circle of confusion is within a pixel; the depth map goes along.
    """

    def read(self, index: int) -> Example:
        photo, depth, rng = self._chosen(index)
        return _render_depth(self.name(index), photo, depth, self.options, rng)


def open_depth(photos: Path, depth: Path, options: Options, *, test_share: float = 0.05) -> dict[str, MaskedPhotos]:
    """As open_masked, for depth maps."""
    return _open(DepthPhotos, photos, depth, "depth map", options, test_share)


def held_out(names: Sequence[str], share: float, *, seed: int = 0) -> set[str]:
    """Whole groups of names (see `group`), at least one unless `share` is 0, until they are that share of all."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(group(name), []).append(name)
    # In an order that depends on the names alone: a photo more or less changes little.
    order = sorted(groups, key=lambda one: hashlib.sha256(f"test {seed} {one}".encode()).digest())
    held: set[str] = set()
    for one in order:
        if len(held) >= share * len(names):
            break
        held.update(groups[one])
    return held


def group(name: str) -> str:
    """What a picture belongs with: the frames of a video share all but their number (`davis_cows_00032`).

    A name with fewer than three parts (`ccp_0036`, `IMG_1234`) stands for itself.
    """
    parts = name.replace("-", "_").split("_")
    if len(parts) >= 3 and parts[-1].isdigit():
        return name[: -len(parts[-1]) - 1]
    return name


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


def _render(name: str, shot: _Prepared, options: Options, rng: np.random.Generator) -> Example:
    # Every choice is drawn whether it is used or not: turning an option on leaves the rest of a pair alone.
    unchanged = rng.random() < UNCHANGED
    radius = math.exp(rng.uniform(math.log(options.radius[0]), math.log(options.radius[1])))
    aperture = draw_aperture(rng, options.aperture, cats_eye=options.cats_eye)
    boost = math.exp(rng.uniform(math.log(2), math.log(8)))
    stops = rng.uniform(-1 / 3, 1 / 3)
    in_front, front_share = rng.random() < FOREGROUND, rng.uniform(0.4, 1.1)
    geometry_rng, front_rng, noise_rng = rng.spawn(3)

    photo, subject, background, matte = shot.photo, shot.subject, shot.background, shot.matte
    encoded = shot.encoded
    if options.noise:
        noise = _noise(noise_rng, photo)
        photo, background = np.maximum(photo + noise, 0), np.maximum(background + noise, 0)
        subject = np.maximum(subject + noise, 0)
        encoded = _to_srgb(photo)
        photo = _linear(encoded)  # the target is made from the photo as it is written
    if unchanged:
        radius = 0.0
        bokeh = photo
    else:
        depth = geometry.draw(geometry_rng, matte)
        lights = _boosted(background, shot.spots, boost, np.abs(depth) * np.float32(radius))
        bokeh = refocus(
            photo, depth, strength=radius, matte=matte, subject=subject, background=lights, aperture=aperture
        )
    seen = matte
    if in_front:
        layer = _foreground(front_rng, matte.shape)
        sharp = photo.copy()
        _lay_over(sharp, layer)
        encoded = _to_srgb(sharp)
        seen = matte * (1 - layer[..., 3])
        if unchanged:
            bokeh = sharp
        else:
            bokeh = bokeh.copy()
            height, width = matte.shape
            _lay_over(bokeh, Blurrer(layer, aperture).part(max(radius * front_share, 1.0), 0, height, 0, width))
    target = encoded
    if not unchanged or options.exposure:
        target = _to_srgb(bokeh * np.float32(2**stops) if options.exposure else bokeh)
    return Example(name, encoded, target, images.to_uint8(seen), radius)


def _render_depth(name: str, photo_path: Path, depth_path: Path, options: Options, rng: np.random.Generator) -> Example:
    unchanged = rng.random() < UNCHANGED
    radius = math.exp(rng.uniform(math.log(options.radius[0]), math.log(options.radius[1])))
    aperture = draw_aperture(rng, options.aperture, cats_eye=options.cats_eye)
    boost = math.exp(rng.uniform(math.log(2), math.log(8)))
    stops = rng.uniform(-1 / 3, 1 / 3)
    place = np.clip(rng.normal((0.58, 0.5), 0.15), 0.05, 0.95)  # of what is in focus: (down, across)
    (noise_rng,) = rng.spawn(1)

    encoded, chart = _pictures(photo_path, depth_path, options.short_side, "depth map")
    photo, depth = _linear(encoded), images.to_float(chart)
    if options.noise:
        encoded = _to_srgb(np.maximum(photo + _noise(noise_rng, photo), 0))
        photo = _linear(encoded)
    focus = float(depth[tuple((place * depth.shape).astype(int))])
    farthest, nearest = np.percentile(depth[::3, ::3], (1, 99))
    if nearest - farthest < 0.02:
        raise UserError(f"{depth_path}: the depth is the same everywhere; near is white, far is black")
    # Nothing far behind the focus: the lens is scaled by what is in front, and the background is less blurred.
    strength = radius / max(focus - farthest, 0.7 * (nearest - focus), 0.2 * (nearest - farthest))
    bokeh, radius = photo, strength * max(focus - farthest, 0)
    circle = np.abs(depth - focus) * np.float32(strength)
    if unchanged:
        radius = 0.0
    else:
        lights = _boosted(photo, _spots(encoded), boost, circle)
        bokeh = refocus_depth(lights, depth, focus=focus, strength=strength, aperture=aperture)
    target = encoded
    if not unchanged or options.exposure:
        target = _to_srgb(bokeh * np.float32(2**stops) if options.exposure else bokeh)
    sharp = images.to_uint8(1.5 - circle)
    return Example(name, encoded, target, sharp, float(radius), images.to_uint8(depth))


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
    outline = shapes.place(kind(rng), middle=middle, size=rng.uniform(0.25, 0.65), turn=rng.uniform(0, 2 * math.pi))
    alpha = shapes.coverage(outline, patch)
    surface = rng.choice(textures.SURFACES)(rng, patch) * np.float32(math.exp(rng.normal(-1.2, 0.6)))
    return np.dstack([np.minimum(surface, 1) * alpha[..., None], alpha])


def _lay_over(light: np.ndarray, layer: np.ndarray) -> None:
    """Composites `layer` (float32 [H, W, 4], multiplied by alpha) over `light` (float32 [H, W, 3]) in place."""
    through = 1 - np.minimum(layer[..., 3], 1)
    for channel in range(3):
        light[..., channel] *= through
        light[..., channel] += layer[..., channel]
