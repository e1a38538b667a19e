"""How wide the lens is open: the user's strength, the blur's radius in pixels, and what a network's input says."""

RADIUS_SHARE = 0.05
"""Of the photo's short side: the radius of the far background's circle of confusion at strength 1."""

DEFAULT = 0.6
"""The strength that is used where the user names none."""

LARGEST_RADIUS = 40.0
"""Pixels of its picture that a network's `strength` input of 1 stands for."""

STRENGTH = "strength"
"""What networks call the input."""

UNKNOWN = 0.5
"""The `strength` input for training pairs whose lens is not known."""


def network_strength(strength: float, size: tuple[int, int]) -> float:
    """The network's input, 0 to 1, for the user's `strength` (0 a pinhole, 1 wide open) on a photo that is `size`
    (height, width) pixels there."""
    return of_radius(strength * RADIUS_SHARE * min(size))


def of_radius(radius: float | None) -> float:
    """The network's input, 0 to 1, for blur of `radius` pixels of its picture; None is unknown."""
    return UNKNOWN if radius is None else min(1.0, radius / LARGEST_RADIUS)


def strength_of(radius: float | None, size: tuple[int, int]) -> float:
    """The user's strength that blurs by `radius` pixels in a photo of `size` (height, width), above 1 for more than is
    offered; the default where the radius is not known."""
    return DEFAULT if radius is None else radius / (RADIUS_SHARE * min(size))
