"""Whole exports of a small run: artifact, sidecar, verification, and nothing where it fails."""

import dataclasses
import hashlib
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from export import exporting, finetune, recipes
from export.__main__ import main
from export.recipes import QatSchedule
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.errors import UserError
from pynet_bokeh.predictors import pictures_of
from pynet_bokeh.runtime import TflitePredictor
from pynet_bokeh.trained import load_model
from small_runs import finished_run

SIZE = (128, 64)
SCHEMA = json.loads((Path(exporting.__file__).parent / "sidecar_schema.json").read_text())
FAST = QatSchedule(steps=2, batch=2, calibration_batches=2)


def change_weights(run):
    with np.load(run.weights(1)) as file:
        changed = {name: values * 1.01 for name, values in file.items()}
    np.savez(run.weights(1), **changed)


def export(run, name, **options):
    return exporting.export(run.folder, quantization=name, picture_size=SIZE, schedule=FAST, **options)


@pytest.fixture(scope="module")
def shared_run(tmp_path_factory):
    """One finished run for the tests that don't change it: fine-tuning is what takes long."""
    return finished_run(tmp_path_factory.mktemp("shared") / "run", spread=0.03)


@pytest.mark.xdist_group("shared_run")
@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_gives_a_verified_artifact_with_its_sidecar(shared_run, name, tflite_probe):
    path = export(shared_run, name)
    assert path.name == f"pynet_mobile_{name}_64x128.tflite"
    sidecar = json.loads(path.with_suffix(".json").read_text())
    jsonschema.validate(sidecar, SCHEMA)
    assert sidecar["largest_tensors"][0]["bytes"] >= 64 * 32 * 13  # a joined input, in 8 bits or more
    assert sidecar["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (sidecar["network"], sidecar["quantization"], sidecar["level"]) == ("pynet_mobile", name, 1)
    figures = sidecar["verification"]
    assert figures["failures"] == []
    assert set(figures["kernels"]) == {"xnnpack", "builtin"}
    assert figures["pictures"] == 2 + 3  # the validation scenes and the bundled photos
    assert sidecar["versions"]["tensorflow"]

    probe = tflite_probe(path)
    shapes = {"image": [1, 128, 64, 3], "focus": [1, 128, 64, 1], "strength": [1, 1, 1, 1]}
    assert probe["inputs"] == shapes
    assert probe["outputs"] == {"bokeh": [1, 128, 64, 3]}
    assert probe["foreign_operators"] == []
    edges = "uint8" if recipes.RECIPES[name].integer_edges else "float32"
    assert set(probe["dtypes"]) == {edges}
    if recipes.RECIPES[name].integer_edges:
        assert probe["scales"] == pytest.approx([1 / 255] * 4)
        assert sidecar["output"]["bokeh"]["quantization"] == {"scale": pytest.approx(1 / 255), "zero_point": 0}


def test_an_up_to_date_artifact_is_left_alone(run, capsys):
    path = export(run, "fp32")
    before = path.stat().st_mtime_ns
    assert export(run, "fp32") == path
    assert path.stat().st_mtime_ns == before
    assert "up to date" in capsys.readouterr().out


def test_an_artifact_of_other_weights_is_not_overwritten_unasked(run):
    path = export(run, "fp32")
    change_weights(run)
    before = path.read_bytes()
    with pytest.raises(UserError, match="exists already; give another name or --force"):
        export(run, "fp32")
    assert path.read_bytes() == before
    export(run, "fp32", force=True)
    assert path.read_bytes() != before


@pytest.fixture
def damaged(monkeypatch):
    """Conversions lose a layer's scale."""
    original = exporting.convert

    def damaged(model, *arguments):
        kernel = next(v for v in model.variables if v.name.startswith("level1_keep/kernel"))
        before = kernel.numpy()
        kernel.assign(before * 3 + 0.2)
        try:
            return original(model, *arguments)
        finally:
            kernel.assign(before)

    monkeypatch.setattr(exporting, "convert", damaged)


@pytest.mark.usefixtures("damaged")
def test_a_damaged_conversion_fails_and_leaves_nothing(run):
    with pytest.raises(exporting.VerificationFailed, match=r"dB to the float network, 60 wanted; nothing was written"):
        export(run, "fp32")
    assert not list(run.folder.glob("export/*"))


@pytest.mark.usefixtures("damaged")
def test_a_failing_model_is_written_only_when_forced_and_by_a_name_that_says_so(run):
    with pytest.raises(exporting.VerificationFailed, match=r"written as .*/pynet_mobile_fp32_64x128_failed\.tflite"):
        export(run, "fp32", force=True)
    assert sorted(path.name for path in run.folder.glob("export/*")) == [
        "pynet_mobile_fp32_64x128_failed.json",
        "pynet_mobile_fp32_64x128_failed.tflite",
    ]
    sidecar = json.loads((run.folder / "export" / "pynet_mobile_fp32_64x128_failed.json").read_text())
    assert "60 wanted" in sidecar["verification"]["failures"][0]


def test_several_sizes_in_one_run(run, capsys):
    command = ["tflite", str(run.folder), "--quant", "fp32", "--size", "128x64,64x128,128x64"]
    assert main(command) == 0
    assert sorted(path.stem for path in run.folder.glob("export/*.tflite")) == [
        "pynet_mobile_fp32_128x64",
        "pynet_mobile_fp32_64x128",
    ]


def test_one_file_for_any_size_draws_what_the_network_draws_at_each(run):
    path = exporting.export(run.folder, quantization="fp32", picture_size=None)
    assert path.name == "pynet_mobile_fp32_any.tflite"
    sidecar = json.loads(path.with_suffix(".json").read_text())
    jsonschema.validate(sidecar, SCHEMA)
    assert (sidecar["picture_size"], sidecar["macs"], sidecar["largest_tensors"]) == (None, None, [])
    assert sidecar["verification"]["pictures"] == 2 * 5  # landscape and portrait
    assert sidecar["inputs"]["image"]["shape"] == [1, -1, -1, 3]
    _, model = load_model(run, batch=1)
    rng = np.random.default_rng(0)
    image, focus = rng.random((64, 128, 3), np.float32), rng.random((64, 128), np.float32)
    inputs = {"image": image, "focus": focus[..., None], "strength": np.full((1, 1, 1), 0.5, np.float32)}
    wanted = model({name: value[None] for name, value in inputs.items()})["bokeh"][0].numpy()
    np.testing.assert_allclose(TflitePredictor(path)(image, focus, 0.5), np.clip(wanted, 0, 1), atol=1e-5)


def test_a_photo_folders_path_is_not_absolute_and_is_found_again(tmp_path):
    for split in ("train", "test"):
        write_pairs(SceneSource((64, 64), extra="focus", count=2), tmp_path / "photos" / split, workers=1)
    run = finished_run(tmp_path / "run", data={"folders": [str(tmp_path / "photos")]})
    path = exporting.export(run.folder, quantization="fp32", picture_size=(64, 64))
    assert json.loads(path.with_suffix(".json").read_text())["origin"]["data"]["folders"] == ["../../photos"]
    assert pictures_of(str(path), {}).folders == (str(tmp_path / "photos"),)


@pytest.mark.xdist_group("shared_run")
def test_fine_tuning_is_done_once_for_all_sizes(shared_run, monkeypatch):
    export(shared_run, "qat_int8")
    monkeypatch.setattr(finetune, "_train", lambda *_: pytest.fail("trained twice"))
    path = exporting.export(shared_run.folder, quantization="qat_int8", picture_size=(64, 64), schedule=FAST)
    assert path.name.endswith("64x64.tflite")


@pytest.mark.parametrize(("change", "trainings"), [("nothing", 1), ("weights", 2), ("schedule", 2)])
def test_fine_tuning_is_kept_while_nothing_changes(run, monkeypatch, change, trainings):
    trained = []
    monkeypatch.setattr(finetune, "_train", lambda *_: trained.append(1))
    monkeypatch.setattr(finetune.quantize, "quantize", lambda model: model)
    monkeypatch.setattr(finetune.quantize, "named_variables", lambda model: {"a": model.variables[0]})
    network, model = load_model(run)
    finetune.finetune(run, network, model, 1, FAST)
    schedule = FAST
    if change == "weights":
        change_weights(run)
    if change == "schedule":
        schedule = QatSchedule(steps=3)
    finetune.finetune(run, network, model, 1, schedule)
    assert len(trained) == trainings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": -1}, "--qat-steps: a whole number, 0 or more, is wanted; received -1"),
        ({"calibration_batches": 0}, "--qat-calibration-batches: a whole number, 1 or more"),
        ({"learning_rate": float("nan")}, "--qat-learning-rate: a number above 0 is wanted; received nan"),
    ],
)
def test_a_schedule_out_of_range_is_named(change, message):
    with pytest.raises(UserError, match=message):
        QatSchedule(**change)


