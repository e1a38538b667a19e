import numpy as np
import pytest
import tf_keras

from export import quantize
from export.convert import convert
from export.recipes import recipe_named
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.models import registry
from pynet_bokeh.models.layers import InstanceNormalization
from pynet_bokeh.models.network import OUTPUT, join
from pynet_bokeh.runtime import TflitePredictor
from small_runs import lively


@pytest.fixture(scope="module")
def model():
    return lively(registry.build("pynet_mobile", {"channels": [8] * 6}, picture_size=(64, 64), batch=1)).model()


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(1)
    return [
        {
            "image": rng.random((1, 64, 64, 3), np.float32),
            "focus": rng.random((1, 64, 64, 1), np.float32),
            "strength": rng.random((1, 1, 1, 1), np.float32),
        }
        for _ in range(4)
    ]


@pytest.fixture(scope="module")
def calibrated(model, batches):
    quantized = quantize.quantize(model)
    quantize.calibrate(quantized, model, batches)
    return quantized


def activation_ranges(quantized):
    return {
        name: [(float(low), float(high)) for low, high in pairs]
        for name, pairs in quantize._range_variables(quantized).items()
    }


def test_ranges_are_those_of_the_float_networks_activations(model, calibrated, batches):
    name = "level3_block1_add"
    observer = tf_keras.Model(model.inputs, model.get_layer(name).output)
    values = [observer(inputs).numpy() for inputs in batches]
    assert len({value.max() for value in values}) > 1  # the widest range is not just the last batch's
    low, high = np.min(values), np.max(values)
    assert activation_ranges(calibrated)[name] == [pytest.approx((min(low, 0), high), rel=1e-3)]


def test_no_range_is_left_at_tfmots_start(calibrated):
    untouched = [name for name, pairs in activation_ranges(calibrated).items() if (-6.0, 6.0) in pairs]
    assert untouched == []
    weights = [v for v in calibrated.variables if v.name.endswith(("kernel_min:0", "kernel_max:0"))]
    assert weights
    assert not any((np.abs(variable.numpy()) == 6.0).all() for variable in weights)


def test_calibrated_is_close_to_float_and_uncalibrated_is_not(model, calibrated, batches):
    uncalibrated = quantize.quantize(model)
    uncalibrated(batches[0], training=True)
    wanted = np.clip(model(batches[0])[OUTPUT][0], 0, 1)
    near, far = (psnr(other(batches[0])[OUTPUT][0].numpy(), wanted) for other in (calibrated, uncalibrated))
    assert near > 30
    assert near > far + 3


def test_the_picture_goes_out_in_steps_of_one_255th(calibrated, batches):
    steps = calibrated(batches[1])[OUTPUT].numpy() * 255
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    assert steps.min() >= 0
    assert steps.max() <= 255


def test_gradients_reach_every_trainable_variable(calibrated, batches):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(calibrated(batches[0], training=True)[OUTPUT]))
    assert all(gradient is not None for gradient in tape.gradient(loss, calibrated.trainable_variables))


def test_a_pooling_beside_a_join_behind_a_normalization_runs(tmp_path):
    """As in PyNET's encoder: float normalization, an activation, and of that a pooling and a skip connection."""
    tf_keras.utils.set_random_seed(0)
    layers, inputs = tf_keras.layers, {"image": tf_keras.Input((32, 32, 3), batch_size=1, name="image")}

    def convolution(x, maps, name):
        return layers.Conv2D(maps, 3, padding="same", activation="relu", name=name)(x)

    x = InstanceNormalization(name="normalized")(convolution(inputs["image"], 8, "first"))
    encoded = layers.LeakyReLU(0.2, name="encoded")(x)
    x = convolution(layers.MaxPooling2D(name="pool")(encoded), 8, "coarse")
    x = layers.Conv2DTranspose(8, 3, strides=2, padding="same", name="up")(x)
    x = layers.Conv2D(3, 3, padding="same", name="head")(join([encoded, layers.LeakyReLU(0.2)(x)], "joined"))
    picture = layers.Activation("sigmoid", name="picture")(x)
    model = tf_keras.Model(inputs, {OUTPUT: layers.Activation("linear", name=OUTPUT)(picture)})
    images = np.random.default_rng(2).random((4, 1, 32, 32, 3), np.float32)

    quantized = quantize.quantize(model)
    quantize.calibrate(quantized, model, [{"image": image} for image in images])
    path = tmp_path / "pooled.tflite"
    path.write_bytes(convert(quantized, recipe_named("qat_int8")))
    for xnnpack in (True, False):
        drawn = TflitePredictor(path, xnnpack=xnnpack)(images[0][0])
        assert psnr(drawn, quantized(images[0])[OUTPUT][0].numpy()) > 38


def test_an_empty_calibration_set_is_refused(model):
    with pytest.raises(UserError, match="calibration: at least one batch of pictures is needed"):
        quantize.calibrate(quantize.quantize(model), model, [])


def test_a_layer_that_cannot_be_quantized_is_named():
    inputs = tf_keras.Input((8, 8, 3), name="image")
    output = tf_keras.layers.Lambda(lambda x: x * 2, name="doubled")(inputs)
    output = tf_keras.layers.Activation("linear", name=OUTPUT)(tf_keras.layers.ReLU()(output))
    with pytest.raises(UserError, match="qat_int8: this network can't be quantized"):
        quantize.quantize(tf_keras.Model({"image": inputs}, {OUTPUT: output}))
