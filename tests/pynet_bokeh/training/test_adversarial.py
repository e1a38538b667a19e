"""Adversarial training, of the phone model and of a network of two stages with dropout; a few steps on 64×64 scenes."""

import dataclasses
from types import ModuleType

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pynet_bokeh import vgg, weights
from pynet_bokeh.data.settings import DataSettings
from pynet_bokeh.data.source import Example
from pynet_bokeh.errors import UserError
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.training import adversarial, journal
from pynet_bokeh.training import level as training
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.recipe import AdversarialRecipe, LevelRecipe
from pynet_bokeh.training.run import open_or_create
from small_runs import assert_same_weights, cut_after, numbers_of

SMALL = ["data.crop=[64, 64]", "data.scene_size=[64, 64]", "data.validation_crop=[64, 64]", "data.validation_count=2"]
SHORT = ["level.1.steps=8", "level.1.log_every=1", "level.1.checkpoint_every=3", "level.1.validate_every=8"]
NO_VGG = ["level.1.losses={l1=1.0, ssim=0.05}"]


class TwoStages:
    """What the loop needs of a network without levels: first a picture, then a better one, with dropout between."""

    name, input_scale, extra, takes_strength, subjects = "two_stages", 1, None, False, {}

    def __init__(self):
        first = tf_keras.layers.Conv2D(3, 3, padding="same", name="first")
        final = tf_keras.layers.Conv2D(3, 3, padding="same", name="final")
        self.layers = (first, final)
        self.inputs = {"image": tf_keras.Input((None, None, 3), name="image")}
        self.stages = {"first_stage": first(self.inputs["image"])}
        dropped = tf_keras.layers.Dropout(0.3, name="dropout")(self.stages["first_stage"])
        self.pictures = {1: final(dropped)}

    def model(self, level=1):
        return tf_keras.Model(self.inputs, {OUTPUT: self.pictures[level]})

    def staged_model(self, level=1, **_):
        return tf_keras.Model(self.inputs, {OUTPUT: self.pictures[1], **self.stages})

    def variables(self, level):
        return [variable for layer in self.layers for variable in layer.variables]


@pytest.fixture(autouse=True)
def two_stages(monkeypatch):
    module = ModuleType("two_stages")
    module.Config = dataclasses.make_dataclass("Config", [])
    module.SIZE_MULTIPLE = 1
    module.build = lambda config, **_: TwoStages()
    monkeypatch.setitem(registry.NETWORKS, "two_stages", module)


@pytest.fixture(autouse=True)
def discriminators(monkeypatch):
    """Small ones; those that were built last, by name."""
    built = {}

    def build():
        for depth in (3, 5):
            convolutions = [
                layer
                for number in range(depth)
                for layer in (
                    tf_keras.layers.Conv2D(4, 4, strides=2, padding="same", name=f"patch{depth}_conv{number}"),
                    tf_keras.layers.LeakyReLU(0.2),
                )
            ]
            score = tf_keras.layers.Conv2D(1, 4, padding="same", name=f"patch{depth}_score")
            built[f"patch{depth}"] = tf_keras.Sequential(
                [tf_keras.Input((None, None, 3)), *convolutions, score], name=f"patch{depth}"
            )
        return tuple(built.values())

    monkeypatch.setattr(training.patch_gan, "build", build)
    return built


def two_stages_run(folder, *settings):
    own = ["network=two_stages", *SMALL, *SHORT, *NO_VGG]
    return open_or_create(folder, recipes.load("bggan", [*own, *settings]), {"seed": 1})


def phone_run(folder, *settings, **options):
    own = ["network_config.channels=[4, 4, 4, 4, 4, 4]", "network_config.blocks=1", *SMALL, *SHORT, "level.1.batch=1"]
    recipe = recipes.load("pynet_mobile_adversarial", [*own, *settings])
    return open_or_create(folder, recipe, {"seed": 1}, **options)


def finished(folder, *settings, level=1):
    """A run of the small phone model with one finished level, away from its initial values."""
    own = ["network_config.channels=[4, 4, 4, 4, 4, 4]", "network_config.blocks=1", *SMALL]
    run = open_or_create(folder, recipes.load("smoke", [*own, *settings]), {"seed": 1})
    run.save()
    network = registry.build(run.recipe.network, run.recipe.network_config)
    for number, variable in enumerate(network.variables(level)):
        variable.assign_add(np.random.default_rng(number).normal(0, 0.05, variable.shape))
    weights.save(network.variables(level), run.weights(level))
    return run


