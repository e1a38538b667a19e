"""What is read off a .tflite: operators in order with their tensors and layers, and the largest activations."""

from pynet_bokeh import tflite_graph


def test_operators_in_order_with_their_tensors(tiny_models):
    graph = tflite_graph.read(tiny_models / "focus.tflite")
    shift, product = graph.operators
    assert (shift.kind, product.kind) == ("CONV_2D", "MUL")
    assert (graph.name(shift), graph.name(product)) == ("shift", "bokeh")
    focus, kernel, bias = graph.read_by(shift)
    assert (focus.shape, focus.constant, focus.bytes) == ((1, 64, 64, 1), False, 64 * 64 * 4)
    assert kernel.constant and bias.constant
    assert graph.made_by(shift)[0] in graph.read_by(product)


def test_the_largest_tensors_come_first(tiny_models):
    (largest,) = tflite_graph.read(tiny_models / "double.tflite").largest_tensors(1)
    assert largest["bytes"] == 64 * 64 * 3 * 4
    assert largest["shape"] == [1, 64, 64, 3]
    assert tflite_graph.read(tiny_models / "int8.tflite").largest_tensors(1)[0]["bytes"] == 64 * 64 * 3
