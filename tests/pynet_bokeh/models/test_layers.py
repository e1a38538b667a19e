import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pynet_bokeh.models.layers import InstanceNormalization, SpaceToDepth


def test_instance_normalization_is_group_normalization_with_one_channel_a_group():
    pictures = np.random.default_rng(0).normal(3, 5, (2, 9, 7, 4)).astype(np.float32)
    ours = InstanceNormalization(epsilon=1e-3)
    theirs = tf_keras.layers.GroupNormalization(groups=4, epsilon=1e-3)
    np.testing.assert_allclose(ours(pictures), theirs(pictures), atol=1e-5)


def test_instance_normalization_scales_and_shifts():
    pictures = np.random.default_rng(1).normal(size=(1, 16, 16, 2)).astype(np.float32)
    layer = InstanceNormalization()
    layer.build(pictures.shape)
    layer.shift.assign([1.0, 2.0])
    layer.scale.assign([3.0, 4.0])
    output = layer(pictures).numpy()
    np.testing.assert_allclose(output.mean(axis=(0, 1, 2)), [1, 2], atol=1e-5)
    np.testing.assert_allclose(output.std(axis=(0, 1, 2)), [3, 4], rtol=2e-3)
    assert [variable.name.split("/")[-1] for variable in layer.variables] == ["shift:0", "scale:0"]


@pytest.mark.parametrize("block", [2, 4])
def test_space_to_depth_is_undone_by_depth_to_space(block):
    pictures = np.random.default_rng(2).random((2, 8, 12, 3), np.float32)
    np.testing.assert_array_equal(tf.nn.depth_to_space(SpaceToDepth(block)(pictures), block), pictures)
