"""PyNET against the published network's variables and outputs (tests/reference)."""

import numpy as np
import pytest
import tf_keras

import published
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import pynet


@pytest.fixture(scope="module")
def network():
    return pynet.build(pynet.Config())


def test_reference_outputs_at_every_level(network):
    published.assign(network, "pynet_bokeh")
    reference = published.outputs("pynet_bokeh")
    image, depth = reference["input"][..., :3], reference["input"][..., 3:]
    pictures = tf_keras.Model(network.inputs, network.pictures)({"image": image, "depth": depth})
    for level, picture in pictures.items():
        np.testing.assert_allclose(picture, reference[f"level_{level}"], atol=2e-4, err_msg=f"level {level}")


def test_published_parameter_count(network):
    assert sum(np.prod(variable.shape) for layer in network.layers for variable in layer.weights) == 47551791


def test_published_initialisers():
    first = pynet.build(pynet.Config(max_kernel=3)).layers[0]
    assert np.abs(first.kernel.numpy()).max() <= 0.02  # truncated at two standard deviations of 0.01
    assert first.kernel.numpy().std() == pytest.approx(0.0088, rel=0.05)  # 0.88 of it is left after truncation
    np.testing.assert_allclose(first.bias.numpy(), 0.01)


@pytest.mark.parametrize("max_kernel", [3, 5, 7, 9])
def test_smaller_kernels_still_connect(max_kernel):
    network = pynet.build(pynet.Config(width=0.125, max_kernel=max_kernel))
    largest = max(layer.kernel_size[0] for layer in network.layers if hasattr(layer, "kernel_size"))
    assert largest == max_kernel


def test_wrong_options_are_refused():
    with pytest.raises(UserError, match="max_kernel: 3, 5, 7 or 9 is allowed; received 11"):
        pynet.Config(max_kernel=11)
    with pytest.raises(UserError, match="width: more than 0"):
        pynet.Config(width=0)
