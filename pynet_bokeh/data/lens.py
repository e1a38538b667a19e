"""A thin lens over a scene of flat layers: circle of confusion, disc blur, occlusion, sRGB.

The model is that of Potmesil and Chakravarty, "A lens and aperture camera model for synthetic image generation"
(SIGGRAPH 1981): a point away from the plane of focus is spread evenly over a disc, the circle of confusion. Light is
added up in linear units before the sensor clips it, which is what makes small highlights bloom into bright discs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pynet_bokeh.errors import UserError

_ROWS_PER_PIXEL = 32  # sub-rows over which a disc's edge is integrated; the other direction is exact


def circle_of_confusion(
    distance: float | np.ndarray, *, focus_distance: float, focal_length: float, f_number: float
) -> float | np.ndarray:
    """Diameter of the circle of confusion on the sensor, in the unit of the arguments (metres, say).

    `A · |S2 − S1| / S2 · f / (S1 − f)` with aperture `A = f / N`, focus distance S1, object distance S2, focal length f
    (Potmesil and Chakravarty 1981, section 2). `distance` may be an array and may be infinite. Raises UserError when
    the focus distance is not beyond the focal length.
    """
    strength = _diameter_per_inverse_distance(
        focus_distance=focus_distance, focal_length=focal_length, f_number=f_number
    )
    return strength * np.abs(1 / focus_distance - 1 / np.asarray(distance, dtype=np.float64))


def lens_strength(*, focus_distance: float, focal_length: float, f_number: float, pixel_pitch: float) -> float:
    """The `strength` (pixels × metre) of `blur_radius` that a real lens has. All lengths in metres.

    `pixel_pitch` is the distance between two pixels on the sensor: its height divided by the picture's rows.
    """
    diameter = _diameter_per_inverse_distance(
        focus_distance=focus_distance, focal_length=focal_length, f_number=f_number
    )
    return diameter / 2 / pixel_pitch


def _diameter_per_inverse_distance(*, focus_distance: float, focal_length: float, f_number: float) -> float:
    # |S2 − S1| / S2 · 1 / (S1 − f)  =  S1 / (S1 − f) · |1/S1 − 1/S2|: the blur is linear in inverse distance.
    if not focus_distance > focal_length > 0 or not f_number > 0:
        raise UserError(
            "lens: focus distance > focal length > 0 and f-number > 0 are allowed; received "
            f"focus distance {focus_distance}, focal length {focal_length}, f-number {f_number}"
        )
    return focal_length**2 / f_number * focus_distance / (focus_distance - focal_length)


def blur_radius(distance: float | np.ndarray, *, focus_distance: float, strength: float) -> float | np.ndarray:
    """Radius of the circle of confusion in pixels: `strength · |1 / focus_distance − 1 / distance|`.

    `strength` is the radius in pixels of something infinitely far when the lens is focused at distance 1.
    """
    return strength * np.abs(1 / focus_distance - 1 / np.asarray(distance, dtype=np.float64))


def disc_kernel(radius: float) -> np.ndarray:
    """float32 [2k+1, 2k+1], the share of a disc of `radius` pixels in each pixel; sums to 1.

    The edge is anti-aliased, so the kernel changes smoothly with the radius; up to a radius of 0.5 the disc lies within
    one pixel and the kernel is [[1]].
    """
    if not 0 <= radius < math.inf:
        raise UserError(f"disc radius: a number of pixels from 0 up is allowed; received {radius}")
    reach = max(0, math.ceil(radius - 0.5))
    if reach == 0:
        return np.ones((1, 1), np.float32)
    pixels = np.arange(-reach, reach + 1)
    rows = (np.arange(-reach * _ROWS_PER_PIXEL, (reach + 1) * _ROWS_PER_PIXEL) + 0.5) / _ROWS_PER_PIXEL - 0.5
    half_chord = np.sqrt(np.maximum(radius**2 - rows**2, 0))[:, None]
    covered = np.minimum(pixels + 0.5, half_chord) - np.maximum(pixels - 0.5, -half_chord)
    kernel = np.maximum(covered, 0).reshape(len(pixels), _ROWS_PER_PIXEL, len(pixels)).mean(axis=1)
    return (kernel / kernel.sum()).astype(np.float32)


def srgb_to_linear(encoded: np.ndarray) -> np.ndarray:
    """sRGB values in [0, 1] to linear light in [0, 1] (IEC 61966-2-1, both pieces), float32."""
    encoded = np.asarray(encoded, np.float32)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** np.float32(2.4))


def linear_to_srgb(light: np.ndarray) -> np.ndarray:
    """Linear light to sRGB values in [0, 1], float32; light above 1 is clipped first, as a sensor does."""
    light = np.clip(np.asarray(light, np.float32), 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** np.float32(1 / 2.4) - 0.055)


@dataclass(frozen=True)
class Layer:
    """A flat thing that faces the camera at one distance, complete: also where something nearer hides it.

    Attributes:
        colour: float32 [h, w, C], linear light, already multiplied by alpha; above 1 for lights. C is 3, or whatever
            all layers of a scene have: a map of something is photographed like a picture.
        alpha: float32 [h, w] in [0, 1], how much of each pixel it covers.
        distance: from the lens, in any unit shared by the scene; may be infinite.
        corner: (row, column) of the array's first pixel in the picture; may be negative.
    """

    colour: np.ndarray
    alpha: np.ndarray
    distance: float
    corner: tuple[int, int] = (0, 0)


def expose(
    layers: Sequence[Layer], *, size: tuple[int, int], focus_distance: float = 1.0, strength: float = 0.0
) -> np.ndarray:
    """The light that reaches the sensor: float32 [H, W, C], linear, not clipped.

    Args:
        layers: back to front. The first is the backdrop: opaque, covering the picture, and continued beyond its array
            by its border pixels, so give it a margin of the largest radius where the border matters. The others are
            transparent outside their arrays.
        size: (H, W) of the picture.
        focus_distance: the distance that stays sharp.
        strength: see `blur_radius`; 0 is a pinhole.

    Every layer is blurred as a whole, colour and alpha alike, before the next one is laid over it. So what lies behind
    a blurred edge shows through it, and nothing of a sharp object bleeds into what is behind.
    """
    if not layers:
        raise UserError("layers: at least a backdrop is needed; received none")
    light = np.zeros((*size, layers[0].colour.shape[2]), np.float32)
    for number, layer in enumerate(layers):
        radius = float(blur_radius(layer.distance, focus_distance=focus_distance, strength=strength))
        _lay_over(light, blur(layer, radius, backdrop=number == 0))
    return light


def photograph(
    layers: Sequence[Layer], *, size: tuple[int, int], focus_distance: float = 1.0, strength: float = 0.0
) -> np.ndarray:
    """The picture of `expose`, clipped and encoded: float32 [H, W, 3], sRGB in [0, 1]."""
    return linear_to_srgb(expose(layers, size=size, focus_distance=focus_distance, strength=strength))


def blur(layer: Layer, radius: float, *, backdrop: bool = False) -> Layer:
    """The layer spread by a disc of `radius` pixels. Its array grows by the radius, except for a backdrop's."""
    kernel = disc_kernel(radius)
    if kernel.size == 1:
        return layer
    reach = kernel.shape[0] // 2
    rgba = np.dstack([layer.colour, layer.alpha])
    row, column = layer.corner
    if not backdrop:
        rgba = cv2.copyMakeBorder(rgba, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
        row, column = row - reach, column - reach
    rgba = cv2.filter2D(rgba, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    # Large kernels are applied in the frequency domain, whose rounding leaves values a little outside the range.
    np.maximum(rgba, 0, out=rgba)
    return Layer(rgba[..., :-1], np.minimum(rgba[..., -1], 1), layer.distance, (row, column))


def _lay_over(light: np.ndarray, layer: Layer) -> None:
    """Composites `layer` over `light` in place (Porter and Duff's "over", 1984)."""
    row, column = layer.corner
    top, left = max(row, 0), max(column, 0)
    bottom = min(row + layer.alpha.shape[0], light.shape[0])
    right = min(column + layer.alpha.shape[1], light.shape[1])
    if bottom <= top or right <= left:
        return
    inside = slice(top - row, bottom - row), slice(left - column, right - column)
    behind, colour, through = light[top:bottom, left:right], layer.colour[inside], 1 - layer.alpha[inside]
    for channel in range(light.shape[2]):  # numpy spreads alpha over the channels at less than half the speed
        behind[..., channel] *= through
        behind[..., channel] += colour[..., channel]
