"""Glass-Net and Double V-Net against the published networks' variables and outputs (tests/reference)."""

import numpy as np
import pytest

import published
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT

NETWORKS = ("double_vnet", "glass_net")


@pytest.mark.parametrize("name", NETWORKS)
def test_reference_outputs_of_both_stages(name):
    network = registry.build(name, {"normalization": "published"})
    published.assign(network, name)
    reference = published.outputs(name)
    pictures = network.staged_model()({"image": (reference["input"] + 1) / 2})
    np.testing.assert_allclose(2 * pictures[OUTPUT] - 1, reference["output"], atol=2e-4)
    np.testing.assert_allclose(2 * pictures["first_stage"] - 1, reference["first_stage"], atol=2e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_proper_normalization_is_another_network_with_the_same_variables(name):
    small = {"width": 0.25}
    proper = registry.build(name, small)
    theirs = registry.build(name, {**small, "normalization": "published"})
    image = np.random.default_rng(0).random((1, 32, 48, 3), np.float32)
    pictures = [network.model()({"image": image})[OUTPUT].numpy() for network in (proper, theirs)]
    assert np.abs(pictures[0] - pictures[1]).max() > 0.01
    for one, other in zip(proper.variables(1), theirs.variables(1), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_fourth_channel_widens_the_first_convolution_alone(name):
    with_depth, without = (registry.build(name, {"width": 0.125, "extra": extra}) for extra in ("depth", "none"))
    shapes = [[tuple(v.shape) for v in network.variables(1)] for network in (with_depth, without)]
    assert with_depth.extra == "depth"
    assert shapes[0][0] == (3, 3, 4, 2)
    assert shapes[0][1:] == shapes[1][1:]
    inputs = {"image": np.zeros((1, 16, 24, 3), np.float32), "depth": np.ones((1, 16, 24, 1), np.float32)}
    assert with_depth.model()(inputs)[OUTPUT].shape == (1, 16, 24, 3)


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_is_for_training_only(name):
    network = registry.build(name, {"width": 0.125})
    model = network.staged_model()
    inputs = {"image": np.random.default_rng(1).random((1, 32, 32, 3), np.float32)}
    still = [model(inputs, training=False)["first_stage"].numpy() for _ in range(2)]
    np.testing.assert_array_equal(*still)
    assert np.abs(model(inputs, training=True)["first_stage"] - still[0]).max() > 0


def test_wrong_options_are_refused():
    with pytest.raises(UserError, match="normalization: instance, published are allowed; received 'batch'"):
        registry.build("glass_net", {"normalization": "batch"})
    with pytest.raises(UserError, match="width: more than 0"):
        registry.build("double_vnet", {"width": 0})
