import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT, SUBJECT

INPUTS = ("image", "focus", "strength")


def inputs(*, size=64, seed=0):
    rng = np.random.default_rng(seed)
    shapes = dict(zip(INPUTS, ((1, size, size, 3), (1, size, size, 1), (1, 1, 1, 1)), strict=True))
    return {name: rng.random(shape, np.float32) for name, shape in shapes.items()}


def test_nothing_is_computed_at_full_resolution():
    """Memory traffic at full size is what a phone pays for: pixels are only moved there."""
    model = registry.build("pynet_mobile", picture_size=(256, 256), batch=1).model()
    full = [layer for layer in model.layers if layer.output.shape[1] == 256]
    assert sorted(type(layer).__name__ for layer in full) == ["Activation", "DepthToSpace", "InputLayer", "InputLayer"]


def test_a_gate_that_keeps_everything_returns_the_photo():
    network = registry.build("pynet_mobile", {"channels": [4] * 6})
    model = network.model()
    gate = model.get_layer("level1_keep")
    gate.kernel.assign(np.zeros(gate.kernel.shape))
    gate.bias.assign(np.full(12, 50.0))
    given = inputs()
    np.testing.assert_allclose(model(given)[OUTPUT], given["image"], atol=1e-6)


def test_the_last_picture_begins_as_a_bilinear_enlargement():
    network = registry.build("pynet_mobile", {"channels": [4] * 6})
    model = network.model()
    gate = model.get_layer("level1_keep")
    gate.kernel.assign(np.zeros(gate.kernel.shape))
    gate.bias.assign(np.full(12, -50.0))
    given = inputs()
    coarse = network.model(2)(given)[OUTPUT]
    wanted = tf.image.resize(coarse, (64, 64), method="bilinear")[:, 2:-2, 2:-2]  # the edges are padded otherwise
    np.testing.assert_allclose(model(given)[OUTPUT][:, 2:-2, 2:-2], wanted, atol=1e-5)


@pytest.mark.parametrize(("level", "number", "radius"), [(3, 1, 2.2), (4, 2, 3.3), (6, 1, 1.3)])
def test_discs_begin_as_discs(level, number, radius):
    kernel = registry.build("pynet_mobile").model().get_layer(f"level{level}_disc{number}").depthwise_kernel.numpy()
    np.testing.assert_allclose(kernel.sum(axis=(0, 1)), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(kernel, kernel[::-1])
    np.testing.assert_array_equal(kernel, kernel.transpose(1, 0, 2, 3))
    covered = np.count_nonzero(kernel[3, :, 0, 0]) / 2
    assert abs(covered - radius) < 1


@pytest.mark.parametrize("level", [6, 5, 4, 3, 2, 1])
def test_the_subject_is_seen_at_the_level_or_a_quarter_of_the_picture(level):
    network = registry.build("pynet_mobile", {"size": "S"})
    given = inputs()
    outputs = network.staged_model(level, subject=True)(given)
    side = 64 // 2 ** (max(level, 3) - 1)
    assert outputs[SUBJECT].shape == (1, side, side, 3)
    np.testing.assert_array_equal(outputs[OUTPUT], network.model(level)(given)[OUTPUT])


def test_sizes_grow():
    small, medium, large = (registry.build("pynet_mobile", {"size": size}).model().count_params() for size in "SML")
    assert small < medium < large


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": [1, 2, 3]}, "six numbers above 0"),
        ({"size": "XL"}, "S, M, L are known; received 'XL'"),
        ({"strength": 1}, "true or false is allowed; received 1"),
        ({"blocks": 0}, "blocks: a number above 0"),
    ],
)
def test_bad_configurations_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        registry.build("pynet_mobile", options)
