"""Batches: what happens to a photo happens to its target and its map, and everything follows from the seed."""

import dataclasses
import resource
import threading
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from pynet_bokeh import opening
from pynet_bokeh.data import pipeline
from pynet_bokeh.data.source import NEUTRAL_EXTRA, Example
from pynet_bokeh.errors import UserError

OPTIONS = {"crop": (16, 16), "batch": 4, "input_scale": 1, "level": 1, "steps": 5}
AUGMENT = ["flip_horizontal", "flip_vertical", "rot90"]


class Coordinates:
    """Photos whose pixels say (row, column, number of the photo); target and fourth channel are the photo's own."""

    def __init__(self, count=10, size=(24, 40), *, extra="focus", maps=True, broken=()):
        self.extra = extra
        self.count, self.size, self.maps, self.broken = count, size, maps, broken
        self.readings = Counter()
        self._lock = threading.Lock()

    def __len__(self):
        return self.count

    def read(self, index):
        with self._lock:
            self.readings[index] += 1
        if index in self.broken:
            raise UserError(f"{index}.jpg: broken picture")
        rows, columns = np.indices(self.size)
        image = np.stack([rows, columns, np.full(self.size, index)], -1).astype(np.uint8)
        return Example(str(index), image, image, image[..., 0] if self.maps else None)

    def describe(self):
        return "coordinates"


def batches(source, **options):
    """[(inputs, target)] as numpy arrays in 8 bits' units."""
    data = pipeline.training_data(source, **(OPTIONS | options))
    return [
        ({name: 255 * value.numpy() for name, value in inputs.items()}, 255 * target.numpy()) for inputs, target in data
    ]


def directions(picture):
    """How rows and columns of [h,w,…] coordinates run: 8 possibilities, and that it is a part of the photo as it is."""
    rows, columns = np.rint(picture[..., 0]).astype(int), np.rint(picture[..., 1]).astype(int)
    steps = tuple(np.diff(what, axis=axis) for what in (rows, columns) for axis in (0, 1))
    assert all((step == step.flat[0]).all() for step in steps)
    found = tuple(int(step.flat[0]) for step in steps)
    assert found[0] ** 2 + found[1] ** 2 == 1 and abs(found[0]) == abs(found[3]) and abs(found[1]) == abs(found[2])
    return found


# --- augmentation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("augment", "ways"),
    [([], 1), (["flip_horizontal"], 2), (["flip_vertical"], 2), (["rot90"], 4), (AUGMENT[:2], 4), (AUGMENT, 8)],
)
def test_photo_target_and_map_move_together_eagerly(augment, ways):
    picture = tf.constant(pipeline.stack(Coordinates().read(3), (16, 16), extra=True)[0])
    found = set()
    for number in range(80):
        varied = pipeline.vary(picture, (16, 16), augment, tf.constant([5, number], tf.int64)).numpy()
        np.testing.assert_array_equal(varied[..., :3], varied[..., 3:6])
        np.testing.assert_array_equal(varied[..., 0], varied[..., 6])
        found.add(directions(varied))
    assert len(found) == ways


@pytest.mark.parametrize("crop", [(16, 16), (8, 24)])
def test_photo_target_and_map_move_together_in_batches(crop):
    augment = AUGMENT if crop[0] == crop[1] else AUGMENT[:2]
    places = set()
    for inputs, target in batches(Coordinates(), crop=crop, augment=augment, steps=10):
        assert inputs["image"].shape == target.shape == (4, *crop, 3)
        assert inputs["focus"].shape == (4, *crop, 1)
        np.testing.assert_array_equal(inputs["image"], target)
        np.testing.assert_array_equal(inputs["image"][..., :1], inputs["focus"])
        for picture in target:
            directions(picture)
            places.add((picture[..., 0].min(), picture[..., 1].min()))
    assert len(places) > 15


