from export import graph


def test_layers_are_called_as_the_network_calls_them():
    assert graph.layer_of("pynet_mobile_level1/level3_encoder/Relu;pynet_mobile_level1/x/BiasAdd") == "level3_encoder"
    assert graph.path_of("model/level3_encoder/Relu;model/x/BiasAdd") == "level3_encoder/Relu"
    assert graph.layer_of("serving_default_image:0") == "serving_default_image:0"


def test_operators_in_order_with_their_tensors(tiny_models):
    shift, product = graph.read(tiny_models / "focus.tflite")
    assert (shift.name, product.name) == ("CONV_2D", "MUL")
    assert shift.layer == "shift"
    focus, kernel, bias = shift.inputs
    assert (focus.shape, focus.constant, focus.bytes) == ((1, 64, 64, 1), False, 64 * 64 * 4)
    assert kernel.constant and bias.constant
    assert shift.outputs[0] in product.inputs


def test_the_largest_tensors_come_first(tiny_models):
    (largest,) = graph.largest_tensors(graph.read(tiny_models / "double.tflite"), 1)
    assert largest["bytes"] == 64 * 64 * 3 * 4
    assert largest["shape"] == [1, 64, 64, 3]
    assert graph.largest_tensors(graph.read(tiny_models / "int8.tflite"), 1)[0]["bytes"] == 64 * 64 * 3
