"""Built-in scenes: textured things at several distances, seen through a pinhole and through a thin lens.

They need no download and never end: scene `index` of a seed is drawn when it is read and kept nowhere.
"""

import dataclasses
import math

import numpy as np

from pynet_bokeh import images
from pynet_bokeh.data import figures, lens, shapes, textures
from pynet_bokeh.data.figures import Figure
from pynet_bokeh.data.floor import Floor
from pynet_bokeh.data.source import Example, check_extra
from pynet_bokeh.data.textures import Patch
from pynet_bokeh.errors import UserError

SPLITS = ("train", "validation")
ENDLESS = 2**31 - 1
SMALLEST = 32

STRENGTH = 0.04
"""Lens strength per short side: what is infinitely far gets a disc of 4 % of the short side, at four times the
subject's distance 3 %."""

WIDEST = 0.07
"""The largest strength of scenes whose lens is differently wide open, 36 pixels at a short side of 512."""
CLOSED = 0.05  # share of those scenes whose lens is a pinhole

FLOORS = 0.6  # share of scenes whose subject stands on a floor

_NEAREST = 0.55  # of the subject's distance; white in a depth map


@dataclasses.dataclass(frozen=True)
class SceneSource:
    """Scenes of one size.

    Attributes:
      size: (height, width) in pixels, at least 32. At another size of the same shape most scenes look the same (not
        all, see textures).
      extra: the fourth channel, `focus` (255 where the subject is seen) or `depth` (inverse distance, near = 255).
      seed: other seeds give other scenes.
      split: `train` and `validation` scenes of a seed are different ones.
      count: how many; practically endless by default.
      strength: of the lens, see STRENGTH.
      vary: draw the strength for each scene instead, from nearly 0 to WIDEST; a few have 0.
    """

    size: tuple[int, int]
    extra: str | None = None
    seed: int = 0
    split: str = "train"
    count: int = ENDLESS
    strength: float = STRENGTH
    vary: bool = False

    def __post_init__(self):
        check_extra(self.extra)
        if self.split not in SPLITS:
            raise UserError(f"split: {', '.join(SPLITS)} are allowed; received {self.split!r}")
        if min(self.size) < SMALLEST:
            raise UserError(f"scene size: {SMALLEST} pixels a side at least; received {self.size[1]}x{self.size[0]}")
        if self.count < 1:
            raise UserError(f"scene count: 1 at least; received {self.count}")

    def __len__(self) -> int:
        return self.count

    def describe(self) -> str:
        lens = "" if self.strength == STRENGTH else f", lens strength {self.strength:g}"
        if self.vary:
            lens = ", lenses differently wide"
        return f"built-in scenes, {self.split}, {self.size[1]}x{self.size[0]}, seed {self.seed}{lens}"

    def read(self, index: int) -> Example:
        """Scene number `index`, always the same one."""
        if not 0 <= index < self.count:
            raise IndexError(f"scene {index} of {self.count}")
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index])
        layers, subject = compose(rng, self.size, WIDEST if self.vary else self.strength)
        view = {"size": self.size, "focus_distance": 1.0}
        strength = (_drawn_strength(rng) if self.vary else self.strength) * min(self.size)
        return Example(
            name=f"{self.split}-{self.seed}-{index}",
            image=images.to_uint8(lens.photograph(layers, **view)),
            bokeh=images.to_uint8(lens.photograph(layers, **view, strength=strength)),
            extra=self._extra(layers, subject),
            radius=float(lens.blur_radius(layers[0].distance, focus_distance=1.0, strength=strength)),
        )

    def _extra(self, layers: list[lens.Layer], subject: int) -> np.ndarray | None:
        if self.extra is None:
            return None
        if self.extra == "focus":
            values = [float(number == subject) for number in range(len(layers))]
        else:
            values = [_NEAREST / layer.distance for layer in layers]
        flat = [
            dataclasses.replace(layer, colour=(layer.alpha * value)[..., None])
            for layer, value in zip(layers, values, strict=True)
        ]
        return images.to_uint8(lens.expose(flat, size=self.size)[..., 0])


def _drawn_strength(rng: np.random.Generator) -> float:
    return 0.0 if rng.random() < CLOSED else WIDEST * rng.uniform(0.05, 1)


