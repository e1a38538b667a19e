import subprocess
import sys

import numpy as np
import pytest

from pynet_bokeh import runtime
from pynet_bokeh.errors import UserError
from pynet_bokeh.runtime import Tensor, TflitePredictor


@pytest.fixture
def picture():
    return np.random.default_rng(0).random((64, 64, 3), np.float32)


def test_roles_of_a_model_with_a_focus_map(tiny_models, picture):
    predictor = TflitePredictor(tiny_models / "focus.tflite")
    assert (predictor.input_size, predictor.input_scale, predictor.extra) == ((64, 64), 1, "focus")
    assert predictor.name.endswith("focus.tflite")
    focus = np.zeros((64, 64), np.float32)
    focus[:, 32:] = 1
    output = predictor(picture, focus)
    assert output.dtype == np.float32 and output.shape == (64, 64, 3)
    np.testing.assert_allclose(output[:, 32:], picture[:, 32:], atol=1e-6)
    np.testing.assert_allclose(output[:, :32], picture[:, :32] / 2, atol=1e-6)


def test_roles_of_a_model_without_a_map(tiny_models, picture):
    predictor = TflitePredictor(tiny_models / "plain.tflite", threads=1, xnnpack=False)
    assert predictor.extra is None
    np.testing.assert_allclose(predictor(picture), picture, atol=1e-6)


def test_roles_of_a_model_with_a_strength(tiny_models, picture):
    predictor = TflitePredictor(tiny_models / "strength.tflite")
    assert predictor.takes_strength and predictor.extra is None
    assert set(predictor.describe()["inputs"]) == {"image", "strength"}
    np.testing.assert_allclose(predictor(picture, strength=0.25), picture / 4, atol=1e-6)
    with pytest.raises(ValueError, match="strength: a number from 0 to 1 is wanted; received None"):
        predictor(picture)
    assert not TflitePredictor(tiny_models / "plain.tflite").takes_strength


def test_roles_of_a_model_that_doubles(tiny_models, picture):
    predictor = TflitePredictor(tiny_models / "double.tflite")
    assert (predictor.input_size, predictor.input_scale) == ((32, 32), 2)
    output = predictor(picture[:32, :32])
    np.testing.assert_allclose(output, picture[:32, :32].repeat(2, axis=0).repeat(2, axis=1), atol=1e-6)


@pytest.mark.parametrize("xnnpack", [True, False])
def test_an_int8_model_goes_through_its_own_scale(tiny_models, picture, xnnpack):
    path = tiny_models / "int8.tflite"
    predictor = TflitePredictor(path, xnnpack=xnnpack)
    inputs, outputs = runtime.signature(runtime.open_interpreter(path), path)
    assert {one.dtype for one in (*inputs.values(), *outputs.values())} == {np.dtype(np.uint8)}
    assert all(one.scale > 0 for one in (*inputs.values(), *outputs.values()))
    assert set(inputs) == {"image", "focus"} and set(outputs) == {"bokeh"}
    whole = np.ones((64, 64), np.float32)
    np.testing.assert_allclose(predictor(picture, whole), picture, atol=4 / 255)
    np.testing.assert_allclose(predictor(picture, whole * 0), picture / 2, atol=6 / 255)


def test_what_comes_out_is_clipped(tiny_models, picture):
    output = TflitePredictor(tiny_models / "plain.tflite")(picture * 3 - 1)
    assert output.min() == 0 and output.max() == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_quantization_rounds_and_saturates(dtype):
    limits = np.iinfo(dtype)
    tensor = Tensor("image", (1, 1, 3, 1), np.dtype(dtype), 1 / 255, int(limits.min))
    stored = tensor.quantize(np.float32([-0.1, 0, 0.49 / 255, 0.51 / 255, 1, 1.1]))
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored.astype(int) - limits.min, [0, 0, 0, 1, 255, 255])
    every = np.arange(limits.min, limits.max + 1, dtype=dtype)
    np.testing.assert_array_equal(tensor.quantize(tensor.dequantize(every)), every)


def test_files_that_are_no_models_are_named(tiny_models, tmp_path):
    with pytest.raises(UserError, match=r"gone\.tflite: can't be read \(No such file"):
        TflitePredictor(tmp_path / "gone.tflite")
    with pytest.raises(UserError, match=r"can't be read \(Is a directory"):
        TflitePredictor(tmp_path)
    (tmp_path / "text.tflite").write_text("this is not a model")
    with pytest.raises(UserError, match=r"text\.tflite: not a \.tflite file"):
        TflitePredictor(tmp_path / "text.tflite")
    (tmp_path / "empty.tflite").touch()
    with pytest.raises(UserError, match=r"empty\.tflite: not a \.tflite file"):
        TflitePredictor(tmp_path / "empty.tflite")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_models_are_named(tiny_models, tmp_path, share):
    whole = (tiny_models / "focus.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UserError, match=r"cut\.tflite: ") as error:
        TflitePredictor(tmp_path / "cut.tflite")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"), [("wrong", "not a bokeh network; .*received .*[4]"), ("coarse", "a coarse level's model")]
)
def test_models_of_another_kind_are_refused(tiny_models, name, message):
    with pytest.raises(UserError, match=rf"{name}\.tflite: .*{message}"):
        TflitePredictor(tiny_models / f"{name}.tflite")


def test_pictures_and_maps_that_do_not_fit_are_named(tiny_models, picture):
    predictor = TflitePredictor(tiny_models / "focus.tflite")
    with pytest.raises(ValueError, match=r"focus: \[64, 64, 1\] is wanted; received None"):
        predictor(picture)
    with pytest.raises(ValueError, match=r"image: \[64, 64, 3\] is wanted; received \[32, 64, 3\]"):
        predictor(picture[:32], picture[..., 0])


def test_a_picture_of_no_numbers_is_refused(tiny_models, picture):
    picture[3, 4, 1] = np.inf
    with pytest.raises(UserError, match=r"plain\.tflite: .*infinity or NaN"):
        TflitePredictor(tiny_models / "plain.tflite")(picture)


def test_a_model_of_any_size_takes_one_after_the_other(tiny_models, textured):
    predictor = TflitePredictor(tiny_models / "open.tflite")
    assert (predictor.input_size, predictor.input_scale, predictor.size_multiple) == (None, 1, 64)
    for size in ((64, 192), (128, 64), (64, 192)):
        picture = (textured(*size) / 255).astype(np.float32)
        np.testing.assert_array_equal(predictor(picture), picture)
    assert predictor.describe()["inputs"]["image"]["shape"] == [1, -1, -1, 3]
    with pytest.raises(ValueError, match=r"image: \[-1, -1, 3\] is wanted; received \[64, 64\]"):
        predictor(picture[:, :64, 0])


def test_tensorflow_stays_out(tiny_models):
    code = (
        "import sys; from pynet_bokeh import evaluate, render; from pynet_bokeh.runtime import TflitePredictor; "
        f"TflitePredictor({str(tiny_models / 'plain.tflite')!r}); "
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'tf_keras', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