def test_fine_tuning_takes_no_more_than_the_recipe_and_the_schedule_allow(run, monkeypatch):
    asked = []
    monkeypatch.setattr(finetune, "_train", lambda run, *rest: asked.append((run.recipe.data, rest[4])) or 1 / 0)
    network, model = load_model(run)
    for crop, wanted in ((512, (64, 128)), (64, (64, 64))):
        data = dataclasses.replace(run.recipe.data, crop=(64, 128), validation_crop=(128, 64))
        wide = dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, data=data))
        with pytest.raises(ZeroDivisionError):
            finetune.finetune(wide, network, model, 1, QatSchedule(crop=crop, batch=50))
        seen, schedule = asked.pop()
        assert (seen.crop, seen.validation_crop) == (wanted, wanted[::-1])
        assert schedule.batch == run.recipe.level[1].batch
    with pytest.raises(UserError, match="crops for --qat-crop 50: pynet_mobile takes multiples of 64; received 50x50"):
        finetune.finetune(run, network, model, 1, QatSchedule(crop=50))


def test_a_level_can_be_exported(run, tflite_probe):
    path = export(run, "fp32", level=3)
    assert path.name == "pynet_mobile_level3_fp32_64x128.tflite"
    assert tflite_probe(path)["outputs"] == {"bokeh": [1, 32, 16, 3]}


