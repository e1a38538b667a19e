"""From a Keras model to the bytes of a .tflite: inputs `image` and `depth` or `focus`, output `bokeh`."""

import tempfile
import warnings
from collections.abc import Callable, Iterable

import tensorflow as tf
import tf_keras
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from export.recipes import QuantizationRecipe
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import OUTPUT


def convert(
    model: tf_keras.Model,
    recipe: QuantizationRecipe,
    representative: Callable[[], Iterable[dict]] | None = None,
) -> bytes:
    """Converts a fixed-size model (batch 1) to a .tflite of built-in operators only.

    Args:
      model: the float network, or the fake-quantized one for `qat_int8`.
      recipe: how to quantize.
      representative: yields float inputs by name ([1,h,w,C], in [0,1]); needed by `ptq_int8` only.

    Raises UserError with the converter's own words when it refuses.
    """
    inputs = {tensor.name: tf.TensorSpec(tensor.shape, tf.float32, name=tensor.name) for tensor in model.inputs}

    @tf.function(input_signature=[inputs])
    def trace(tensors):
        if recipe.calibrated:  # 0 … 1 at both edges, whatever the calibration pictures' range is
            tensors = {name: _eight_bits(tensor) for name, tensor in tensors.items()}
        picture = model(tensors, training=False)[OUTPUT]
        return {OUTPUT: _eight_bits(picture) if recipe.calibrated else picture}

    # With its weights as constants the function is saved alone; with the Keras model it would take five times as long.
    frozen = convert_variables_to_constants_v2(trace.get_concrete_function())
    order = [tensor.name.partition(":")[0].removeprefix("tensors_") for tensor in frozen.inputs]

    @tf.function(input_signature=[inputs])
    def serve(tensors):
        return {OUTPUT: frozen(*(tensors[name] for name in order))[0]}

    module = tf.Module()
    module.serve = serve
    with tempfile.TemporaryDirectory() as folder:
        try:
            tf.saved_model.save(module, folder, signatures={"serving_default": serve})
        except (OSError, tf.errors.OpError) as error:
            raise UserError(f"{folder}: can't be written ({str(error).strip().partition(chr(10))[0]})") from error
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serving_default"])
        if recipe.optimize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if recipe.float16:
            converter.target_spec.supported_types = [tf.float16]
        if recipe.calibrated:
            if representative is None:
                raise UserError(f"{recipe.name}: calibration pictures are needed")
            converter.representative_dataset = lambda: (dict(example) for example in representative())
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        if recipe.integer_edges:
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the converter's own deprecated interpreter, and of QAT's ranges
                return converter.convert()
        except Exception as error:  # the converter raises its own kinds and bare ones
            first_line = str(error).strip().partition("\n")[0]
            raise UserError(f"{recipe.name}: the converter refused this network ({first_line})") from error


def _eight_bits(picture):
    return tf.quantization.fake_quant_with_min_max_args(picture, min=0.0, max=1.0)
