"""What a recipe keeps float is float in the file: what it reads, its weights, what it gives."""

import numpy as np
import pytest
import tf_keras

from export import islands
from export.convert import convert
from export.ranges import calibrate
from export.recipes import changed, recipe_named
from pynet_bokeh import tflite_graph
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.layers import SpaceToDepth
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.runtime import TflitePredictor

layers = tf_keras.layers
ACTIVATIONS = {
    "relu": lambda: layers.ReLU(name="up_relu"),
    "leaky": lambda: layers.LeakyReLU(0.2, name="up_lrelu"),
    "none": lambda: layers.Dropout(0.5, name="up_dropout"),
}
PICTURES = [
    {"image": np.float32(image / 255)} for image in np.random.default_rng(2).integers(0, 256, (4, 1, 32, 32, 3))
]


def network(layer, *behind):
    """An integer convolution, `layer`, those behind it and another convolution."""
    tf_keras.utils.set_random_seed(3)
    image = tf_keras.Input((32, 32, 3), batch_size=1, name="image")
    x = layer(layers.Conv2D(8, 3, strides=2, padding="same", name="encoder")(image))
    for one in behind:
        x = one(x)
    x = layers.Rescaling(0.2, 0.5, name="picture")(layers.Conv2D(3, 1, name="head")(x))
    return tf_keras.Model({"image": image}, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})


def doubling(**options):
    return layers.Conv2DTranspose(8, 4, strides=2, padding="same", name="up", **options)


def converted(path, model, *settings, recipe="ptq_int8"):
    (chosen,) = changed([recipe_named(recipe)], settings)
    path.write_bytes(convert(model, chosen, *calibrate(model, PICTURES)))
    return tflite_graph.read(path)


def types(graph, operator):
    """Of what is computed with: shapes are whole numbers in float graphs, too."""
    tensors = (*graph.read_by(operator), *graph.made_by(operator))
    return {tensor.dtype for tensor in tensors if len(tensor.shape) > 1}


@pytest.mark.parametrize(
    ("activation", "bias", "recipe"),
    [
        ("relu", True, "ptq_int8"),
        ("relu", False, "ptq_int8"),
        ("leaky", False, "ptq_int8"),
        ("none", True, "ptq_int8"),
        ("relu", True, "int16x8"),
    ],
)
def test_a_transposed_convolution_stays_float(tmp_path, activation, bias, recipe):
    model = network(doubling(use_bias=bias), ACTIVATIONS[activation]())
    graph = converted(tmp_path / "a.tflite", model, "keep_float.layers=['up']", recipe=recipe)
    (up,) = [one for one in graph.operators if one.kind == "TRANSPOSE_CONV"]
    assert types(graph, up) == {"float32"}
    encoder, head = [one for one in graph.operators if one.kind == "CONV_2D"]
    assert "float32" not in types(graph, encoder)
    # int16x8 keeps a Rescaling float, and the converter makes it a part of the convolution before
    assert ("float32" in types(graph, head)) == (recipe == "int16x8")


@pytest.mark.parametrize("setting", ["keep_float.layers=['up*']", "keep_float.operators=['TRANSPOSE_CONV']"])
def test_by_pattern_and_by_operator_too(tmp_path, setting):
    graph = converted(tmp_path / "a.tflite", network(doubling(), layers.LeakyReLU(0.2, name="up_lrelu")), setting)
    (up,) = [one for one in graph.operators if one.kind == "TRANSPOSE_CONV"]
    assert types(graph, up) == {"float32"}
    (activation,) = [one for one in graph.operators if one.kind == "LEAKY_RELU"]
    assert types(graph, activation) == ({"float32"} if "layers" in setting else {"int8"})


@pytest.mark.parametrize(
    "reader", [layers.MaxPooling2D, lambda **name: layers.UpSampling2D(interpolation="bilinear", **name)]
)
def test_what_has_the_scale_of_what_it_reads_stays_integer_behind_it(tmp_path, reader):
    graph = converted(tmp_path / "a.tflite", network(doubling(), reader(name="reader")), "keep_float.layers=['up']")
    assert types(graph, named(graph, "up")) == {"float32"}
    assert types(graph, named(graph, "reader")) - {"int32"} == {"int8"}


