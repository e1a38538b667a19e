"""Double V-Net, an entry of the AIM 2022 bokeh challenge: Glass-Net's first stage, then one with attention.

Spatial and channel attention are those of CBAM (Woo et al., arXiv 1807.06521), the latter by the average alone.
"""

import tf_keras

from pynet_bokeh.models.layers import ChannelMeanMax
from pynet_bokeh.models.network import Network, join, make_inputs
from pynet_bokeh.models.v_net import INPUT_SCALE, SIZE_MULTIPLE, Builder, Config

__all__ = ["INPUT_SCALE", "SIZE_MULTIPLE", "Config", "build"]


def _spatial_attention(make: Builder, x, name):
    """x [B,H,W,C] times a number from 0 to 1 for each pixel, from the mean and the maximum of its channels."""
    seen = ChannelMeanMax(name=f"{name}_mean_max")(x)
    weight = make.convolution(seen, 1, name, kernel=7, activation="sigmoid")
    return tf_keras.layers.Multiply(name=f"{name}_attended")([x, weight])


def _channel_attention(make: Builder, x, name):
    """x [B,H,W,C] times a number from 0 to 1 for each channel, from the means of all channels.

    The means stay [B,1,1,C]: LiteRT's GPU accelerator draws something else of 8-bit [B,C] (11 dB to the CPU).
    """
    maps = x.shape[-1]
    seen = tf_keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_mean")(x)
    weight = make.dense(seen, max(1, maps // 8), f"{name}_dense1", activation="relu")
    weight = make.dense(weight, maps, f"{name}_dense2", activation="sigmoid")
    return tf_keras.layers.Multiply(name=f"{name}_attended")([x, weight])


def build(config: Config, *, picture_size=(None, None), batch: int | None = None) -> Network:
    """Builds both stages; height and width of `picture_size` divisible by 8."""
    make = Builder(config)
    inputs = make_inputs(picture_size, input_scale=INPUT_SCALE, extra=config.extra, batch=batch)
    photo, first = make.first_stage(inputs)
    maps32, maps64, maps128, maps256, maps512 = (config.maps(maps) for maps in (32, 64, 128, 256, 512))

    x = make.with_remainder(first, photo)
    x = make.convolution(x, maps32, "stage2_encoder1")
    full = make.convolution(x, maps64, "stage2_encoder2")
    half = make.convolution(full, maps128, "stage2_encoder3", strides=2)
    quarter = make.convolution(half, maps128, "stage2_encoder4", strides=2)
    skips = [_spatial_attention(make, x, f"stage2_spatial{n}") for n, x in enumerate((full, half, quarter), start=1)]

    x = make.residual(quarter, maps128, "stage2_residual1")
    narrow = make.residual(x, maps256, "stage2_residual2", shortcut=True)
    middle = make.residual(narrow, maps256, "stage2_residual3")
    wide = make.convolution(middle, maps512, "stage2_bottom1")
    narrow, middle, wide = (
        _channel_attention(make, x, f"stage2_channel{n}") for n, x in enumerate((narrow, middle, wide), start=1)
    )

    x = make.convolution(wide, maps256, "stage2_bottom2")
    x = make.residual(join([x, middle], "stage2_join1"), maps256, "stage2_residual4", shortcut=True)
    x = make.residual(join([x, narrow], "stage2_join2"), maps256, "stage2_residual5", shortcut=True)
    x = make.residual(x, maps128, "stage2_residual6", shortcut=True)
    for number, (skip, maps, strides) in enumerate(
        ((skips[2], maps128, 2), (skips[1], maps64, 2), (skips[0], maps64, 1)), start=1
    ):
        x = make.upsample(join([x, skip], f"stage2_join{number + 2}"), maps, f"stage2_up{number}", strides=strides)
    x = make.convolution(x, maps32, "stage2_decoder")
    final = make.convolution(x, 3, "stage2_head", activation=None)
    return make.network("double_vnet", inputs, first, final)