def test_crops_reach_every_corner():
    seen = np.zeros((5, 6), int)
    for _, target in batches(Coordinates(size=(8, 10)), crop=(4, 5), batch=20, steps=20):
        for picture in target:
            seen[round(picture[..., 0].min()), round(picture[..., 1].min())] += 1
    # Binomial(400, 1/30): mean 13.3, standard deviation 3.6.
    assert seen.min() >= 1 and seen.max() <= 13.3 + 5 * 3.6


def test_values_are_floats_from_0_to_1():
    data = pipeline.training_data(Coordinates(), **OPTIONS)
    inputs, target = next(iter(data))
    for value in (*inputs.values(), target):
        assert value.dtype == tf.float32
        assert value.numpy().min() >= 0 and value.numpy().max() <= 1
    np.testing.assert_array_equal(np.rint(target * 255), np.float32(target * 255))


def test_without_a_fourth_channel_the_photo_is_the_only_input():
    inputs, _ = batches(Coordinates(extra=None, maps=False))[0]
    assert set(inputs) == {"image"}
    inputs, _ = batches(Coordinates(extra=None, maps=True))[0]  # a map nobody asked for
    assert set(inputs) == {"image"}


# --- order -----------------------------------------------------------------------------------------------------------


def test_each_epoch_reads_each_example_once_in_another_order():
    source = Coordinates(count=12)
    numbers = [round(n) for _, target in batches(source, steps=9) for n in target[:, 0, 0, 2]]
    epochs = [numbers[start : start + 12] for start in (0, 12, 24)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(12))
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert epochs[0] != list(range(12))
    assert source.readings == {index: 3 for index in range(12)}


def test_a_batch_may_reach_into_the_next_epoch():
    numbers = [round(n) for _, target in batches(Coordinates(count=3), steps=3) for n in target[:, 0, 0, 2]]
    assert [sorted(numbers[start : start + 3]) for start in (0, 3, 6, 9)] == [[0, 1, 2]] * 4


def assert_same(some, others):
    assert len(some) == len(others)
    for (inputs, target), (other_inputs, other_target) in zip(some, others, strict=True):
        np.testing.assert_array_equal(target, other_target)
        assert set(inputs) == set(other_inputs)
        for name, value in inputs.items():
            np.testing.assert_array_equal(value, other_inputs[name])


def test_going_on_at_a_step_gives_what_would_have_come():
    options = {"augment": AUGMENT, "extra_dropout": 0.5, "seed": 11, "steps": 8}
    through = batches(Coordinates(), **options)
    assert_same(batches(Coordinates(), start_step=5, **options), through[5:])
    assert batches(Coordinates(), start_step=8, **options) == []


def test_only_the_seed_matters():
    options = {"augment": AUGMENT, "extra_dropout": 0.5}
    first = batches(Coordinates(), seed=1, **options)
    tf.random.set_seed(99)
    assert_same(batches(Coordinates(), seed=1, **options), first)
    other = batches(Coordinates(), seed=2, **options)
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))


