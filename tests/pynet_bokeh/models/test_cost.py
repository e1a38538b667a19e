import pytest
import tf_keras

from pynet_bokeh.models import cost

# GMAC to each level's output at a 512×512 input, from the published network's facts.
PUBLISHED = {7: 8.2, 6: 16.0, 5: 47.0, 4: 157.4, 3: 438.6, 2: 438.7, 1: 438.8}


def test_pynet_costs_what_the_published_network_costs():
    costs = cost.level_costs("pynet", picture_size=(1024, 1024))
    assert {one.level: round(one.macs / 1e9, 1) for one in costs} == PUBLISHED


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (tf_keras.layers.Conv2D(5, 3, strides=2, padding="same"), 3 * 3 * 4 * 5 * 4 * 6),
        (tf_keras.layers.DepthwiseConv2D(3, padding="same"), 3 * 3 * 4 * 8 * 12),
        (tf_keras.layers.Conv2DTranspose(5, 3, strides=2, padding="same"), 3 * 3 * 4 * 5 * 8 * 12),
        (tf_keras.layers.UpSampling2D(), 0),
    ],
)
def test_layer_macs(layer, macs):
    inputs = tf_keras.Input((8, 12, 4), batch_size=1)
    model = tf_keras.Model(inputs, layer(inputs))
    assert cost.model_macs(model) == macs


@pytest.mark.parametrize("name", ["double_vnet", "glass_net"])
def test_a_network_of_stages_has_one_cost(name):
    (one,) = cost.level_costs(name, {"width": 0.125}, picture_size=(64, 64))
    assert one.level == 1
    assert one.macs > 0
