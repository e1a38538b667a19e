"""Mistakes on the command line, told without tensorflow, and the names that artifacts get."""

import json
import os

import pytest

from export import artifact, request
from export.__main__ import main
from export.origin import model_name, planned, planned_untrained
from export.recipes import RECIPES
from pynet_bokeh import cli, shipped
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry, sizes

FP32 = RECIPES["fp32"]


@pytest.fixture(autouse=True)
def no_tensorflow(monkeypatch):
    monkeypatch.setattr(cli, "import_tensorflow", lambda: pytest.fail("tensorflow was imported"))


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The folder of a run with the weights S of the box; runs/shipped is beside it."""
    monkeypatch.chdir(tmp_path)
    return shipped.as_run("pynet_mobile_S", tmp_path / "small")


def lay(plan, **changed):
    """Puts something down where an artifact is planned, with its sidecar."""
    artifact.write(plan.path, b"content", {"origin": {**plan.origin, **changed}})


def test_every_networks_sizes_are_known_without_its_code():
    assert {name: module.SIZE_MULTIPLE for name, module in registry.NETWORKS.items()} == sizes.MULTIPLES


def test_the_sizes_in_the_box_do_not_share_names(tmp_path):
    names = {}
    for name in shipped.names():
        run = shipped.as_run(name, tmp_path / name)
        names[name] = planned(run, FP32, 1, (64, 128), tmp_path).path.name
    assert names == {
        "pynet_mobile": "pynet_mobile_fp32_128x64.tflite",
        "pynet_mobile_M": "pynet_mobile_fp32_128x64.tflite",
        "pynet_mobile_S": "pynet_mobile_S_fp32_128x64.tflite",
    }
    assert planned(run, FP32, 1, None, tmp_path).path.name == "pynet_mobile_S_fp32_any.tflite"
    assert model_name("pynet", {"width": 0.5}) == "pynet"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tflite", "nope"], "RUN: the folder of a trained run, or weights in the box (pynet_mobile, pynet_mobile_M, "),
        (["tflite", "."], ".: not a run (recipe.json is missing); the folder of a trained run, or weights in the box"),
        (["tflite", "small", "--quant", "int4"], "quantization: fp32, fp16, "),
        (["tflite", "small", "--quant", "none.toml"], "none.toml: can't be read (No such file"),
        (["tflite", "small", "--size", "64,100x64"], "--size: pynet_mobile takes multiples of 64; received 100x64"),
        (["tflite", "small", "--level", "3"], "--level 3: small has level 1 alone"),
        (["tflite", "pynet_mobile_S", "--level", "3"], "--level 3: runs/shipped/pynet_mobile_S has level 1 alone"),
        (["tflite", "small", "--out", "small/recipe.json/a"], "small/recipe.json/a: can't be written into (/"),
        (["tflite", "small", "--vgg-weights", "none.h5"], "--vgg-weights none.h5: no such file"),
        (["inspect", "small", "--quant", "fp16"], "--quant: a recipe of int8 or int16 activations is wanted; received"),
        (["inspect", "small", "--size", "8"], "--size: pynet_mobile takes multiples of 64; received 8x8"),
        (["inspect", "small", "--quant", "all"], "--quant: one recipe is wanted; received 'all'"),
        (["inspect", "small", "--out", "small/recipe.json"], "small/recipe.json/layers.csv: can't be written ("),
        (["search", "small", "--out", "recipe"], "--out: a .toml file is wanted; received recipe"),
        (["search", "nope"], "RUN: the folder of a trained run, or weights in the box"),
        (["untrained", "nope", "--out", "x"], "network: pynet, pynet_mobile, double_vnet, glass_net are known"),
        (["untrained", "glass_net", "--size", "60", "--out", "x"], "--size: glass_net takes multiples of 8; received"),
    ],
)
def test_a_mistake_is_told_at_once(small, capsys, arguments, message):
    before = {path for path in small.parent.rglob("*") if path.is_file()}
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {message}") and said.count("\n") == 1
    made = {path for path in small.parent.rglob("*") if path.is_file()} - before
    assert all("shipped" in path.parts for path in made)


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "much"])
def test_a_loss_below_nothing_is_refused(small, capsys, text):
    with pytest.raises(SystemExit) as left:
        main(["search", str(small), f"--max-drop-db={text}"])
    assert left.value.code == 2
    assert f"--max-drop-db: a number of decibels from 0 up is wanted; received '{text}'" in capsys.readouterr().err


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize("closed", ["out", "small/level1"])
def test_where_nothing_may_be_written_is_told_at_once(small, capsys, closed):
    folder = small.parent / closed
    folder.mkdir(exist_ok=True)
    folder.chmod(0o555)
    try:
        assert main(["tflite", "small", "--quant", "ptq_int8", "--out", "out"]) == 2
    finally:
        folder.chmod(0o755)
    assert f"no permission to write in {folder}" in capsys.readouterr().err


def test_what_may_not_be_written_is_asked_of_the_system(small, monkeypatch):
    """As above, also where tests are run by root."""
    monkeypatch.setattr(os, "access", lambda path, mode: "small" in str(path))
    with pytest.raises(UserError, match=r"closed: can't be written into \(no permission to write in "):
        request.artifacts(small, [FP32], [(64, 64)], 1, small.parent / "closed", force=True)


def test_levels_that_are_still_to_be_trained(small):
    (small / "level1").rename(small / "level7")
    with pytest.raises(UserError, match=r"--level 1: .* has level 7 alone; make train RUN=.*small goes on"):
        request.trained(small, 1)
    (small / "level7" / "weights.npz").unlink()
    with pytest.raises(UserError, match=r"no level is trained to its end yet; make train RUN=.*small goes on"):
        request.trained(small, 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weights_sha256": "0" * 64, "run": "first"}, "of other weights (run first)"),
        ({"recipe": {"name": "fp32", "weights": "int8"}}, "of other settings ("),
        ({"method": 1}, "of another run, other pictures or another version of this project"),
    ],
)
def test_a_name_that_is_taken_says_by_what_and_what_can_be_done(small, capsys, changed, message):
    plan = planned(small, FP32, 1, (64, 64), small / "export")
    lay(plan, **changed)
    assert main(["tflite", str(small), "--quant", "fp32", "--size", "64"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {plan.path}: exists already, {message}")
    assert said.endswith("; --out DIR puts this one elsewhere, --force (FORCE=1 of make) replaces that one\n")
    plan.refuse_replacing(force=True)
    assert not plan.up_to_date


def test_what_has_no_sidecar_of_its_own_is_not_replaced_unasked(small):
    plan = planned(small, FP32, 1, (64, 64), small)
    lay(plan)
    assert plan.up_to_date
    sidecar = artifact.sidecar_path(plan.path)
    content = json.loads(sidecar.read_text())
    for text, message in (
        (json.dumps({**content, "format": 1}), "of another version of this project"),
        (json.dumps({**content, "sha256": "0"}), r"describes another file\)"),
        ("{", r"can't be read\)"),
    ):
        sidecar.write_text(text)
        with pytest.raises(UserError, match=message):
            plan.refuse_replacing(force=False)
        assert not plan.up_to_date
    sidecar.unlink()
    with pytest.raises(UserError, match="no sidecar beside it"):
        plan.refuse_replacing(force=False)


def test_the_last_of_many_that_may_not_be_replaced_is_told_before_the_first_is_made(small, capsys):
    lay(planned(small, RECIPES["fp16"], 1, (128, 128), small / "export"), method=0)
    assert main(["tflite", str(small), "--quant", "fp32,fp16", "--size", "64,128"]) == 2
    assert "pynet_mobile_S_fp16_128x128.tflite: exists already" in capsys.readouterr().err


def test_an_inspection_is_called_as_the_export_is(small, capsys):
    """Two levels' do not share a folder."""
    (small / "level1").rename(small / "level2")
    folder = small / "inspect" / "pynet_mobile_S_level2_ptq_int8_128x64"
    folder.mkdir(parents=True)
    (folder / "layers.csv").write_text("")
    assert main(["inspect", str(small), "--quant", "ptq_int8", "--size", "128x64", "--level", "2"]) == 2
    assert capsys.readouterr().err == f"error: {folder}/layers.csv: exists already; give another name or --force\n"