def compose(rng: np.random.Generator, size: tuple[int, int], strength: float) -> tuple[list[lens.Layer], int]:
    """A scene's layers, back to front, and the number of the one in focus, at distance 1."""
    unit = min(size)
    frame = size[1] / unit, size[0] / unit  # (width, height) in units
    farthest = 1 / rng.uniform(0.02, 0.6)
    backdrop = _backdrop(rng, size, unit, farthest, strength)
    middle = frame[0] * np.clip(rng.normal(0.5, 0.13), 0.15, 0.85), frame[1] * np.clip(rng.normal(0.58, 0.1), 0.3, 0.8)
    subject = _placed(rng, _figure(rng), middle, rng.uniform(0.4, 0.95))
    floor = _floor(rng, frame[1], _lowest(subject), farthest) if rng.random() < FLOORS else None
    behind = floor.layers(rng, size, unit, strength=strength) if floor else []
    for _ in range(int(rng.choice([0, 1, 2, 3, 4, 6]))):
        distance = rng.uniform(1.25, max(1.3, min(farthest, 6)))
        middle = rng.uniform(0, frame[0]), rng.uniform(0.2, 1) * frame[1]
        figure = _figure(rng) if rng.random() < 0.4 else [rng.choice(shapes.SHAPES)(rng)]
        thing = _placed(rng, figure, middle, rng.uniform(0.2, 0.8) / distance**0.5)
        if floor:
            down = np.array([0, floor.row(distance) - _lowest(thing)])
            thing = [part + down for part in thing]
        behind.append(_thing(rng, size, unit, thing, distance))
    front = [layer for layer in behind if layer.distance <= 1]  # the floor before the subject's feet lies under it
    behind = sorted((layer for layer in behind if layer.distance > 1), key=lambda layer: -layer.distance)
    layers = [backdrop, *behind, *front, _thing(rng, size, unit, subject, 1.0, subject=True)]
    number = len(layers) - 1
    if rng.random() < 0.12:  # something out of focus in front, near the edge
        middle = frame[0] * rng.choice([0.0, 1.0]), frame[1] * rng.uniform(0.5, 1.0)
        distance = rng.uniform(_NEAREST + 0.02, 0.75)
        near = _placed(rng, [rng.choice(shapes.SHAPES)(rng)], middle, rng.uniform(0.2, 0.5))
        layers.append(_thing(rng, size, unit, near, distance))
    return layers, number


def _figure(rng: np.random.Generator) -> Figure:
    return figures.FIGURES[rng.integers(len(figures.FIGURES))](rng)


def _placed(rng: np.random.Generator, figure: Figure, middle: tuple[float, float], across: float) -> Figure:
    turn = rng.normal(0, 0.15)
    return [shapes.place(part, middle=middle, size=across, turn=turn) for part in figure]


def _lowest(figure: Figure) -> float:
    return max(float(part[:, 1].max()) for part in figure)


def _floor(rng: np.random.Generator, height: float, feet: float, farthest: float) -> Floor:
    """A floor on which something that ends at row `feet` stands, in a picture of `height`, all in units."""
    contact = feet if feet < 0.97 * height else height * rng.uniform(1.0, 1.5)
    nearest = _NEAREST + 0.03  # at the picture's lower border
    horizon = min(rng.uniform(0.2, 0.6) * height, contact - 0.15 * height, (contact - nearest * height) / (1 - nearest))
    return Floor(contact, horizon, farthest)


def _backdrop(rng, size, unit, distance, strength) -> lens.Layer:
    """What fills the picture behind everything, with a margin for its blur and sometimes with lights."""
    margin = math.ceil(strength * unit) + 1
    patch = Patch((size[0] + 2 * margin, size[1] + 2 * margin), unit)
    light = rng.choice(textures.BACKDROPS)(rng, patch) * np.float32(math.exp(rng.normal(-0.2, 0.5)))
    if rng.random() < 0.45:
        count, radius = int(rng.uniform(4, 50)), rng.uniform(0.002, 0.006)
        textures.add_lights(rng, patch, light, count=count, radius=radius, radiance=rng.uniform(2, 20))
    return lens.Layer(light, np.ones(patch.size, np.float32), distance, (-margin, -margin))


def _thing(rng, size, unit, figure: Figure, distance, *, subject=False) -> lens.Layer:
    """One object: silhouettes with surfaces, lit from one side, on the part of the picture that it covers."""
    reach = 0.1  # for hair
    corners = np.concatenate(figure)
    low = np.maximum(np.floor((corners.min(axis=0) - reach) * unit).astype(int), -unit // 4)
    high = np.ceil((corners.max(axis=0) + reach) * unit).astype(int)
    high = np.minimum(high, [size[1] + unit // 4, size[0] + unit // 4])
    patch = Patch((max(2, high[1] - low[1]), max(2, high[0] - low[0])), unit)
    parts = [part - low / unit for part in figure]

    alpha = np.zeros(patch.size, np.float32)
    shared = rng.choice(textures.SURFACES)(rng, patch)  # petals and leaves look alike
    surface = shared
    hairy = rng.random() < (0.4 if subject else 0.15)
    for number, part in enumerate(parts):
        cover = shapes.coverage(part, patch)
        if number == 0 and hairy:
            shapes.add_hair(rng, cover, part, patch)
        own = shared if rng.random() < 0.6 else rng.choice(textures.SURFACES)(rng, patch)
        surface = surface + cover[..., None] * (own - surface)
        np.maximum(alpha, cover, out=alpha)
    if subject and len(parts) == 1 and rng.random() < 0.6:  # people and animals are made of parts
        middle = parts[0].mean(axis=0) + rng.normal(0, 0.12, 2)
        part = shapes.place(shapes.blob(rng), middle=middle, size=np.ptp(parts[0][:, 0]) / 2, turn=0)
        share = shapes.coverage(part, patch)[..., None]
        surface = surface * (1 - share) + rng.choice(textures.SURFACES)(rng, patch) * share
    sideways = patch.along(rng.uniform(0, 2 * math.pi))
    shade = np.exp((sideways - sideways.mean()) * np.float32(rng.uniform(0, 1.2)))
    light = surface * np.clip(shade, 0.2, 4)[..., None] * np.float32(math.exp(rng.normal(0, 0.3)))
    return lens.Layer(light * alpha[..., None], alpha, distance, (int(low[1]), int(low[0])))
