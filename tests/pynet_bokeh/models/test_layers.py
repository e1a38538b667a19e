import numpy as np
import pytest
import tf_keras

from pynet_bokeh.models.layers import ChannelMeanMax, DepthToSpace, InstanceNormalization, SpaceToDepth


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
    blocks = SpaceToDepth(block)(pictures)
    np.testing.assert_array_equal(DepthToSpace(block)(blocks), pictures)
    one = pictures[1, block : 2 * block, :block].reshape(-1)  # row by row, the channels of a pixel together
    np.testing.assert_array_equal(blocks[1, 1, 0], one)
    for layer, given in ((SpaceToDepth(block), pictures), (DepthToSpace(block), blocks)):
        np.testing.assert_array_equal(type(layer).from_config(layer.get_config())(given), layer(given))


def test_instance_normalization_without_variables_by_mean_or_sum():
    pictures = np.random.default_rng(3).normal(3, 5, (2, 9, 7, 4)).astype(np.float32)
    mean, total = (InstanceNormalization(1e-5, affine=False, statistic=statistic) for statistic in ("mean", "sum"))
    np.testing.assert_allclose(np.std(mean(pictures), axis=(1, 2)), 1, rtol=1e-4)
    np.testing.assert_allclose(np.std(total(pictures), axis=(1, 2)), 1 / np.sqrt(9 * 7), rtol=1e-4)
    assert mean.variables == total.variables == []
    copy = InstanceNormalization.from_config(total.get_config())
    np.testing.assert_array_equal(copy(pictures), total(pictures))
    with pytest.raises(ValueError, match="mean, sum are allowed; received 'max'"):
        InstanceNormalization(statistic="max")


def test_channel_mean_max():
    pictures = np.random.default_rng(4).normal(size=(2, 3, 5, 6)).astype(np.float32)
    expected = np.stack([pictures.mean(axis=-1), pictures.max(axis=-1)], axis=-1)
    np.testing.assert_allclose(ChannelMeanMax()(pictures), expected, atol=1e-6)