@pytest.mark.parametrize("setting", ["keep_float.layers=['up']", "keep_float.operators=['MAX_POOL_2D']"])
def test_so_does_a_join_of_equal_scales(tmp_path, setting):
    model = network(doubling())
    up = model.get_layer("up").output
    x = layers.Concatenate(name="joined")([up, layers.MaxPooling2D(1, name="same")(up)])
    x = layers.Conv2D(3, 1, name="last")(x)
    model = tf_keras.Model(model.inputs, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})
    graph = converted(tmp_path / "a.tflite", model, setting)
    (join,) = [one for one in graph.operators if one.kind == "CONCATENATION"]
    assert types(graph, join) == {"int8"}


def test_where_all_stays_float_nothing_is_lost_but_at_the_edges(tmp_path):
    model = network(doubling(), layers.ReLU(name="up_relu"))
    wanted = np.clip(model(PICTURES[0])[OUTPUT][0], 0, 1)
    for setting, lost in (("['*']", False), ("[]", True)):
        converted(tmp_path / "a.tflite", model, f"keep_float.layers={setting}")
        for xnnpack in (True, False):
            drawn = TflitePredictor(tmp_path / "a.tflite", xnnpack=xnnpack)(PICTURES[0]["image"][0])
            assert (np.abs(drawn - wanted).max() > 0.501 / 255) == lost


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(8, 3, padding="same", name="odd"),
        layers.DepthwiseConv2D(3, padding="same", name="odd"),
        layers.Dense(8, name="odd"),
        layers.MaxPooling2D(name="odd"),
        layers.AveragePooling2D(name="odd"),
        layers.LeakyReLU(0.2, name="odd"),
        SpaceToDepth(name="odd"),
        layers.UpSampling2D(interpolation="bilinear", name="odd"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_so_does_every_other_operator(tmp_path, layer):
    model = network(layer, layers.Dropout(0.5, name="nothing"))
    graph = converted(tmp_path / "a.tflite", model, "keep_float.layers=['odd', 'nothing']")
    assert types(graph, named(graph, "odd")) - {"int32"} == {"float32"}
    assert islands.PREFIX not in (tmp_path / "a.tflite").read_bytes()


def named(graph, layer):
    """The operator of a layer; before it may be one that only rounds anew."""
    *_, found = [one for one in graph.operators if graph.name(one) == layer and "QUANTIZE" not in one.kind]
    return found


def test_what_did_not_stay_float_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(islands, "hide", lambda model, tensors: set())
    with pytest.raises(UserError, match=r"ptq_int8: up did not stay float \(TRANSPOSE_CONV\), as keep_float has it"):
        converted(tmp_path / "a.tflite", network(doubling()), "keep_float.layers=['up']")


def test_a_layer_that_another_ones_operator_computes_is_named(tmp_path):
    model = network(
        layers.Conv2D(8, 3, use_bias=False, name="odd"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(name="relu"),
    )
    with pytest.raises(
        UserError, match=r"keep_float\.layers: odd has no operator of its own, it is a part of relu's; name that"
    ):
        converted(tmp_path / "a.tflite", model, "keep_float.layers=['odd']")
    graph = converted(tmp_path / "a.tflite", model, "keep_float.layers=['odd', 'norm', 'relu']")
    assert [types(graph, one) for one in graph.operators if one.kind == "CONV_2D"][1] == {"float32"}


def test_what_is_put_before_a_join_is_none_of_the_operators_to_keep(tmp_path):
    """It is a LeakyReLU, too."""
    model = network(layers.Conv2D(8, 3, padding="same", name="odd"), layers.LeakyReLU(0.2, name="lrelu"))
    far = layers.Rescaling(30.0, name="far")(model.get_layer("encoder").output)
    x = layers.Concatenate(name="joined")([model.get_layer("lrelu").output, layers.ReLU(name="relu")(far)])
    x = layers.Conv2D(3, 1, name="last")(x)
    model = tf_keras.Model(model.inputs, {OUTPUT: layers.Activation("linear", name=OUTPUT)(x)})
    graph = converted(tmp_path / "a.tflite", model, "keep_float.operators=['LEAKY_RELU']")
    found = {graph.name(one): types(graph, one) for one in graph.operators if one.kind == "LEAKY_RELU"}
    assert found == {"lrelu": {"float32"}, "joined": {"int8"}}
