"""The pyramid's levels: level 1 is the photo's full resolution, level 7 the coarsest (paper, fig. 3)."""

from pynet_bokeh.errors import UserError

FINEST = 1
COARSEST = 7
LEVELS = tuple(range(COARSEST, FINEST - 1, -1))  # in training order


def factor(level: int) -> int:
    """How many times smaller than the photo the picture of `level` is: 1, 2, 4 … 64 for levels 1, 2, 3 … 7."""
    if level not in LEVELS:
        raise UserError(f"level: {FINEST} to {COARSEST} is allowed; received {level}")
    return 2 ** (level - 1)


def size(photo_size: tuple[int, int], level: int) -> tuple[int, int]:
    """(height, width) of the picture of `level` for a photo of `photo_size`, which must be divisible by 2^(level-1)."""
    divisor = factor(level)
    height, width = photo_size
    if height % divisor or width % divisor:
        raise UserError(f"photo size: height and width must be divisible by {divisor}; received {width}x{height}")
    return height // divisor, width // divisor
