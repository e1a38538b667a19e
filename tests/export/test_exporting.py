"""Whole exports of a small run: artifact, sidecar, verification, and nothing where it fails."""

import dataclasses
import hashlib
import itertools
import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from tensorflow.lite.tools import flatbuffer_utils

from export import convert, exporting, finetune, recipes, show
from export.__main__ import main
from export.calibration import Calibrated
from export.ranges import calibrate
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.errors import UserError
from pynet_bokeh.predictors import pictures_of
from pynet_bokeh.runtime import TflitePredictor
from pynet_bokeh.trained import load_model
from pynet_bokeh.training import level as training
from small_runs import finished_run

SIZE = (128, 64)
SCHEMA = json.loads((Path(exporting.__file__).parent / "sidecar_schema.json").read_text())
FAST = ["finetune.steps=2", "finetune.validate_every=1", "calibration.pictures=4", "calibration.wide_open=2"]


def change_weights(run):
    with np.load(run.weights(1)) as file:
        changed = {name: values * 1.01 for name, values in file.items()}
    np.savez(run.weights(1), **changed)


def fast(name, *settings):
    """A recipe with little calibration and fine-tuning, as far as it has any."""
    recipe = recipes.recipe_named(name)
    tables = [table for table in ("finetune", "calibration") if getattr(recipe, table)]
    (recipe,) = recipes.changed([recipe], [one for one in (*FAST, *settings) if one.partition(".")[0] in tables])
    return recipe


def export(run, name, **options):
    return exporting.export(run.folder, **{"quantization": fast(name), "picture_size": SIZE, **options})


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
    edges = recipes.RECIPES[name].edges
    assert set(probe["dtypes"]) == {edges}
    if edges == "uint8":
        assert probe["scales"] == pytest.approx([1 / 255] * 4)
        assert sidecar["output"]["bokeh"]["quantization"] == {"scale": pytest.approx(1 / 255), "zero_point": 0}


@pytest.mark.xdist_group("shared_run")
@pytest.mark.parametrize(
    ("name", "stored", "computed"),
    [
        ("fp32", {"float32"}, {("CONV_2D", "float32", "float32"), ("ADD", "float32", None)}),
        ("fp16", {"float16"}, {("CONV_2D", "float32", "float16"), ("ADD", "float32", None)}),
        ("ptq_int8", {"int8"}, {("CONV_2D", "int8", "int8"), ("ADD", "int8", None)}),
        ("int16x8", {"int8"}, {("CONV_2D", "int16", "int8"), ("SPACE_TO_DEPTH", "float32", None)}),
    ],
)
def test_the_sidecar_says_what_types_are_in_the_file(shared_run, name, stored, computed):
    sidecar = json.loads(export(shared_run, name).with_suffix(".json").read_text())
    types = sidecar["types"]
    assert set(types["weights"]) == stored
    assert computed <= {(one["kind"], one["type"], one["weights"]) for one in types["operators"]}
    assert "finetuned" not in sidecar


@pytest.mark.xdist_group("shared_run")
def test_a_recipe_that_changed_nothing_says_so(shared_run, tmp_path):
    """All of the small network's kernels are too small for the converter to store them in 8 bits."""
    said = []
    path = export(shared_run, "dynamic_int8", out=tmp_path, report=said.append)
    assert said[-1] == (
        f"{path.name}: dynamic_int8 changed nothing: the converter stored no weights as int8, all are float32; it "
        "leaves small ones as they are"
    )
    assert set(json.loads(path.with_suffix(".json").read_text())["types"]["weights"]) == {"float32"}
    shown = show.describe(path)
    assert "MB float32 (read from the file)" in shown and "CONV_2D float32" in shown and "int8 weights," in shown


@pytest.mark.parametrize(("steps", "best", "lines"), [(3, 0, 1), (3, 2, 0), (0, 0, 0)])
def test_fine_tuning_without_effect_is_known_by_its_best_step(steps, best, lines):
    recipe = fast("qat_int8", f"finetune.steps={steps}")
    found = list(exporting._without_effect(recipe, {"types": {"weights": {"int8": 1}}, "finetuned": best}))
    assert len(found) == lines and all("nothing better than calibration" in line for line in found)


