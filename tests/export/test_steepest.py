"""The layer where values fall away, of graphs whose errors are known."""

import pytest
from tf_keras import layers, models

from export.convert import float_graph
from export.recipes import recipe_named
from export.steepest import ENOUGH, steepest
from pynet_bokeh.models.network import OUTPUT


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """image → a → b → sum ← c ← a; the sum is the picture: the file, and tensors by layer."""
    image = layers.Input((8, 8, 3), batch_size=1, name="image")
    first = layers.Conv2D(3, 3, padding="same", name="a")(image)
    second = layers.Conv2D(3, 3, padding="same", name="b")(first)
    other = layers.Conv2D(3, 3, padding="same", activation="tanh", name="c")(first)
    picture = layers.Activation("linear", name=OUTPUT)(layers.Add(name="sum")([second, other]))
    found = float_graph(models.Model({"image": image}, {OUTPUT: picture}), recipe_named("fp32"))
    path = tmp_path_factory.mktemp("graph") / "float.tflite"
    path.write_bytes(found.content)
    return path, {node.layer: node.tensor for node in found.nodes}


@pytest.mark.parametrize(
    ("arithmetic", "ratios", "named"),
    [
        ("integer", {"a": 40, "b": 3, "c": 38, "sum": 4}, "b: 3.0 dB above its error, 40.0 dB by what it reads"),
        ("integer", {"a": 40, "b": 35, "c": 1, "sum": 2}, "c: 1.0 dB"),
        ("integer", {"a": 2, "b": 2, "c": 1, "sum": 0}, "a: 2.0 dB above its error, 200.0 dB by what it reads"),
        ("integer", {"a": 40, "b": 38, "sum": 5}, "sum: 5.0 dB above its error, 35.9 dB by what it reads"),  # c as a
        ("integer", {"a": None, "b": -20, "c": None, "sum": -19}, "b: -20.0 dB above its error, 200.0 dB by what it"),
        ("integer", {"a": 59, "b": 17, "c": 25, "sum": -3}, "sum: -3.0 dB"),  # b may only be clipped
        ("float", {"a": 140, "b": 25, "c": 139, "sum": 8}, "b: 25.0 dB above its error, 140.0 dB by what it reads"),
        ("integer", {"a": 58, "b": 55, "c": 54, "sum": 53}, None),
        ("integer", {}, None),
    ],
)
def test_the_layer_where_it_begins(graph, arithmetic, ratios, named):
    path, tensors = graph
    assert set(tensors) == {"a", "b", "c", "sum"}
    errors = {name: {"snr": one, "error": 0.0 if one is None else 10 ** (-one / 20)} for name, one in ratios.items()}
    found = steepest(path, tensors, errors, enough=ENOUGH[arithmetic])
    assert str(found).startswith(f"most is lost in {named}") if named else found is None


def test_a_sum_of_what_nearly_cancels_out_is_not_to_blame(graph):
    """Its error is that of what it reads; its values are small."""
    path, tensors = graph
    errors = {name: {"snr": 30, "error": 0.03} for name in ("a", "b", "c")}
    assert steepest(path, tensors, {**errors, "sum": {"snr": 3, "error": 0.042}}, enough=ENOUGH["integer"]) is None
    found = steepest(path, tensors, {**errors, "sum": {"snr": 3, "error": 0.42}}, enough=ENOUGH["integer"])
    assert (found.layer, round(found.before)) == ("sum", 23)
