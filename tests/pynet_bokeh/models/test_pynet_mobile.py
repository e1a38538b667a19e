import numpy as np
import pytest

from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT


def test_only_reads_and_one_blend_touch_the_full_resolution():
    """Memory traffic at full size is what a phone pays for: no convolution may write there."""
    model = registry.build("pynet_mobile", picture_size=(256, 256), batch=1).model()
    full = [layer for layer in model.layers if layer.output.shape[1] == 256]
    kinds = sorted({type(layer).__name__ for layer in full})
    assert kinds == ["Activation", "Add", "InputLayer", "Join", "Multiply", "Subtract", "UpSampling2D"]
    assert sum(type(layer).__name__ == "UpSampling2D" for layer in full) == 2


def test_a_gate_that_keeps_everything_returns_the_photo():
    network = registry.build("pynet_mobile", {"channels": [4] * 6})
    model = network.model()
    gate = model.get_layer("level1_keep")
    gate.kernel.assign(np.zeros(gate.kernel.shape))
    gate.bias.assign(np.full(3, 50.0))
    image = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    output = model({"image": image, "focus": image[..., :1]})[OUTPUT]
    np.testing.assert_allclose(output, image, atol=1e-6)


def test_discs_begin_as_discs():
    kernel = registry.build("pynet_mobile").model().get_layer("level3_disc").depthwise_kernel.numpy()
    np.testing.assert_allclose(kernel.sum(axis=(0, 1)), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(kernel, kernel[::-1])
    np.testing.assert_array_equal(kernel, kernel.transpose(1, 0, 2, 3))
    assert kernel[0, 0, 0, 0] == 0 < kernel[0, 3, 0, 0]


def test_channels_are_six_numbers():
    with pytest.raises(UserError, match="six numbers above 0"):
        registry.build("pynet_mobile", {"channels": [1, 2, 3]})