def values_of(variables):
    return [variable.numpy() for variable in variables]


def changed(variables, before):
    return [not np.array_equal(variable, value) for variable, value in zip(variables, before, strict=True)]


def training_records(run):
    return [record for record in journal.read(run.level_folder(1)) if "loss" in record]


@pytest.fixture
def trainer(discriminators):
    def make(**options):
        schedule = LevelRecipe(10, 1, 1e-3, {"l1": 1.0}, {"l1": 1.0}, beta_1=0.0, beta_2=0.9)
        return adversarial.Adversarial(
            TwoStages().staged_model(),
            training.patch_gan.build(),
            training.objective(schedule, picture_size=(64, 64)),
            schedule=schedule,
            recipe=AdversarialRecipe(**{"learning_rate": 1e-3, **options}),
        )

    return make


def a_batch(pictures=1):
    rng = np.random.default_rng(3)
    image = tf.constant(rng.random((pictures, 64, 64, 3), np.float32))
    return {"image": image}, tf.reverse(image, [-1])


@pytest.mark.parametrize("unit", [1.0, adversarial.SIGNED])
def test_the_penalty_of_a_linear_discriminator(unit):
    rng = np.random.default_rng(0)
    slope = rng.normal(0, 0.3, (4, 5, 3)).astype(np.float32)
    pictures = tf.constant(rng.random((2, 4, 5, 3), np.float32))
    penalty = adversarial.gradient_penalty(lambda x: tf.reduce_sum(slope * x, [1, 2, 3]), pictures, unit=unit)
    assert float(penalty) == pytest.approx((unit * np.linalg.norm(slope) - 1) ** 2, rel=1e-5)


def test_the_penalty_is_of_each_pictures_summed_patches():
    """Scores of 2×2 patches, each the picture's part times its slope; the two pictures are scored differently."""
    slope = tf.reshape(tf.range(1.0, 5.0), [1, 2, 2, 1])
    pictures = tf.ones([2, 2, 2, 3])
    by_picture = tf.reshape([1.0, 2.0], [2, 1, 1, 1])
    penalty = adversarial.gradient_penalty(lambda x: by_picture * slope * tf.reduce_sum(x, -1, keepdims=True), pictures)
    length = np.sqrt(3 * (1 + 4 + 9 + 16))
    assert float(penalty) == pytest.approx(((length - 1) ** 2 + (2 * length - 1) ** 2) / 2, rel=1e-5)


def test_a_flat_discriminator_has_a_penalty_of_one_and_a_finite_gradient():
    slope = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        penalty = adversarial.gradient_penalty(lambda x: slope * x, tf.ones([1, 2, 2, 3]))
    assert float(penalty) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(float(tape.gradient(penalty, slope)))


