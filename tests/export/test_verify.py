"""Verification by itself, on a .tflite that returns its image: what comes out is what the case says."""

import dataclasses
import json

import numpy as np
import pytest

from export import verify
from export.recipes import Limits, recipe_named
from pynet_bokeh.metrics import psnr

LIMITS = Limits(min_psnr=40.0, min_ssim=0.95, max_pixel=0.1, max_drop=0.3)
RECIPE = dataclasses.replace(recipe_named("qat_int8"), limits=LIMITS)


def case(name, output, reference, target=None):
    return verify.Case(name, output.astype(np.float32), None, None, reference, target)


@pytest.fixture
def off():
    """Pictures of one grey at a distance of `decibels` from another one."""

    def make(decibels, start=0.5):
        return np.full((64, 64, 3), start + 10 ** (-decibels / 20))

    return make


def test_figures_of_several_pictures_are_those_of_all_their_pixels(tiny_models, textured):
    rng = np.random.default_rng(0)
    outputs, references, targets = ([textured(64, 64, seed=10 * kind + n) / 255 for n in range(3)] for kind in range(3))
    references = [np.clip(a + rng.normal(0, 0.001 * 4**n, a.shape), 0, 1) for n, a in enumerate(outputs)]
    cases = [case(str(n), *pictures) for n, pictures in enumerate(zip(outputs, references, targets, strict=True))]
    figures = verify.verify(tiny_models / "plain.tflite", RECIPE, cases)
    kernels = figures["kernels"]["xnnpack"]
    assert kernels["psnr"] == pytest.approx(psnr(np.stack(outputs), np.stack(references)), abs=1e-4)
    assert figures["target"]["float_psnr"] == pytest.approx(psnr(np.stack(references), np.stack(targets)), abs=1e-4)
    assert figures["target"]["tflite_psnr"] == pytest.approx(psnr(np.stack(outputs), np.stack(targets)), abs=1e-4)
    assert kernels["min_psnr_picture"] == "2"


def test_an_easy_picture_does_not_outweigh_the_others(tiny_models, off):
    grey = np.full((64, 64, 3), 0.5)
    cases = [case("sharp subject", off(50), off(65), grey), case("ordinary", off(25), off(25), grey)]
    figures = verify.verify(tiny_models / "plain.tflite", RECIPE, cases)
    assert figures["failures"] == []
    assert 0 < figures["target"]["drop"] < 0.02  # the mean of both pictures' PSNR falls by 7.5 dB


def test_a_loss_in_all_pictures_is_one(tiny_models, off):
    grey = np.full((64, 64, 3), 0.5)
    cases = [case(name, off(29.5), off(30), grey) for name in "ab"]
    (failure,) = verify.verify(tiny_models / "plain.tflite", RECIPE, cases)["failures"]
    assert failure == "PSNR against the targets fell by 0.50 dB, at most 0.3 allowed"


def test_every_picture_must_be_near_the_float_network(tiny_models, off):
    cases = [case("near", off(50), off(50)), case("far", off(30, 0.4), np.full((64, 64, 3), 0.4))]
    figures = verify.verify(tiny_models / "plain.tflite", RECIPE, cases)
    assert [line.partition(" dB")[0] for line in figures["failures"]] == [
        "far (xnnpack): 30.00",
        "far (builtin): 30.00",
    ]
    assert "target" not in figures


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        (
            lambda picture: np.where(np.arange(64 * 64).reshape(64, 64, 1) == 1000, 1.0, picture),
            "one (xnnpack): a pixel is 0.500 from the float network's, at most 0.1 allowed",
        ),
        (
            lambda picture: picture + 0.008 * np.sign(np.random.default_rng(0).normal(size=picture.shape)),
            "xnnpack: SSIM ",
        ),
    ],
    ids=["one pixel", "grain on an even surface"],
)
def test_what_a_psnr_does_not_see_is_a_failure_too(tiny_models, change, missed):
    even = np.full((64, 64, 3), 0.5)
    figures = verify.verify(tiny_models / "plain.tflite", RECIPE, [case("one", change(even), even)])
    assert figures["kernels"]["xnnpack"]["psnr"] > LIMITS.min_psnr
    assert [line.startswith(missed) for line in figures["failures"]].count(True) == 1
    assert len(figures["failures"]) == 2  # with both kernels


def test_equal_pictures_have_a_finite_figure(tiny_models):
    grey = np.full((64, 64, 3), 0.5, np.float32)
    figures = verify.verify(tiny_models / "plain.tflite", RECIPE, [case("same", grey, grey, grey)])
    assert figures["kernels"]["xnnpack"]["psnr"] == verify.IDENTICAL == figures["target"]["float_psnr"]
    assert figures["target"]["drop"] == 0


def test_the_command_reads_cases_and_writes_figures(tiny_models, tmp_path, textured):
    picture = (textured(64, 64) / 255).astype(np.float32)
    extra = np.ones((64, 64), np.float32)
    verify.save_cases(tmp_path / "cases.npz", [verify.Case("one", picture, extra, None, picture, None)])
    model, result = tiny_models / "focus.tflite", tmp_path / "result.json"
    recipe = json.dumps(dataclasses.asdict(recipe_named("fp32")))
    assert verify.main([str(model), str(tmp_path / "cases.npz"), recipe, str(result)]) == 0
    figures = json.loads(result.read_text())
    assert figures["failures"] == []
    assert set(figures["tensors"]["inputs"]) == {"image", "focus"}
