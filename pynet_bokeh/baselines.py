"""What a rendering has to beat: the photo unchanged, all of it blurred by one disc, a disc outside the subject's mask.

The discs have one radius for all pictures, as a share of the picture's short side, and blur sRGB values or linear
light: what brings the best mean PSNR over the pictures, so that these are as good as they can be.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from tqdm import tqdm

from pynet_bokeh import images, metrics
from pynet_bokeh.data.lens import disc_kernel, linear_to_srgb, srgb_to_linear
from pynet_bokeh.data.source import Example

RADII = tuple(float(radius) for radius in 0.0005 * 2 ** (np.arange(57) / 8))
"""Radii among which the best is looked for, as shares of the short side: 0.0005 to 0.064, 9 % apart."""
STEPS = (8, 4, 2, 1)  # every 8th radius is tried, then what is near the best of them; the larger of equals
SEARCH_SIDE = 512
"""Short side in pixels at which radii are compared. On the EBB! validation pairs the same radii come out as at full
size, 1024. A baseline's figures are then taken at full size."""


@dataclass(frozen=True)
class Disc:
    """A blur by an even disc.

    Attributes:
        radius: share of the picture's short side.
        linear: in linear light; otherwise in sRGB values.
    """

    radius: float
    linear: bool

    def __call__(self, photo: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        """(blurred everywhere, blurred where the mask isn't).

        The second is the usual naive picture, mask · photo + (1 − mask) · disc(photo): the subject's colours are part
        of the blur and leak into the background beside it. `photo` is float32 [H,W,3] in [0,1], `mask` float32 [H,W]
        in [0,1]; without a mask there is no second picture.
        """
        light = srgb_to_linear(photo) if self.linear else photo
        kernel = disc_kernel(self.radius * min(photo.shape[:2]))
        blurred = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
        masked = None if mask is None else blurred + mask[..., np.newaxis] * (light - blurred)
        encoded = linear_to_srgb if self.linear else functools.partial(np.clip, a_min=0.0, a_max=1.0)
        return encoded(blurred), None if masked is None else encoded(masked)

    def __str__(self) -> str:
        return f"radius {100 * self.radius:.2f} % of the short side, in {'linear light' if self.linear else 'sRGB'}"


def best_discs(
    examples: Iterable[Example], *, match: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
) -> tuple[Disc | None, Disc | None]:
    """(disc for everything, disc outside the mask) with the best mean PSNR over `examples`.

    Args:
        examples: pictures whose `extra` is the focus mask; those without one have no say in the second disc. Small
            copies of all of them are held at once.
        match: `(picture, target) → picture`, applied before every PSNR.

    The first is None without any example, the second when none has a mask.
    """
    small = [_small(example) for example in examples]
    progress = tqdm(desc="baselines", unit="disc", leave=False)

    @functools.cache
    def means(disc: Disc) -> tuple[float, float]:
        """Mean PSNR of either way to use `disc`; NaN where there is nothing to take it of."""
        progress.update()
        scores = ([], [])
        for photo, target, mask in small:
            for score, picture in zip(scores, disc(photo, mask), strict=True):
                if picture is not None:
                    score.append(metrics.psnr(match(picture, target) if match else picture, target))
        return tuple(float(np.mean(score)) if score else float("nan") for score in scores)

    def best(way: int) -> Disc:
        found = []
        for linear in (False, True):
            place, near = 0, range(0, len(RADII), STEPS[0])
            for step in STEPS[1:]:
                place = max(near, key=lambda n: (means(Disc(RADII[n], linear))[way], n))
                near = [n for n in (place, place - step, place + step) if 0 <= n < len(RADII)]
            found.extend(Disc(RADII[n], linear) for n in near)
        return max(found, key=lambda disc: means(disc)[way])

    with progress:
        return best(0) if small else None, best(1) if any(mask is not None for *_, mask in small) else None


def _small(example: Example) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Photo, target and mask as float32 in [0,1], at most `SEARCH_SIDE` pixels on the short side."""
    height, width = example.image.shape[:2]
    scale = min(1.0, SEARCH_SIDE / min(height, width))
    size = round(height * scale), round(width * scale)
    pictures = example.image, example.bokeh, example.extra
    return tuple(None if one is None else images.to_float(images.resize(one, size)) for one in pictures)
