"""Which sizes of picture the networks take: known without tensorflow, so that a wrong one is told at once."""

from pynet_bokeh.errors import UserError

PYRAMID = 64  # six times halved, between levels 1 and 7
V_NET = 8
MULTIPLES = {"pynet": PYRAMID, "pynet_mobile": PYRAMID, "double_vnet": V_NET, "glass_net": V_NET}
"""What height and width must be divisible by, for each network of the zoo."""


def check(network: str, multiple: int, picture_size, *, what: str = "picture size") -> None:
    """Raises UserError unless `picture_size` (height, width; None: open) is a multiple of `multiple`.

    Args:
      network, what: for the message.
    """
    for side in picture_size:
        if side is not None and (side <= 0 or side % multiple):
            raise UserError(
                f"{what}: {network} takes multiples of {multiple}; received {picture_size[1]}x{picture_size[0]}"
            )