# --- scaling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("input_scale", "level"), [(1, 1), (2, 1), (2, 3), (1, 4)])
def test_scaling_averages_areas(input_scale, level):
    rng = np.random.default_rng(0)
    image, bokeh = rng.integers(0, 256, (2, 32, 48, 3), np.uint8)
    extra = rng.integers(0, 256, (32, 48), np.uint8)

    class One(Coordinates):
        def read(self, index):
            return Example("one", image, bokeh, extra)

    def mean(picture, factor):
        return picture.reshape(32 // factor, factor, 48 // factor, factor, -1).mean((1, 3))

    options = {"crop": (32, 48), "input_scale": input_scale, "level": level}
    inputs, target = batches(One(count=1), batch=1, steps=1, **options)[0]
    np.testing.assert_allclose(inputs["image"][0], mean(image, input_scale), atol=1e-3)
    np.testing.assert_allclose(inputs["focus"][0], mean(extra, input_scale), atol=1e-3)
    np.testing.assert_allclose(target[0], mean(bokeh, 2 ** (level - 1)), atol=1e-3)

    inputs, target = pipeline.validation_examples(One(count=1), count=1, **options)[0]
    np.testing.assert_allclose(255 * inputs["image"], mean(image, input_scale), atol=1e-3)
    np.testing.assert_allclose(255 * inputs["focus"], mean(extra, input_scale), atol=1e-3)
    np.testing.assert_allclose(255 * target, mean(bokeh, 2 ** (level - 1)), atol=1e-3)


@pytest.mark.parametrize("size", [(5, 7), (16, 9), (9, 30), (15, 16)])
def test_smaller_photos_are_enlarged_to_cover_the_crop(size):
    picture, _ = pipeline.stack(Coordinates(size=size).read(2), (16, 16), extra=True)
    height, width = picture.shape[:2]
    assert min(height, width) == 16
    assert height / width == pytest.approx(size[0] / size[1], rel=0.06)
    assert picture.dtype == np.uint8 and picture.shape[2] == 7
    np.testing.assert_array_equal(picture[..., :3], picture[..., 3:6])
    # The map is enlarged linearly, the photo by the cubic filter: alike, not equal.
    np.testing.assert_allclose(picture[..., 0].astype(int), picture[..., 6].astype(int), atol=1)
    for inputs, target in batches(Coordinates(size=size), augment=AUGMENT):
        assert target.shape == (4, 16, 16, 3)
        np.testing.assert_array_equal(inputs["image"], target)


def test_photos_that_are_large_enough_stay_as_they_are():
    example = Coordinates(size=(16, 20)).read(2)
    np.testing.assert_array_equal(pipeline.stack(example, (16, 16), extra=False)[0][..., :3], example.image)


# --- crops of several sizes ------------------------------------------------------------------------------------------

SCALES = {"crop_scales": (1.0, 1.5, 2.0), "augment": AUGMENT, "extra_dropout": 0.5, "seed": 11}


def test_a_step_has_crops_of_one_size_and_about_as_many_pixels_as_any():
    sizes = Counter()
    for inputs, target in batches(Coordinates(size=(40, 40)), batch=9, steps=90, **SCALES):
        assert inputs["image"].shape == target.shape
        np.testing.assert_array_equal(inputs["image"], target)
        sizes[target.shape] += 1
        for picture in target:
            directions(picture)
    assert set(sizes) == {(9, 16, 16, 3), (4, 24, 24, 3), (2, 32, 32, 3)}
    # Binomial(90, 1/3): mean 30, standard deviation 4.5.
    assert all(abs(count - 30) < 5 * 4.5 for count in sizes.values())


def test_a_step_has_one_picture_at_least():
    options = SCALES | {"crop_scales": (2.0,)}
    assert [target.shape for _, target in batches(Coordinates(), batch=1, steps=3, **options)] == [(1, 32, 32, 3)] * 3


def test_going_on_with_crops_of_several_sizes_gives_what_would_have_come():
    through = batches(Coordinates(), steps=12, **SCALES)
    assert len(through) == 12 and len({target.shape for _, target in through}) > 1
    assert_same(batches(Coordinates(), steps=12, start_step=7, **SCALES), through[7:])


class WideLenses(Coordinates):
    """Photos of 16×16 through lenses of 30, 25 and 8 pixels in turn; with a count of 2 only wide ones."""

    def read(self, index):
        example = super().read(index)
        return dataclasses.replace(example, radius=(30.0, 25.0, 8.0)[index % 3])


def test_blur_enlarged_beyond_what_strength_can_say_gives_way_to_another_lens():
    for inputs, target in batches(WideLenses(count=9, size=(16, 16)), strength=True, steps=30, **SCALES):
        numbers = np.rint(target[:, 0, 0, 2]).astype(int)
        factor = target.shape[1] / 16
        for number, told in zip(numbers, inputs["strength"].ravel(), strict=True):
            radius = (30.0, 25.0, 8.0)[number % 3] * factor
            assert radius <= opening.LARGEST_RADIUS
            assert told == pytest.approx(255 * radius / opening.LARGEST_RADIUS, rel=1e-5)


def test_where_all_lenses_are_wide_strength_says_the_widest():
    options = SCALES | {"crop_scales": (2.0,)}
    for inputs, _ in batches(WideLenses(count=2, size=(16, 16)), strength=True, **options):
        np.testing.assert_array_equal(inputs["strength"], 255)


# --- fourth channel --------------------------------------------------------------------------------------------------


def withheld(source, **options):
    """For each sample, whether its fourth channel is neutral; else it must be the photo's."""
    told = []
    for inputs, _ in batches(source, **options):
        for image, extra in zip(inputs["image"], inputs["focus"], strict=True):
            neutral = np.allclose(extra, NEUTRAL_EXTRA, atol=1e-3)
            assert neutral or np.array_equal(image[..., :1], extra)
            told.append(neutral)
    return told


def test_extra_dropout_withholds_its_share():
    told = withheld(Coordinates(), batch=20, steps=20, extra_dropout=0.25)
    assert len(told) == 400
    assert sum(told) == pytest.approx(100, abs=5 * (400 * 0.25 * 0.75) ** 0.5)


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (1.0, True)])
def test_extra_dropout_of_none_and_all(share, expected):
    assert withheld(Coordinates(), batch=20, steps=5, extra_dropout=share) == [expected] * 100