@pytest.mark.slow
def test_fine_tuning_without_effect_says_so(run, tmp_path):
    said = []
    ruinous = fast("qat_int8", "finetune.learning_rate=0.5", "finetune.steps=3")
    path = export(run, "qat_int8", quantization=ruinous, out=tmp_path, report=said.append)
    assert said[-1] == f"{path.name}: fine-tuning found nothing better than calibration, whose weights these are"
    assert json.loads(path.with_suffix(".json").read_text())["finetuned"] == 0
    assert "; not fine-tuned: 3 steps found nothing better than calibration\n" in show.describe(path)


def test_what_a_command_says_and_how_it_calls_its_file(run, capfd):
    """The converter's settings, which it says at every conversion, are not among it."""
    settings = ["--set", "calibration.pictures=3", "--set", "calibration.wide_open=0"]
    assert main(["tflite", str(run.folder), "--quant", "ptq_int8", "--size", "64", *settings]) == 0
    out, err = capfd.readouterr()
    assert "fully_quantize" not in err and "oneDNN" not in err
    name = "pynet_mobile_ptq_int8_pictures3_wide_open0"
    path = run.folder / "export" / f"{name}_64x64.tflite"
    assert out.splitlines()[:-1] == [
        "ptq_int8_pictures3_wide_open0: calibrating",
        f"{path.name}: converting",
        f"{path.name}: verifying",
    ]
    drop = json.loads(path.with_suffix(".json").read_text())["verification"]["target"]["drop"]
    assert out.splitlines()[-1].endswith(f", {drop:+.3f} dB lost against the targets")
    shown = show.describe(path)
    assert f"{drop:+.3f} dB lost against the float network" in shown
    assert "ptq_int8_pictures3_wide_open0: ptq_int8 with calibration.pictures 3 instead of 24, " in shown
    assert "; calibrated on 3 pictures\n" in shown


def test_of_all_recipes_those_for_another_networks_layers_are_left_out(run, capsys, monkeypatch):
    """`mixed` names layers of pynet_mobile's; asked for by name it is refused."""
    other = dataclasses.replace(recipes.recipe_named("mixed"), keep_float=recipes.Floats(layers=("other_*",)))
    here = [recipes.recipe_named("fp32"), other]
    monkeypatch.setattr("export.request.recipes", lambda *_: here)
    command = ["tflite", str(run.folder), "--size", "64", "--quant"]
    assert main([*command, "all"]) == 0
    missing = "keep_float.layers: pynet_mobile_level1 has no layer 'other_*'"
    assert f"mixed: left out; {missing}\n" in capsys.readouterr().err
    assert [path.stem for path in run.folder.glob("export/*.tflite")] == ["pynet_mobile_fp32_64x64"]
    assert main([*command, "fp32,mixed"]) == 2
    assert f"error: {missing}\n" in capsys.readouterr().err


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
    with pytest.raises(UserError, match=r"exists already, of other weights \(run run\); --out DIR"):
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
    with pytest.raises(
        exporting.VerificationFailed, match=r"60 wanted \(most is lost in level1_keep: .*\); nothing was written"
    ):
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


@pytest.mark.xdist_group("shared_run")
@pytest.mark.parametrize("name", ["int16x8", "mixed"])
def test_what_stays_float_does_so_at_any_size_too(shared_run, name, tmp_path):
    """The converter quantizes what gives the picture at any size, whatever is listed."""
    path = export(shared_run, name, picture_size=None, out=tmp_path)
    operators = json.loads(path.with_suffix(".json").read_text())["types"]["operators"]
    assert {one["type"] for one in operators if one["kind"] == "DEPTH_TO_SPACE"} == {"float32"}


def test_an_integer_file_for_any_size(run):
    path = export(run, "ptq_int8", picture_size=None)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    jsonschema.validate(sidecar, SCHEMA)
    assert sidecar["inputs"]["image"] == {
        "shape": [1, -1, -1, 3],
        "dtype": "uint8",
        "quantization": {"scale": pytest.approx(1 / 255), "zero_point": 0},
    }


def test_a_photo_folders_path_is_not_absolute_and_is_found_again(tmp_path):
    for split in ("train", "test"):
        write_pairs(SceneSource((64, 64), extra="focus", count=2), tmp_path / "photos" / split, workers=1)
    run = finished_run(tmp_path / "run", data={"folders": [str(tmp_path / "photos")]})
    path = exporting.export(run.folder, quantization="fp32", picture_size=(64, 64))
    assert json.loads(path.with_suffix(".json").read_text())["origin"]["data"]["folders"] == ["../../photos"]
    assert pictures_of(str(path), {}).folders == (str(tmp_path / "photos"),)


