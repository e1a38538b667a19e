"""Models that do nothing but multiply: 1×1 convolutions, which XNNPACK computes as matrix products."""

import numpy as np

INT8_SCALE = 0.02


def matmul_model(*, side: int, channels: int, int8: bool) -> bytes:
    """A .tflite with one 1×1 convolution from `channels` to `channels` on a picture of `side` × `side`.

    It multiplies `matmul_macs` times, in float32 or in 8 bits.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    generator = np.random.default_rng(0)
    if int8:
        weights = generator.integers(-127, 128, (channels, 1, 1, channels), np.int8)
    else:
        weights = generator.standard_normal((channels, 1, 1, channels), np.float32)
    bias = np.zeros(channels, np.int32 if int8 else np.float32)

    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.description = 3, "probe"
    model.buffers = [schema.BufferT() for _ in range(3)]
    model.buffers[1].data = np.frombuffer(weights.tobytes(), np.uint8)
    model.buffers[2].data = np.frombuffer(bias.tobytes(), np.uint8)
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 3 if int8 else 1
    model.operatorCodes = [code]

    kind = schema.TensorType.INT8 if int8 else schema.TensorType.FLOAT32
    kind_of_bias = schema.TensorType.INT32 if int8 else schema.TensorType.FLOAT32
    picture = (1, side, side, channels)
    graph.tensors = []
    for name, shape, type_, buffer, scale in (
        ("picture", picture, kind, 0, INT8_SCALE),
        ("weights", weights.shape, kind, 1, INT8_SCALE),
        ("bias", bias.shape, kind_of_bias, 2, INT8_SCALE**2),
        ("product", picture, kind, 0, 50 * INT8_SCALE),
    ):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), type_, buffer
        if int8:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [0]
        graph.tensors.append(tensor)
    operator, options = schema.OperatorT(), schema.Conv2DOptionsT()
    options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2], [3]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.Conv2DOptions, options
    graph.operators, graph.inputs, graph.outputs = [operator], [0], [3]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def matmul_macs(*, side: int, channels: int) -> int:
    """Multiply-accumulates of that model."""
    return side * side * channels * channels
