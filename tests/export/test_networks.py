"""Every published network by the phone model's path to a verified .tflite."""

import json

import pytest

import foreign_checkpoints
import published
from export import check_arm, check_gpu, debian, exporting
from export.recipes import changed, recipe_named
from pynet_bokeh.errors import UserError
from pynet_bokeh.importing import import_weights
from pynet_bokeh.models import registry
from small_runs import finished_run

FAST = ["finetune.steps=2", "calibration.pictures=4", "calibration.wide_open=0"]
NETWORKS = {  # network: its config, how far its weights are spread, picture size, inputs
    "glass_net": ("{width = 0.125}", 0.02, (128, 64), {"image": [1, 128, 64, 3]}),
    "double_vnet": ("{width = 0.125}", 0.02, (128, 64), {"image": [1, 128, 64, 3]}),
    "pynet": (
        "{width = 0.125, max_kernel = 3}",
        None,
        (128, 128),
        {"image": [1, 64, 64, 3], "depth": [1, 64, 64, 1]},
    ),
}


@pytest.mark.parametrize(
    "name", ["glass_net", *(pytest.param(name, marks=pytest.mark.slow) for name in ("double_vnet", "pynet"))]
)
def test_float_half_and_int8(tmp_path, name, tflite_probe):
    config, spread, size, inputs = NETWORKS[name]
    settings = f"network={name}", f"network_config={config}", f"data.crop={list(size)}"
    run = finished_run(tmp_path / "run", *settings, spread=spread)
    sizes = {}
    kinds = (("fp32", "float32"), ("fp16", "float32"), ("qat_int8", "uint8"), ("int16x8", "float32"))
    for quantization, edges in kinds:
        recipe = recipe_named(quantization)
        loose = ["limits.min_psnr=25", "limits.min_ssim=0.8", "limits.max_drop=1"]  # random weights blow rounding up
        settings = loose + [one for one in FAST if getattr(recipe, one.partition(".")[0])]
        (recipe,) = changed([recipe], settings)
        path = exporting.export(run.folder, quantization=recipe, picture_size=size)
        probe = tflite_probe(path)
        assert probe["inputs"] == inputs
        assert probe["outputs"] == {"bokeh": [1, *size, 3]}
        assert set(probe["dtypes"]) == {edges}
        assert probe["foreign_operators"] == []
        sizes[quantization] = path.stat().st_size
    assert sizes["qat_int8"] < sizes["fp16"] < sizes["fp32"]


@pytest.mark.slow
@pytest.mark.skipif(not debian.is_there(debian.VULKAN), reason="no software Vulkan: run `make emulators`")
@pytest.mark.parametrize("name", NETWORKS)
def test_gpus_take_it(tmp_path, name):
    """Random weights tell integers from a GPU's floats too far apart for a comparison."""
    for quantization in ("fp32", "ptq_int8"):
        found = check_gpu.check(exported(tmp_path, name, quantization), report=lambda line: None)
        assert (found.compiled, found.rejected, found.skipped) == (True, [], [])
        assert quantization == "ptq_int8" or found.agreement["gpu_f32"] > 90


@pytest.mark.slow
@pytest.mark.skipif(check_arm.missing() is not None, reason=str(check_arm.missing()))
@pytest.mark.parametrize("name", NETWORKS)
def test_arm_draws_the_same(tmp_path, name):
    for quantization in ("fp32", "ptq_int8"):
        path = exported(tmp_path, name, quantization)
        (found,) = check_arm.check(path, cpus=["cortex-a76"], pictures=1, report=lambda line: None)
        assert found.fits, found


def exported(tmp_path, name, quantization):
    config, spread, size, _ = NETWORKS[name]
    settings = f"network={name}", f"network_config={config}", f"data.crop={list(size)}"
    run = finished_run(tmp_path / quantization, *settings, spread=spread)
    (recipe,) = changed([recipe_named(quantization)], FAST[1:] if quantization == "ptq_int8" else [])
    return exporting.export(run.folder, quantization=recipe, picture_size=size)


def test_a_level_that_the_network_does_not_have_is_named(tmp_path):
    run = finished_run(tmp_path / "run", "network=glass_net", "network_config={width = 0.0625}")
    with pytest.raises(UserError, match=r"level: glass_net has levels \[1\]; received 3"):
        exporting.export(run.folder, quantization="fp32", picture_size=(64, 64), level=3)


@pytest.mark.slow
def test_pynet_is_exported_without_the_heads_it_does_not_draw_with(tmp_path, tflite_probe):
    names = (variable.name for variable in published.variables("pynet_bokeh"))
    weights = dict(zip(names, published.values("pynet_bokeh"), strict=True))
    checkpoint = foreign_checkpoints.by_names(tmp_path / "pynet.ckpt", weights, scope="generator")
    run = import_weights("pynet-bokeh", checkpoint, tmp_path / "run").run
    coarse = exporting.export(run.folder, quantization="fp32", picture_size=(64, 128), level=7)
    final = exporting.export(run.folder, quantization="fp32", picture_size=(64, 128))
    for path, parameters, picture in ((coarse, None, [1, 1, 2, 3]), (final, 47_524_992, [1, 64, 128, 3])):
        sidecar = json.loads(path.with_suffix(".json").read_text())
        parameters = parameters or registry.build("pynet").model(7).count_params()
        assert sidecar["parameters"] == parameters
        assert parameters * 4 < path.stat().st_size < parameters * 4 * 1.02 + 200_000
        probe = tflite_probe(path)
        assert probe["inputs"] == {"image": [1, 32, 64, 3], "depth": [1, 32, 64, 1]}
        assert probe["outputs"] == {"bokeh": picture}
