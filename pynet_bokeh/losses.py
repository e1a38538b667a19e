"""Training losses between rendered and target pictures, [B,H,W,3] in about [0,1], each a scalar."""

from collections.abc import Callable

import tensorflow as tf

from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import SSIM_WINDOW
from pynet_bokeh.vgg import vgg19_features

LOSSES = ("l1", "mse", "ssim", "vgg")


def l1(target, output):
    """Mean absolute difference."""
    return tf.reduce_mean(tf.abs(target - output))


def mse(target, output):
    """Mean squared difference."""
    return tf.reduce_mean(tf.square(target - output))


def ssim(target, output):
    """1 − SSIM (Wang et al. 2004) with a Gaussian window of 11 pixels; both sides must be at least that long."""
    return 1.0 - tf.reduce_mean(tf.image.ssim(target, output, max_val=1.0, filter_size=SSIM_WINDOW))


def cross_entropy(target, found, *, weight: float = 1.0):
    """Mean binary cross-entropy of `found` [B,h,w,C], probabilities, against `target` [B,H,W,1] averaged down to it;
    what is 1 in the target counts `weight` times."""
    target = _averaged_down(target, found)
    found = tf.clip_by_value(found, 1e-4, 1 - 1e-4)
    return -tf.reduce_mean(weight * target * tf.math.log(found) + (1 - target) * tf.math.log(1 - found))


def l1_inside(target, output, mask):
    """Absolute difference of [B,h,w,C] times `mask` [B,H,W,1] averaged down to it; mean over the whole picture."""
    return tf.reduce_mean(tf.abs(target - output) * _averaged_down(mask, output))


def _averaged_down(large, small):
    """`large` [B,H,W,C] averaged down to the height and width of `small`, whole parts of its own."""
    factor = tf.shape(large)[1] // tf.shape(small)[1]
    return tf.image.resize(large, tf.shape(large)[1:3] // factor, method="area")


def picture_of(target):
    """The picture [B,H,W,3] of a training target, which may have more to it."""
    return target["bokeh"] if isinstance(target, dict) else target


def weighted(weights: dict[str, float], *, picture_size: tuple[int, int], vgg_weights: str | None = None) -> Callable:
    """The weighted sum of named losses as `loss(target, output) -> (total, {name: unweighted value})`.

    Args:
      weights: factor by name, out of `l1`, `mse`, `ssim` and `vgg` (mean squared difference of VGG19's relu5_4).
      picture_size: (height, width) of the pictures, to refuse what does not work on them before training starts.
      vgg_weights: file with VGG19's ImageNet weights; None takes tf_keras's own from its cache or download.

    Raises UserError for an unknown name, or pictures too small for SSIM.
    """
    functions = {}
    for name in weights:
        if name not in LOSSES:
            raise UserError(f"losses: {', '.join(LOSSES)} are known; received {name!r}")
        if name == "ssim" and min(picture_size) < SSIM_WINDOW:
            raise UserError(
                f"losses.ssim: pictures of at least {SSIM_WINDOW} pixels a side are needed; "
                f"the level's are {picture_size[1]}x{picture_size[0]}"
            )
        functions[name] = vgg_difference(vgg_weights) if name == "vgg" else {"l1": l1, "mse": mse, "ssim": ssim}[name]

    def loss(target, output):
        parts = {name: function(target, output) for name, function in functions.items()}
        return tf.add_n([weights[name] * value for name, value in parts.items()]), parts

    return loss


def vgg_difference(vgg_weights: str | None) -> Callable:
    """Mean squared difference of relu5_4 features (PyNET-Bokeh, sec. 3.2), as a function of two batches."""
    features = vgg19_features(vgg_weights)

    def difference(target, output):
        return tf.reduce_mean(tf.square(features(target) - features(output)))

    return difference