def test_extra_dropout_leaves_photo_and_target_alone():
    for (inputs, target), (same_inputs, same_target) in zip(
        batches(Coordinates(), extra_dropout=0.7), batches(Coordinates()), strict=True
    ):
        np.testing.assert_array_equal(inputs["image"], same_inputs["image"])
        np.testing.assert_array_equal(target, same_target)


def test_a_missing_map_becomes_neutral():
    source = Coordinates(maps=False, size=(12, 20))  # smaller than the crop, too
    assert withheld(source) == [True] * 20
    examples = pipeline.validation_examples(source, count=2, crop=(16, 16), input_scale=2, level=1)
    for inputs, _ in examples:
        assert inputs["focus"].shape == (8, 8, 1)
        np.testing.assert_allclose(255 * inputs["focus"], NEUTRAL_EXTRA, atol=1e-3)


# --- validation ------------------------------------------------------------------------------------------------------


def test_validation_takes_the_centre_of_examples_evenly_spread():
    examples = pipeline.validation_examples(Coordinates(), count=3, crop=(16, 16), input_scale=1, level=1)
    assert len(examples) == 3
    for number, (inputs, target) in zip((0, 3, 6), examples, strict=True):
        assert isinstance(target, np.ndarray) and isinstance(inputs["image"], np.ndarray)
        expected = np.stack([*np.mgrid[4:20, 12:28], np.full((16, 16), number)], -1)
        np.testing.assert_allclose(255 * target, expected, atol=1e-4)
        np.testing.assert_array_equal(inputs["image"], target)
        np.testing.assert_array_equal(inputs["focus"], target[..., :1])


# --- errors ----------------------------------------------------------------------------------------------------------


def test_a_readers_error_comes_out_as_it_is():
    with pytest.raises(UserError, match=r"^7\.jpg: broken picture$"):
        batches(Coordinates(broken={7}), steps=10)


def test_validation_passes_on_a_readers_error():
    with pytest.raises(UserError, match=r"^3\.jpg: broken picture$"):
        pipeline.validation_examples(Coordinates(broken={3}), count=3, crop=(16, 16), input_scale=1, level=1)