@pytest.fixture
def tuned(run):
    """Fine-tunes the run as an export of SIZE would; returns the file of the weights."""
    network, model = load_model(run, picture_size=SIZE, batch=1)
    example = {name: np.full((1, *tensor.shape[1:]), 0.5, np.float32) for name, tensor in network.inputs.items()}
    ranges, means = calibrate(model, [example])
    calibration = Calibrated({}, ranges, means)

    def tune(schedule=None, **options):
        schedule = schedule or fast("qat_int8").finetune
        return finetune.finetune(run, network, 1, schedule, calibration, SIZE, folder=run.folder / "qat", **options)

    return tune


@pytest.mark.parametrize(("change", "trainings"), [("nothing", 1), ("weights", 2), ("schedule", 2), ("floats", 2)])
def test_fine_tuning_is_kept_while_nothing_changes(run, tuned, monkeypatch, change, trainings):
    trained = []

    def train(run, network, level, schedule, calibration, floats, rounded, folder, vgg_weights):
        trained.append(1)
        (folder / "weights.npz").touch()

    monkeypatch.setattr(finetune, "_train", train)
    tuned()
    if change == "weights":
        change_weights(run)
    schedule = fast("qat_int8", "finetune.steps=3").finetune if change == "schedule" else None
    tuned(schedule, floats=frozenset({"level1_keep"} if change == "floats" else ()))
    assert len(trained) == trainings


def test_fine_tuning_sees_pictures_of_the_exported_size_but_none_too_large(run, tuned, monkeypatch):
    asked = []
    monkeypatch.setattr(
        finetune, "_train", lambda run, network, level, *rest: asked.append((run.recipe.data, rest[0])) or 1 / 0
    )
    for crop, wanted in ((1024, SIZE), (64, (64, 64))):
        with pytest.raises(ZeroDivisionError):
            tuned(fast("qat_int8", f"finetune.crop={crop}", "finetune.batch=50").finetune)
        seen, schedule = asked.pop()
        assert (seen.crop, seen.validation_crop) == (wanted, wanted)
        assert schedule.batch == run.recipe.level[1].batch
    with pytest.raises(
        UserError, match=r"crops for finetune\.crop 50: pynet_mobile takes multiples of 64; received 50x50"
    ):
        tuned(fast("qat_int8", "finetune.crop=50").finetune)


def test_fine_tuning_that_makes_it_worse_is_not_taken(run, tuned):
    _, model = load_model(run, picture_size=SIZE, batch=1)
    ruinous = fast("qat_int8", "finetune.learning_rate=0.5", "finetune.steps=3").finetune
    path = tuned(ruinous)
    assert json.loads((path.parent / "best.json").read_text())["step"] == 0
    with np.load(path) as file:
        kernel = file["level1_keep/kernel"]
    np.testing.assert_array_equal(kernel, model.get_layer("level1_keep").kernel)  # calibrated alone: biases may differ


@pytest.mark.parametrize(("aim", "looked_at"), [("float", False), ("targets", True)])
def test_what_fine_tuning_compares_with(run, tuned, monkeypatch, aim, looked_at):
    """Black targets change what comes out only where they are the aim."""
    original, scores = training.training_batches, itertools.count()
    monkeypatch.setattr(finetune._Best, "score", lambda best: next(scores))  # the last weights are the best
    schedule = fast("qat_int8", f'finetune.aim="{aim}"', "finetune.learning_rate=1e-3").finetune
    kernels = []
    for share in (1.0, 0.0):
        monkeypatch.setattr(
            training,
            "training_batches",
            lambda *arguments, share=share: ((inputs, share * target) for inputs, target in original(*arguments)),
        )
        with np.load(tuned(schedule)) as file:
            kernels.append(file["level1_keep/kernel"])
        shutil.rmtree(run.folder / "qat")
    assert np.array_equal(*kernels) != looked_at