def test_points_between_lie_on_the_line_and_follow_the_seed():
    target, rendered = tf.ones([5, 2, 2, 3]), tf.zeros([5, 2, 2, 3])
    one, again, other = (adversarial.between(target, rendered, tf.constant([0, n])).numpy() for n in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert 0 <= one.min() <= one.max() <= 1
    assert len({float(picture[0, 0, 0]) for picture in one}) == 5
    assert all(np.ptp(picture) == 0 for picture in one)


def test_generator_and_discriminators_share_no_variable(trainer):
    trainer = trainer()
    generator = {id(variable) for variable in trainer.generator_variables}
    discriminator = {id(variable) for variable in trainer.discriminator_variables}
    assert generator and discriminator and not generator & discriminator
    assert len(discriminator) == 2 * (4 + 6)


def test_a_discriminator_step_changes_the_discriminators_only(trainer):
    trainer = trainer()
    generator, discriminator = values_of(trainer.generator_variables), values_of(trainer.discriminator_variables)
    values = trainer.discriminator_step(*a_batch())
    assert set(values) == {"discriminator", "distance", "gradient_penalty"}
    assert not any(changed(trainer.generator_variables, generator))
    kernels = [variable.shape.rank == 4 for variable in trainer.discriminator_variables]
    moved = changed(trainer.discriminator_variables, discriminator)
    assert all(one for one, kernel in zip(moved, kernels, strict=True) if kernel)


def test_a_generator_step_changes_the_generator_only(trainer):
    trainer = trainer()
    generator, discriminator = values_of(trainer.generator_variables), values_of(trainer.discriminator_variables)
    values = trainer.generator_step(*a_batch())
    assert set(values) == {"loss", "l1", "first_stage", "adversarial"}
    assert all(changed(trainer.generator_variables, generator))
    assert not any(changed(trainer.discriminator_variables, discriminator))


def test_the_generators_loss_adds_up(trainer):
    trainer = trainer(weight=0.3)
    values = {name: float(value) for name, value in trainer.step(*a_batch()).items()}
    total = values["l1"] + values["first_stage"] + 0.3 * values["adversarial"]
    assert values["loss"] == pytest.approx(total, rel=1e-5)
    penalty, distance = values["gradient_penalty"], values["distance"]
    assert values["discriminator"] == pytest.approx(10 * penalty - distance, rel=1e-5)


def test_several_discriminator_steps_each_on_pictures_of_their_own(trainer, monkeypatch):
    trainer, seen = trainer(discriminator_steps=3), []
    monkeypatch.setattr(trainer, "discriminator_step", lambda inputs, target: seen.append((inputs, target)) or {})
    monkeypatch.setattr(trainer, "generator_step", lambda inputs, target: seen.append((inputs, target)) or {})
    inputs, target = a_batch(6)
    tf.config.run_functions_eagerly(True)
    try:
        trainer.step(inputs, target)
    finally:
        tf.config.run_functions_eagerly(False)
    assert [part.shape[0] for _, part in seen] == [2, 2, 2, 2]
    np.testing.assert_array_equal(seen[3][1], seen[2][1])  # the generator's, on the last part
    np.testing.assert_array_equal(tf.concat([part for _, part in seen[:3]], 0), target)
    np.testing.assert_array_equal(tf.concat([part["image"] for part, _ in seen[:3]], 0), inputs["image"])


def test_discriminators_learn_to_tell_apart(trainer):
    trainer = trainer()
    inputs, target = a_batch()
    distances = [float(trainer.discriminator_step(inputs, target)["distance"]) for _ in range(40)]
    assert distances[-1] > distances[0]


class Remembering:
    """A source that notes what was read; a class attribute, since sources are opened anew."""

    extra = None
    read_names: list

    def __init__(self, names):
        self.names = names

    def __len__(self):
        return len(self.names)

    def describe(self):
        return "remembered"

    def read(self, index):
        picture = np.random.default_rng(len(self.names) * 100 + index).integers(0, 256, (64, 64, 3), np.uint8)
        self.read_names.append(self.names[index])
        return Example(self.names[index], picture, picture[::-1])


def test_an_epoch_reads_all_training_pairs_and_never_those_of_validation(tmp_path, monkeypatch):
    read, validation = [], Remembering(["v0", "v1"])
    source = Remembering([f"t{number}" for number in range(8)])
    source.read_names, validation.read_names = read, []
    monkeypatch.setattr(training, "open_data", lambda *_: (source, validation))
    run = two_stages_run(tmp_path / "run")
    training.train(run)
    assert sorted(read[:8]) == source.names
    assert not set(read) & set(validation.names)
    records = training_records(run)
    assert [record["step"] for record in records] == list(range(1, 9))
    names = {"loss", "l1", "ssim", "first_stage", "adversarial", "discriminator", "distance", "gradient_penalty"}
    assert all(names < set(record) for record in records)
    assert np.isfinite([list(record.values()) for record in records]).all()
    assert list((run.level_folder(1) / "samples").glob("*.png"))


def test_training_and_validation_scenes_are_different_ones():
    for seed in (0, 3):
        training_source, validation = DataSettings(seed=seed).open(extra=None, scene_size=(64, 64), scene_count=2)
        ours = {training_source.read(index).image.tobytes() for index in range(4)}
        assert not ours & {validation.read(index).image.tobytes() for index in range(2)}


@pytest.mark.parametrize(
    ("make", "end"),
    [
        pytest.param(two_stages_run, KeyboardInterrupt, id="two_stages_interrupted"),
        pytest.param(two_stages_run, SystemError, id="two_stages_killed"),
        pytest.param(phone_run, SystemError, id="phone_killed", marks=pytest.mark.slow),
    ],
)
def test_what_was_cut_goes_on_to_the_same_losses_and_weights(tmp_path, monkeypatch, discriminators, make, end):
    """Killed: no handler runs, and the journal is ahead of the checkpoint."""
    options = {}
    if make is phone_run:
        options["start_from"] = finished(tmp_path / "old").folder
    whole, cut = make(tmp_path / "whole", **options), make(tmp_path / "cut", **options)
    training.train(whole)
    wanted = {name: values_of(model.variables) for name, model in discriminators.items()}
    original = training.training_batches
    monkeypatch.setattr(training, "training_batches", cut_after(original, 5, end))
    with pytest.raises(end):
        training.train(cut)
    monkeypatch.setattr(training, "training_batches", original)
    training.train(cut)

    assert numbers_of(cut, 1) == numbers_of(whole, 1)
    assert_same_weights(cut, whole, 1)
    for name, model in discriminators.items():
        for variable, value in zip(model.variables, wanted[name], strict=True):
            np.testing.assert_array_equal(variable, value, err_msg=variable.name)


def test_a_network_without_levels_needs_no_coarser_one_whatever_the_recipe_lists(tmp_path):
    plain = ["network=two_stages", "network_config={}", *SMALL]
    run = open_or_create(tmp_path / "run", recipes.load("smoke", plain), {"seed": 1})
    training.train(run)
    assert run.is_finished(1)
    assert not run.level_folder(7).exists()
    content = dataclasses.replace(run.recipe, level={7: run.recipe.level[7]})
    with pytest.raises(UserError, match=r"recipe smoke: \[level\.1\] is missing"):
        training.train(dataclasses.replace(run, recipe=content))


def test_plain_training_supervises_the_first_stage_too(tmp_path):
    plain = ["network=two_stages", "network_config={}", *SMALL, "level.1.first_stage_losses={l1=0.5}"]
    run = open_or_create(tmp_path / "run", recipes.load("smoke", plain), {"seed": 1})
    training.train(run)
    for record in training_records(run):
        total = record["l1"] + 0.1 * record["ssim"] + record["first_stage"]
        assert record["loss"] == pytest.approx(total, rel=1e-5)


def test_a_first_stage_that_the_network_does_not_have(tmp_path):
    old = finished(tmp_path / "old")
    run = phone_run(tmp_path / "run", "level.1.first_stage_losses={l1=1.0}", start_from=old.folder)
    with pytest.raises(UserError, match=r"first_stage_losses: pynet_mobile has no first stage; \{\} is wanted"):
        training.train(run)


def test_coarser_levels_are_trained_plainly(tmp_path):
    run = open_or_create(tmp_path / "run", recipes.load("smoke", [*SMALL, "adversarial.weight=0.1"]), {"seed": 1})
    training.train_level(run, 7)
    assert all("discriminator" not in record for record in journal.read(run.level_folder(7)))


@pytest.mark.parametrize("wrong", ["adversarial.weight=1e38", "adversarial.learning_rate=1e30"])
def test_a_scalar_that_is_not_finite_stops_at_its_step(tmp_path, wrong):
    run = two_stages_run(tmp_path / "run", wrong, "level.1.learning_rate=1e20")
    with pytest.raises(UserError, match=r"level 1: the [a-z ]+ is not finite at step \d; lower the learning rate"):
        training.train(run)
    assert not run.is_finished(1)


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg19.weights.h5"
    tf_keras.utils.set_random_seed(0)
    vgg.write_untrained(path)
    return str(path)


def test_the_published_recipe_compares_vgg_features(tmp_path, vgg_file):
    settings = ["level.1.steps=1", "level.1.losses={l1=1.0, ssim=0.05, vgg=0.1}"]
    run = two_stages_run(tmp_path / "run", *settings)
    with pytest.raises(UserError, match=r"--vgg-weights none\.h5: no such file"):
        training.train(run, vgg_weights="none.h5")
    training.train(run, vgg_weights=vgg_file)
    (record,) = training_records(run)
    assert record["vgg"] > 0
    parts = record["l1"] + 0.05 * record["ssim"] + 0.1 * record["vgg"] + record["first_stage"]
    assert record["loss"] == pytest.approx(parts + record["adversarial"], rel=1e-5)
