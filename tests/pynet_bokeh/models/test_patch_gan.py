import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pynet_bokeh.models import patch_gan

SMALL = {"maps": 4, "max_maps": 16}


def convolutions(model):
    return [layer for layer in model.layers if isinstance(layer, tf_keras.layers.Conv2D)]


def test_published_layers():
    three, five = patch_gan.build()
    for model, strided, maps in (
        (three, 3, [64, 128, 256, 512, 1]),
        (five, 5, [64, 128, 256, 512, 512, 512, 1]),
    ):
        layers = convolutions(model)
        assert [layer.filters for layer in layers] == maps
        assert [layer.strides[0] for layer in layers] == [2] * strided + [1, 1]
        assert {layer.kernel_size for layer in layers} == {(4, 4)}
        others = {type(layer).__name__ for layer in model.layers} - {"Conv2D"}
        assert others == {"InputLayer", "Rescaling", "LeakyReLU"}


def test_a_map_of_scores_for_pictures_of_any_size():
    pictures = np.random.default_rng(0).random((2, 72, 100, 3), np.float32)
    three, five = patch_gan.build(**SMALL)
    assert three(pictures).shape == (2, 9, 13, 1)
    assert five(pictures).shape == (2, 3, 4, 1)


def test_no_variable_is_shared_and_every_name_is_unique():
    critics = patch_gan.build(**SMALL)
    names = [variable.name for critic in critics for variable in critic.trainable_variables]
    assert len(set(names)) == len(names) == 26 - 2
    first, second = (convolutions(critic)[0].kernel.numpy() for critic in critics)
    assert np.abs(first - second).max() > 0


def test_a_score_sees_its_patch_alone():
    critic = patch_gan.build(depths=(3,), **SMALL)[0]
    pictures = tf.constant(np.random.default_rng(1).random((1, 160, 160, 3), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        score = critic(pictures)[0, 10, 10, 0]
    reached = np.argwhere(np.abs(tape.gradient(score, pictures)[0]).sum(axis=-1) > 0)
    assert (np.ptp(reached, axis=0) + 1 == 70).all()


@pytest.mark.parametrize("index", [0, 1])
def test_a_gradient_penalty_reaches_the_kernels(index):
    """Through the second derivative; the last bias alone has none."""
    critic = patch_gan.build(**SMALL)[index]
    pictures = tf.constant(np.random.default_rng(2).random((2, 64, 64, 3), np.float32))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(pictures)
            score = tf.reduce_mean(critic(pictures), axis=(1, 2, 3))
        slopes = tf.sqrt(tf.reduce_sum(tf.square(inner.gradient(score, pictures)), axis=(1, 2, 3)))
        penalty = tf.reduce_mean(tf.square(slopes - 1))
    kernels = [variable for variable in critic.trainable_variables if "kernel" in variable.name]
    assert all(gradient is not None for gradient in outer.gradient(penalty, kernels))
