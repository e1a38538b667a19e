"""The two discriminators of BGGAN (Qian et al., arXiv 2011.02242, sec. 3.2): PatchGANs of two depths.

What neither the paper nor the variable tables settle is taken from pix2pix (Isola et al., arXiv 1611.07004), whose
PatchGAN it is: after the strided convolutions one of stride 1, then one to a single map; SAME padding, biases. Without
normalization, as the gradient penalty wants it (Gulrajani et al., arXiv 1704.00028: the penalty is for each picture by
itself), and without the photo as a second input: a critic sees a picture only.
"""

import tf_keras

DEPTHS = (3, 5)
MAPS = 64
MAX_MAPS = 512
SLOPE = 0.2


def build(*, depths=DEPTHS, maps: int = MAPS, max_maps: int = MAX_MAPS) -> tuple[tf_keras.Model, ...]:
    """The critics, one for each number of strided layers in `depths`.

    Each takes pictures [B,H,W,3] in [0,1] of any size, and gives a map [B, H/2^depth, W/2^depth, 1] (rounded up) of
    scores without bounds, higher for what looks real. A score sees a patch of 70×70 pixels at depth 3, 286×286 at 5.
    """
    return tuple(_critic(depth, maps, max_maps) for depth in depths)


def _critic(depth: int, maps: int, max_maps: int) -> tf_keras.Model:
    name = f"patch_gan{depth}"
    picture = tf_keras.Input((None, None, 3), name="picture")
    x = tf_keras.layers.Rescaling(2.0, -1.0, name=f"{name}_signed")(picture)
    for number in range(1, depth + 2):
        strides = 2 if number <= depth else 1
        x = _convolution(
            x, min(maps * 2 ** (number - 1), max_maps), strides, f"{name}_conv{number}", seed=10 * depth + number
        )
        x = tf_keras.layers.LeakyReLU(SLOPE, name=f"{name}_conv{number}_lrelu")(x)
    return tf_keras.Model(picture, _convolution(x, 1, 1, f"{name}_score", seed=10 * depth), name=name)


def _convolution(x, maps: int, strides: int, name: str, *, seed: int):
    return tf_keras.layers.Conv2D(
        maps,
        4,
        strides=strides,
        padding="same",
        kernel_initializer=tf_keras.initializers.GlorotUniform(seed=seed),
        name=name,
    )(x)