def test_an_interrupted_fine_tuning_goes_on_where_it_was(run, tuned, monkeypatch):
    whole = np.load(tuned())
    whole = {name: whole[name] for name in whole.files}
    shutil.rmtree(run.folder / "qat")
    original = finetune._Best.__call__

    def interrupted(best, journal, step):
        original(best, journal, step)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(finetune._Best, "__call__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tuned()
    assert not (run.folder / "qat" / "weights.npz").exists()
    with np.load(tuned()) as again:
        for name, values in whole.items():
            np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_a_damaged_layer_is_caught_in_an_integer_graph(run, monkeypatch):
    original = convert.corrected_biases

    def damaged(model, *arguments, **options):
        biases = original(model, *arguments, **options)
        return {**biases, "level2_block1_pointwise": biases["level2_block1_pointwise"] + 3}

    monkeypatch.setattr(convert, "corrected_biases", damaged)
    named = r"32 wanted \(most is lost in level2_block1_pointwise: .* dB by what it reads\); nothing was written"
    with pytest.raises(exporting.VerificationFailed, match=f"dB to the float network, {named}"):
        export(run, "ptq_int8")
    assert not list(run.folder.glob("export/*"))


@pytest.mark.parametrize(("layer", "factor"), [("level2_block1_pointwise", 2.0), ("level4_lift", 0.25)])
def test_a_layer_whose_scale_was_changed_in_the_file_is_named(run, monkeypatch, layer, factor):
    original = exporting.convert

    def damaged(*arguments):
        model = flatbuffer_utils.convert_bytearray_to_object(bytearray(original(*arguments)))
        (graph,) = model.subgraphs
        for tensor in graph.tensors:
            if layer in tensor.name.decode() and model.buffers[tensor.buffer].data is not None:
                tensor.quantization.scale = [factor * scale for scale in tensor.quantization.scale]
        return bytes(flatbuffer_utils.convert_object_to_bytearray(model))

    monkeypatch.setattr(exporting, "convert", damaged)
    with pytest.raises(exporting.VerificationFailed, match=rf"\(most is lost in {layer}: .*; nothing was written"):
        export(run, "ptq_int8")
    assert not list(run.folder.glob("export/*"))


def test_a_layer_that_is_not_there_is_told_before_calibration(run):
    recipe = recipes.changed([recipes.recipe_named("mixed")], ['keep_float.layers=["level8_*"]'])[0]
    with pytest.raises(UserError, match=r"keep_float\.layers: pynet_mobile_level1 has no layer 'level8_"):
        export(run, "mixed", quantization=recipe)
    assert not (run.level_folder(1) / "calibration").exists()


def test_layers_by_name_and_by_operator_stay_float(run, tflite_probe):
    recipe = recipes.recipe_named("mixed")
    keep = dataclasses.replace(recipe.keep_float, layers=("level1_*",), operators=("RESIZE_BILINEAR",))
    path = export(run, "mixed", quantization=dataclasses.replace(fast("mixed"), keep_float=keep))
    floats = tflite_probe(path)["float_operators"]
    assert floats["RESIZE_BILINEAR"] == 14
    assert (floats["SPACE_TO_DEPTH"], floats["DEPTH_TO_SPACE"], floats["CONV_2D"]) == (2, 1, 2)
    wrong = dataclasses.replace(keep, layers=("level8_*",))
    with pytest.raises(UserError, match=r"keep_float\.layers: pynet_mobile_level1 has no layer 'level8_"):
        export(run, "mixed", quantization=dataclasses.replace(fast("mixed"), keep_float=wrong), force=True)
    wrong = dataclasses.replace(keep, operators=("RESIZE",))
    with pytest.raises(UserError, match=r"keep_float\.operators: an operator of LiteRT's is wanted; received 'RESIZE'"):
        export(run, "mixed", quantization=dataclasses.replace(fast("mixed"), keep_float=wrong), force=True)


def test_a_level_can_be_exported(run, tflite_probe):
    path = export(run, "fp32", level=3)
    assert path.name == "pynet_mobile_level3_fp32_64x128.tflite"
    assert tflite_probe(path)["outputs"] == {"bokeh": [1, 32, 16, 3]}


def test_bad_input_is_named(run, tmp_path):
    with pytest.raises(
        UserError, match="quantization: fp32, fp16, dynamic_int8, ptq_int8, qat_int8, int16x8, mixed are"
    ):
        exporting.export(run.folder, quantization="int4")
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
