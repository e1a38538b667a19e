"""Recipes as data: what a file may hold, what a command line may name."""

import dataclasses
import json

import pytest

from export import recipes
from export.search import toml
from pynet_bokeh.errors import UserError

MINE = """
[mine]
summary = "one"
weights = "int8"
activations = "int8"
edges = "uint8"
keep_float.layers = ["level1_*"]
[mine.calibration]
pictures = 3
[mine.limits]
min_psnr = 30
min_ssim = 0.9
max_pixel = 0.3
max_drop = 0.2
"""


def test_the_built_in_recipes_are_those_that_are_documented():
    assert list(recipes.RECIPES) == ["fp32", "fp16", "dynamic_int8", "ptq_int8", "qat_int8", "int16x8", "mixed"]


@pytest.mark.parametrize("recipe", recipes.RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_sidecar_gives_the_recipe_back(recipe):
    assert recipes.from_dict(json.loads(json.dumps(dataclasses.asdict(recipe))), where="sidecar") == recipe


def test_a_file_of_ones_own(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    fp32, mine = recipes.chosen(f"fp32,{tmp_path / 'mine.toml'}")
    assert fp32.name == "fp32"
    assert (mine.name, mine.keep_float.layers, mine.calibration.wide_open) == ("mine", ("level1_*",), 0)


def test_what_is_written_as_toml_is_read_as_the_same(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    (mine,) = recipes.load(tmp_path / "mine.toml").values()
    content = dataclasses.asdict(mine)
    del content["name"]
    (tmp_path / "again.toml").write_text(toml({"mine": content}))
    assert list(recipes.load(tmp_path / "again.toml").values()) == [mine]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"int8"\nact', '"int4"\nact', "weights: float32, float16, int8 are allowed; received 'int4'"),
        ('"int8"\nact', '"float32"\nact', "weights: int8 is wanted with int8 activations; received 'float32'"),
        ("pictures = 3", "pictures = 0", "calibration.pictures: 1 or more is wanted; received 0"),
        ("pictures = 3", "pictures = 3\nwide_open = 4", "calibration.wide_open: at most the 3 pictures; received 4"),
        ("[mine.calibration]\npictures = 3", "", "calibration: a table is wanted with int8 activations"),
        ("max_drop", "max_drp", "unknown key 'max_drp'; min_psnr, min_ssim, max_pixel, max_drop are known"),
        ("min_psnr = 30", 'min_psnr = "high"', "limits.min_psnr: a number is wanted; received 'high'"),
        ('activations = "int8"', 'activations = "int16"', "edges: uint8 is for int8 activations only"),
        ("[mine]", "[mine", "not valid TOML"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path, old, new, message):
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(old, new))
    with pytest.raises(UserError) as failure:
        recipes.load(path)
    assert str(failure.value).startswith(str(path))
    assert message in str(failure.value)


def test_settings_reach_the_recipes_that_have_the_table():
    fp32, qat = recipes.changed(recipes.chosen("fp32,qat_int8"), ["finetune.steps=3", "finetune.learning_rate=1e-3"])
    assert (fp32.finetune, qat.finetune.steps, qat.finetune.learning_rate) == (None, 3, 1e-3)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("finetune.steps", "--set: table.key=value is wanted; received 'finetune.steps'"),
        ("finetune.steps=-1", "finetune.steps: 0 or more is wanted; received -1"),
        ("finetune.steps=few", "a value as in TOML is wanted; received 'few'"),
        ("finetune.stps=1", "unknown key 'stps'"),
        ("fine.steps=1", "no table 'fine' in qat_int8"),
    ],
)
def test_a_wrong_setting_is_named(setting, message):
    with pytest.raises(UserError, match=message):
        recipes.changed(recipes.chosen("qat_int8"), [setting])


def test_an_unknown_recipe_is_named():
    with pytest.raises(UserError, match=r"quantization: fp32, fp16, .*, mixed are known; received 'int4'"):
        recipes.chosen("fp32,int4")
