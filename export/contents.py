"""What is really in a .tflite: the types that its weights are stored in and that its operators compute in.

A recipe says what is asked for. For dynamic_int8 the converter leaves small weights float; layers stay float by name.
"""

from collections import Counter

from pynet_bokeh.tflite_graph import Graph

_WEIGHTS = 1  # which input of these holds them
_WITH_WEIGHTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED")


def types(graph: Graph) -> dict:
    """The types in a file, ready for JSON.

    Returns `weights`, the bytes of the convolutions' kernels by the type that they are stored in, and `operators`, how
    many of each `kind` give values of which `type`, with kernels stored in which (`weights`, None without a kernel).
    """
    by_tensor = {one.outputs[0]: one for one in graph.operators if one.outputs}

    def kernel(operator):
        if operator.kind not in _WITH_WEIGHTS or len(operator.inputs) <= _WEIGHTS:
            return None
        found = graph.tensors[operator.inputs[_WEIGHTS]]
        maker = by_tensor.get(found.index)
        while maker and maker.kind == "DEQUANTIZE":  # float16, made float32 when the file is opened
            found = graph.tensors[maker.inputs[0]]
            maker = by_tensor.get(found.index)
        return found if found.constant else None

    kernels = {one.index: kernel(one) for one in graph.operators}
    stored = {found.buffer: found for found in kernels.values() if found}
    weights: Counter = Counter()
    for found in stored.values():
        weights[found.dtype] += found.bytes
    counted = Counter(
        (one.kind, graph.tensors[one.outputs[0]].dtype, kernels[one.index] and kernels[one.index].dtype)
        for one in graph.operators
        if one.outputs
    )
    return {
        "weights": dict(weights.most_common()),
        "operators": [
            {"kind": kind, "type": given, "weights": own, "count": count}
            for (kind, given, own), count in counted.most_common()
        ],
    }


def unchanged(found: dict, asked: str) -> bool:
    """Whether no weight of the file is stored in the type that its recipe asks for."""
    return bool(found["weights"]) and asked not in found["weights"]
