"""How wide the lens is open: the user's strength, the blur's radius in pixels, and what a network's input says."""

from pynet_bokeh.errors import UserError

RADIUS_SHARE = 0.04
"""Of the picture's short side: the radius of the far background's circle of confusion at strength 1."""

LARGEST_RADIUS = 40.0
"""Pixels of its picture that a network's `strength` input of 1 stands for."""

UNKNOWN = 0.5
"""The `strength` input for training pairs whose lens is not known."""


def network_strength(strength: float, size: tuple[int, int]) -> float:
    """The network's input for the user's `strength` from 0 (pinhole) to 1, on a photo of `size` (height, width) there.

    Raises UserError when `strength` is outside.
    """
    if not 0 <= strength <= 1:
        raise UserError(f"strength: 0 to 1 is allowed; received {strength:g}")
    return of_radius(strength * RADIUS_SHARE * min(size))


def of_radius(radius: float | None) -> float:
    """The network's input, 0 to 1, for blur of `radius` pixels; None is unknown."""
    return UNKNOWN if radius is None else min(1.0, radius / LARGEST_RADIUS)
