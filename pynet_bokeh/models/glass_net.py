"""Glass-Net, the generator of BGGAN (Qian et al., arXiv 2011.02242, sec. 3.1): two V-shaped stages."""

from pynet_bokeh.models.network import Network, join, make_inputs
from pynet_bokeh.models.v_net import INPUT_SCALE, SIZE_MULTIPLE, Builder, Config

__all__ = ["INPUT_SCALE", "SIZE_MULTIPLE", "Config", "build"]

SECOND_STAGE_MAPS = 24


def build(config: Config, *, picture_size=(None, None), batch: int | None = None) -> Network:
    """Builds both stages; height and width of `picture_size` divisible by 8."""
    make = Builder(config)
    inputs = make_inputs(picture_size, input_scale=INPUT_SCALE, extra=config.extra, batch=batch)
    photo, first = make.first_stage(inputs)

    x = make.with_remainder(first, photo)
    _, half, quarter, eighth = make.encoder(x, SECOND_STAGE_MAPS, "stage2")
    x = make.convolution(eighth, eighth.shape[-1], "stage2_bottom")
    x = make.residuals(x, eighth.shape[-1], "stage2")
    for number, (skip, factor) in enumerate(((eighth, 4), (quarter, 2), (half, 1)), start=1):
        maps = config.maps(factor * SECOND_STAGE_MAPS)
        x = make.upsample(join([skip, x], f"stage2_join{number}"), maps, f"stage2_up{number}")
    final = make.convolution(x, 3, "stage2_head", activation="tanh")
    return make.network("glass_net", inputs, first, final)
