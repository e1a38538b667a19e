import json

import pytest

from pynet_bokeh import levels
from pynet_bokeh.errors import UserError
from pynet_bokeh.training import recipe as recipes


def write(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    return str(path)


SMALL = """
network = "pynet_mobile"
network_config = { extra = "none" }
[data]
crop = [64, 64]
[defaults]
steps = 5
batch = 1
learning_rate = 1e-3
losses = { l1 = 1.0 }
[level.7]
[level.6]
steps = 9
"""
FINEST = SMALL + "[level.1]\n[adversarial]\n"


@pytest.mark.parametrize("name", recipes.names())
def test_built_in_recipes_train_every_level_or_the_last(name):
    recipe = recipes.load(name)
    assert recipe.name == name
    assert set(recipe.level) == ({levels.FINEST} if recipe.adversarial else set(levels.LEVELS))


@pytest.mark.parametrize("name", ["bggan", "double_vnet"])
def test_the_published_adversarial_training(name):
    recipe = recipes.load(name)
    schedule = recipe.level[1]
    assert schedule.losses == {"l1": 2 * 0.5, "ssim": 0.05, "vgg": 0.1}  # 0.5 in [-1,1]
    assert (schedule.steps, schedule.batch) == (60 * 4400, 1)
    assert recipe.data.crop == (1024, 1408)
    assert recipe.adversarial == recipes.AdversarialRecipe(1.0, 10.0, 1, 1e-5, 0.0, 0.9)
    assert (schedule.learning_rate, schedule.beta_1, schedule.beta_2, schedule.schedule) == (1e-5, 0.0, 0.9, "constant")


def test_the_discriminators_schedule_ends_with_the_generators():
    recipe = recipes.load("smoke", ["adversarial.discriminator_steps=3", "level.1.warmup=2"])
    own = recipe.adversarial.schedule(recipe.level[1])
    assert (own.steps, own.warmup, own.learning_rate, own.beta_1, own.beta_2) == (12, 6, 1e-5, 0.0, 0.9)


def test_the_papers_schedule():
    recipe = recipes.load("pynet_paper")
    schedule = [(recipe.level[level].batch, recipe.level[level].steps) for level in levels.LEVELS]
    batches, steps = (50, 50, 40, 14, 9, 9, 5), (5000, 5000, 20000, 20000, 30000, 80000, 100000)
    assert schedule == list(zip(batches, steps, strict=True))
    assert all(recipe.level[level].losses == {"l1": 100.0} for level in range(2, 8))
    assert recipe.level[1].losses == {"l1": 10.0, "ssim": 10.0, "vgg": 0.1}
    assert {recipe.level[level].learning_rate for level in levels.LEVELS} == {5e-5}


def test_levels_inherit_the_defaults(tmp_path):
    recipe = recipes.load(write(tmp_path, SMALL))
    assert (recipe.level[7].steps, recipe.level[6].steps) == (5, 9)
    assert recipe.level[6].losses == {"l1": 1.0}
    assert recipe.name == "own"


@pytest.mark.parametrize("name", ["pynet_mobile", "pynet_mobile_adversarial"])
def test_a_recipe_survives_json(name):
    recipe = recipes.load(name)
    assert recipes.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_overrides():
    recipe = recipes.load("smoke", ["level.7.steps=3", "data.crop=[64, 64]", "network=pynet", "defaults.batch = 7"])
    assert (recipe.level[7].steps, recipe.level[6].batch, recipe.data.crop, recipe.network) == (3, 7, (64, 64), "pynet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL.replace("crop", "crops"), r"data: unknown key 'crops'; crop, crop_scales, augment"),
        (SMALL.replace("steps = 9", "stepz = 9"), r"level\.6: unknown key 'stepz'; steps, batch"),
        (SMALL.replace("[level.6]", "[level.8]"), r"level\.8: levels 1 to 7 are allowed"),
        (SMALL.replace("steps = 9", 'steps = "many"'), r"level\.6\.steps: a whole number is wanted; received 'many'"),
        (SMALL.replace("steps = 9", "steps = 0"), r"level\.6\.steps: a number above 0 is wanted; received 0"),
        (SMALL.replace("[64, 64]", "[64]"), r"data\.crop: 2 values are wanted; received \[64\]"),
        (
            SMALL.replace("crop =", "crop_scales = [0.5]\ncrop ="),
            r"crop_scales: factors of 1 or more .*received \[0\.5\]",
        ),
        (SMALL.replace("crop =", "crop_scales = []\ncrop ="), r"crop_scales: factors of 1 or more .*received \[\]"),
        (FINEST.replace("crop =", "crop_scales = [2]\ncrop ="), r"crop_scales: not with \[adversarial\]"),
        (SMALL.replace("batch = 1", ""), r"level\.7: batch missing"),
        (SMALL + "learning_rate = nan", r"level\.6\.learning_rate: a finite number is wanted; received nan"),
        (SMALL + 'schedule = "step"', r"level\.6\.schedule: constant, cosine are allowed; received 'step'"),
        (SMALL + "beta_1 = 1.0", r"level\.6\.beta_1: 0 or more and below 1 is wanted; received 1\.0"),
        (SMALL + "losses = { l1 = -1.0 }", r"level\.6\.losses\.l1: 0 or more is wanted; received -1\.0"),
        (SMALL + "first_stage_losses = { l2 = 1.0 }", r"level\.6\.first_stage_losses: l1, mse, .* received 'l2'"),
        ("seed = -1\n" + SMALL, r"recipe own\.seed: 0 to 4294967295 is wanted; received -1"),
        ("seed = 4294967296\n" + SMALL, r"recipe own\.seed: 0 to 4294967295 is wanted; received 4294967296"),
        (SMALL.replace("[data]", "[data]\nstrength_jitter = -0.5"), r"strength_jitter: 0 or more is wanted"),
        (
            SMALL.replace("[64, 64]", '[64, 128]\naugment = ["rot90"]'),
            r"data\.augment: rot90 wants a square crop; received 128x64",
        ),
        (SMALL + "[adversarial]", r"own: adversarial: is for level 1; \[level\.1\] is missing"),
        (FINEST + "weigth = 1", r"adversarial: unknown key 'weigth'; weight, gradient_penalty, discriminator_steps"),
        (FINEST + "weight = 0", r"adversarial\.weight: a number above 0 is wanted; received 0"),
        (FINEST + "gradient_penalty = -1", r"adversarial\.gradient_penalty: 0 or more is wanted; received -1"),
        (FINEST + "discriminator_steps = 0", r"adversarial\.discriminator_steps: a number above 0"),
        (FINEST + "discriminator_steps = 1.5", r"discriminator_steps: a whole number is wanted; received 1\.5"),
        (FINEST + "beta_2 = 1", r"adversarial\.beta_2: 0 or more and below 1"),
        ("adversarial = 3\n" + SMALL + "[level.1]", r"adversarial: a table is wanted; received 3"),
        ("network = ", r"own\.toml: not valid TOML"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        recipes.load(write(tmp_path, text))


def test_unknown_recipes_and_settings_are_named():
    with pytest.raises(UserError, match=r"bggan, demo, .*, smoke or a \.toml file.*'papper'"):
        recipes.load("papper")
    with pytest.raises(UserError, match=r"key\.key=value is wanted; received 'steps'"):
        recipes.load("smoke", ["steps"])
    with pytest.raises(UserError, match="No such file"):
        recipes.load("missing.toml")
