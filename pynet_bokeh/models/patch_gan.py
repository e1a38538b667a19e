"""PatchGAN discriminators (Isola et al., arXiv 1611.07004, sec. 3.2): a score for every patch of a picture."""

import tf_keras

DEPTHS = (3, 5)
KERNEL = 4
MAPS = (64, 512)  # at the first layer, and at most
SLOPE = 0.2


def build() -> dict[str, tf_keras.Model]:
    """Two discriminators of pictures [B,H,W,3] in [0,1], `patch3` and `patch5`, giving [B,h,w,1] scores: of strided
    4×4 convolutions without normalization, which a gradient penalty does not go with."""
    return {f"patch{depth}": _discriminator(depth) for depth in DEPTHS}


def _discriminator(depth: int) -> tf_keras.Model:
    name = f"patch{depth}"
    picture = tf_keras.Input((None, None, 3), name="picture")
    x = tf_keras.layers.Rescaling(2.0, -1.0, name=f"{name}_signed")(picture)
    for number in range(depth):
        maps = min(MAPS[0] * 2**number, MAPS[1])
        x = tf_keras.layers.Conv2D(maps, KERNEL, strides=2, padding="same", name=f"{name}_conv{number + 1}")(x)
        x = tf_keras.layers.LeakyReLU(SLOPE, name=f"{name}_conv{number + 1}_leaky")(x)
    scores = tf_keras.layers.Conv2D(1, KERNEL, padding="same", name=f"{name}_score")(x)
    return tf_keras.Model(picture, scores, name=name)
