"""Names of recipes that were changed."""

import dataclasses

import pytest

from export import changes, recipes

QAT = recipes.RECIPES["qat_int8"]


def changed(*settings, base=QAT):
    (recipe,) = recipes.changed([base], settings)
    return changes.named(recipe, base)


def test_what_was_not_changed_keeps_its_name():
    assert changed("finetune.steps=150") == QAT


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (["finetune.steps=0"], "qat_int8_steps0"),
        (["finetune.steps=3", "calibration.pictures=8"], "qat_int8_pictures8_steps3"),
        (["finetune.learning_rate=1e-3", 'finetune.aim="targets"'], "qat_int8_aimtargets_learning_rate0.001"),
        (["limits.max_drop=1"], "qat_int8_max_drop1.0"),
    ],
)
def test_a_name_says_what_was_changed(settings, name):
    assert changed(*settings).name == changed(*reversed(settings)).name == name


def test_what_is_no_single_word_or_long_is_told_apart_all_the_same():
    settings = ['keep_float.layers=["level1_*"]'], ['keep_float.layers=["level2_*"]'], ["keep_float.kinds=[]"]
    many = [f"finetune.{key}={value}" for key, value in (("steps", 1), ("warmup", 1), ("crop", 64), ("batch", 2))]
    names = [changed(*one).name for one in (*settings, [*many, "finetune.validate_every=9"])]
    assert len(set(names)) == 4
    assert all(name.startswith("qat_int8_changed_") and len(name) < 30 for name in names)


def test_the_summary_is_true_of_what_was_changed():
    assert changed("finetune.steps=0").summary == "qat_int8 with finetune.steps 0 instead of 150"
    own = dataclasses.replace(QAT, summary="mine", finetune=None)
    assert changes.named(own, QAT).summary == "mine"


def test_differences_in_words():
    other = dataclasses.asdict(changed("finetune.steps=1", 'keep_float.layers=["a", "b"]', "limits.min_psnr=1"))
    other["finetune"]["crop"] = 64
    said = changes.told(changes.differences(dataclasses.asdict(QAT), other))
    assert said.startswith("limits.min_psnr 1.0 instead of 32.0, ")
    assert said.endswith(", finetune.crop 64 instead of 1024 and 1 more")
    other = dataclasses.asdict(changed('keep_float.layers=["a", "b"]'))
    assert changes.told(changes.differences(dataclasses.asdict(QAT), other)) == (
        "keep_float.layers a, b instead of none"
    )