def test_bad_input_is_named(run, tmp_path):
    with pytest.raises(UserError, match="quantization: fp32, fp16, dynamic_int8, ptq_int8, qat_int8 are known"):
        export(run, "int4")
    with pytest.raises(UserError, match="takes multiples of 64; received 100x128"):
        exporting.export(run.folder, picture_size=(128, 100))
    run.weights(1).unlink()
    with pytest.raises(UserError, match=r"level1/weights\.npz: missing, level 1 is not trained yet"):
        export(run, "fp32")
    with pytest.raises(UserError, match="not a run"):
        exporting.export(tmp_path)


def test_weights_of_another_shape_are_named(tmp_path):
    run = finished_run(tmp_path / "run")
    with np.load(run.weights(1)) as file:
        content = dict(file)
    content["level1_keep/kernel"] = content["level1_keep/kernel"][..., :3]
    np.savez(run.weights(1), **content)
    with pytest.raises(UserError, match=r"level1_keep/kernel should be \(1, 1, 4, 12\); received \(1, 1, 4, 3\)"):
        export(run, "fp32")


def test_an_rgb_only_network_has_one_input(tmp_path, tflite_probe):
    run = finished_run(tmp_path / "run", "network_config.extra=none")
    assert tflite_probe(export(run, "fp32"))["inputs"] == {"image": [1, 128, 64, 3], "strength": [1, 1, 1, 1]}


def test_depth_is_an_input_by_its_name(tmp_path, tflite_probe):
    run = finished_run(tmp_path / "run", "network_config.extra=depth")
    assert set(tflite_probe(export(run, "ptq_int8"))["inputs"]) == {"image", "depth", "strength"}


def test_the_coarsest_level_is_too_small_for_ssim(run):
    sidecar = json.loads(export(run, "fp32", level=7).with_suffix(".json").read_text())
    assert sidecar["verification"]["kernels"]["xnnpack"]["mean_ssim"] is None