def test_so_is_one_with_random_weights(tmp_path, capsys):
    lay(planned_untrained("glass_net", RECIPES["fp16"], (64, 64), tmp_path), method=0)
    lay(planned_untrained("pynet", RECIPES["fp16"], (64, 64), tmp_path))
    command = ["untrained", "pynet", "glass_net", "--quant", "fp32,fp16", "--size", "64", "--out", str(tmp_path)]
    assert main(command) == 2
    assert capsys.readouterr().err == (
        f"error: {tmp_path}/glass_net_untrained_fp16_64x64.tflite: exists already, of other random weights or another "
        "version of this project; --out DIR puts this one elsewhere, --force (FORCE=1 of make) replaces that one\n"
    )


def test_changed_recipes_have_names_of_their_own(tmp_path):
    """By --set, or a file's table of a built-in name."""
    same, other = tmp_path / "same.toml", tmp_path / "other.toml"
    table = '[{}]\nsummary = "{}"\nweights = "float32"\nactivations = "float32"\nedges = "float32"\n'
    limits = "[{}.limits]\nmin_psnr = {}\nmin_ssim = 0.9999\nmax_pixel = 0.01\nmax_drop = 0.01\n"
    same.write_text(table.format("fp32", FP32.summary) + limits.format("fp32", 60))
    other.write_text(table.format("fp32", FP32.summary) + limits.format("fp32", 50))
    assert request.recipes(f"fp32,{same}") == [FP32]
    assert [one.name for one in request.recipes(f"fp32,{other}")] == ["fp32", "fp32_min_psnr50.0"]
    assert [one.name for one in request.recipes("fp16,qat_int8", ["finetune.steps=0"])] == ["fp16", "qat_int8_steps0"]
    same.write_text(table.format("own", "") + limits.format("own", 60))
    other.write_text(table.format("own", "") + limits.format("own", 50))
    with pytest.raises(UserError, match="two different recipes are called own; give one another name"):
        request.recipes(f"{same},{other}")
