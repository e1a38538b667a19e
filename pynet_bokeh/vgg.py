"""VGG19's features (Simonyan and Zisserman, arXiv 1409.1556), which the perceptual loss compares."""

from collections.abc import Callable
from pathlib import Path

import tf_keras

from pynet_bokeh.errors import UserError

LAYER = "block5_conv4"  # relu5_4 in the papers
WEIGHTS_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


def vgg19_features(weights: str | None = None) -> Callable:
    """A function from pictures [B,H,W,3] in [0,1] to relu5_4 features [B,H/16,W/16,512].

    `weights` is a file in tf_keras's format without the top; None takes tf_keras's ImageNet weights from its cache or
    download. Raises UserError when neither can be had.
    """
    if weights is not None and not Path(weights).is_file():
        raise UserError(f"--vgg-weights {weights}: no such file")
    try:
        vgg = tf_keras.applications.VGG19(include_top=False, weights=weights or "imagenet")
    except Exception as error:  # tf_keras raises a bare Exception when the download fails
        if weights:
            raise UserError(f"--vgg-weights {weights}: not VGG19's weights without the top ({error})") from error
        raise UserError(
            f"losses.vgg: VGG19's ImageNet weights are neither in tf_keras's cache nor can they be downloaded here; "
            f"give {WEIGHTS_FILE} with --vgg-weights FILE, or take a recipe without a vgg loss, "
            "or leave it out (--set 'level.1.losses={l1=1.0,ssim=0.05}')"
        ) from error
    model = tf_keras.Model(vgg.input, vgg.get_layer(LAYER).output)
    model.trainable = False

    def features(pictures):
        return model(tf_keras.applications.vgg19.preprocess_input(pictures * 255.0))

    return features


def write_untrained(path: Path | str) -> None:
    """Writes VGG19's weights as they are drawn at random, in the format that `vgg19_features` reads: training with them
    costs what it costs with the trained ones, and their features mean nothing."""
    tf_keras.applications.VGG19(include_top=False, weights=None).save_weights(path)