def test_what_comes_before_a_broken_picture_is_still_delivered():
    order = [round(n) for _, target in batches(Coordinates()) for n in target[:, 0, 0, 2]]
    delivered = 0
    with pytest.raises(UserError):
        for _ in pipeline.training_data(Coordinates(broken={order[9]}), **OPTIONS):
            delivered += 1
    assert delivered == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 6}, r"^photo size: height and width must be divisible by 32; received 16x16$"),
        ({"level": 0}, r"^level: 1 to 7 is allowed; received 0$"),
        ({"crop": (15, 16), "input_scale": 2}, r"^crop: multiples of 2 are wanted; received 16x15$"),
        ({"crop": (16, 24), "augment": ["rot90"]}, r"^augment: rot90 wants a square crop; received 24x16$"),
        ({"crop_scales": (1.0, 1.25), "level": 4}, r"^photo size: height and width must be divisible by 8; .* 20x20$"),
        ({"augment": ["flip"]}, r"^augment: flip_horizontal, flip_vertical, rot90 are known; received 'flip'$"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_read(options, message):
    source = Coordinates()
    with pytest.raises(UserError, match=message):
        pipeline.training_data(source, **(OPTIONS | options))
    assert not source.readings


@pytest.mark.parametrize("options", [{"level": 6}, {"crop": (15, 16), "input_scale": 2}])
def test_validation_refuses_wrong_crops(options):
    wanted = {"crop": (16, 16), "input_scale": 1, "level": 1} | options
    with pytest.raises(UserError):
        pipeline.validation_examples(Coordinates(), count=1, **wanted)


def test_options_are_keyword_only():
    with pytest.raises(TypeError):
        pipeline.training_data(Coordinates(), (16, 16), 4, 1, 1, 5)


# --- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_memory_stays_constant():
    class Large(Coordinates):
        def read(self, index):
            image = np.full((1024, 1024, 3), index, np.uint8)
            return Example(str(index), image, image, image[..., 0])

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB; Linux counts in KiB

    data = pipeline.training_data(
        Large(count=100), crop=(256, 256), batch=4, input_scale=1, level=1, steps=250, augment=AUGMENT
    )
    after = [peak() for _ in data]
    assert len(after) == 250
    # 800 pictures of 7 MiB are read after the 50th step.
    assert after[-1] - after[49] < 64


class Lenses(Coordinates):
    """Coordinates whose lens blurs by as many pixels as the photo's number; that of photo 0 is not known."""

    def read(self, index):
        return dataclasses.replace(super().read(index), radius=float(index) if index else None)


def test_strength_follows_the_picture():
    for inputs, _ in batches(Lenses(), strength=True):
        assert inputs["strength"].shape == (4, 1, 1, 1)
        numbers = np.rint(inputs["image"][:, 0, 0, 2])
        wanted = np.where(numbers == 0, opening.UNKNOWN, numbers / opening.LARGEST_RADIUS)
        np.testing.assert_allclose(inputs["strength"].ravel() / 255, wanted, rtol=1e-5)


def test_a_photo_that_is_enlarged_to_the_crop_has_a_larger_radius():
    _, plain = pipeline.stack(Lenses(size=(32, 32)).read(4), (16, 16), extra=True)
    _, enlarged = pipeline.stack(Lenses(size=(32, 32)).read(4), (64, 64), extra=True)
    assert enlarged == pytest.approx(2 * plain)


def test_validation_examples_carry_the_strength():
    examples = pipeline.validation_examples(Lenses(), count=3, crop=(16, 16), input_scale=1, level=1, strength=True)
    assert [float(inputs["strength"].squeeze()) for inputs, _ in examples] == pytest.approx(
        [opening.UNKNOWN, 3 / opening.LARGEST_RADIUS, 6 / opening.LARGEST_RADIUS]
    )


def test_the_subject_is_told_as_target_even_where_it_is_withheld_as_input():
    data = pipeline.training_data(Coordinates(), **OPTIONS, extra_dropout=1.0, subject=True)
    for inputs, target in data:
        np.testing.assert_allclose(255 * inputs["focus"], NEUTRAL_EXTRA)
        np.testing.assert_allclose(target["subject"][..., 0], inputs["image"][..., 0])
        assert target["bokeh"].shape == (4, 16, 16, 3)


def test_a_jittered_strength_is_off_by_a_factor_that_follows_from_the_seed():
    options = {"strength": True, "steps": 60, "augment": []}
    exact, off, again = (
        np.concatenate([inputs["strength"].ravel() for inputs, _ in batches(Lenses(), **options, **more)])
        for more in ({}, {"strength_jitter": 0.3}, {"strength_jitter": 0.3})
    )
    np.testing.assert_array_equal(off, again)
    factors = np.log(off / exact)
    assert factors.std() == pytest.approx(0.3, rel=0.2) and abs(factors.mean()) < 0.06
    assert off.max() <= 255
