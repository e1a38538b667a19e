"""From a source of examples to batches for a level: paired crops and flips, scaled inputs and targets (tf.data).

Every sample is a function of the seed and its number alone. A training that goes on at step 500 sees what it would have
seen without the interruption, and nothing but the step has to be kept.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from pynet_bokeh import images, levels, opening
from pynet_bokeh.data.source import NEUTRAL_EXTRA, Example, Source
from pynet_bokeh.errors import UserError

AUGMENTATIONS = ("flip_horizontal", "flip_vertical", "rot90")
READERS = 4  # pictures decoded at a time
PREFETCHED = 2  # batches
OTHER_LENSES = 3


class TrainingData:
    """Batches of (inputs, target). Iterating raises a reader's UserError as it is, not wrapped by TensorFlow.

    Attributes:
      dataset: a tf.data.Dataset of ({"image": [B,h,w,3], extra: [B,h,w,1], "strength": [B,1,1,1]}, target [B,H,W,3]),
        float32 in [0,1].
    """

    def __init__(self, source: Source):
        self.dataset: tf.data.Dataset | None = None
        self._source = source
        self._failure: UserError | None = None

    def __iter__(self) -> Iterator:
        try:
            yield from self.dataset
        except tf.errors.OpError:
            if self._failure:
                raise self._failure from None
            raise

    def read(self, index, crop) -> tuple[np.ndarray, np.float32]:
        """Reads one example as `stack` does; keeps a UserError for `__iter__`: TensorFlow only passes on its text."""
        try:
            example = self._fitting(int(index), tuple(crop))
            picture, opened = stack(example, tuple(crop), extra=bool(self._source.extra))
            return picture, np.float32(opened)
        except UserError as failure:
            self._failure = failure
            raise

    def _fitting(self, index: int, crop: tuple[int, int]) -> Example:
        """The example, or one of the next, often the same photo through another lens: enlarged to cover the crop, its
        blur may be wider than a network's `strength` can say."""
        for number in range(OTHER_LENSES + 1):
            example = self._source.read((index + number) % len(self._source))
            factor = enlargement(example, crop)
            if factor == 1 or (example.radius or 0) * factor <= opening.LARGEST_RADIUS:
                break
        return example


def training_data(
    source: Source,
    *,
    crop: tuple[int, int],
    batch: int,
    input_scale: int,
    level: int,
    steps: int,
    crop_scales: Sequence[float] = (1.0,),
    augment: Sequence[str] = (),
    seed: int = 0,
    start_step: int = 0,
    extra_dropout: float = 0.0,
    strength: bool = False,
    strength_jitter: float = 0.0,
    subject: bool = False,
) -> TrainingData:
    """Batches `start_step` … `steps` of an endless, shuffled pass over `source`.

    Args:
      crop: (height, width) in pixels of the photo; a smaller photo is enlarged to cover it.
      batch: pictures a step.
      crop_scales: each step's crops are so many times as high and wide, one of these factors by chance, and a step has
        fewer of them, so that it has about as many pixels as ever.
      input_scale: the input is the crop made smaller by this factor.
      level: the target is the crop made smaller by 2^(level-1).
      augment: any of flip_horizontal, flip_vertical, rot90 (square crops only).
      extra_dropout: share of the samples whose fourth channel becomes neutral.
      strength: give the network how wide the lens was open.
      strength_jitter: by how much, as the standard deviation of a logarithm, that is off: nobody knows a real lens's
        exactly, and a network that counts on it blurs too much.
      subject: the target is {"bokeh": [B,H,W,3], "subject": [B,h,w,1]}, the fourth channel as it was before dropout.

    Every epoch reads each example once, in another order. Raises UserError for wrong arguments here, and for a picture
    that can't be read while iterating.
    """
    crops = [scaled(crop, factor) for factor in crop_scales]
    pictures = [max(1, round(batch / factor**2)) for factor in crop_scales]
    for one in crops:
        check_crop(one, input_scale, level)
    for name in augment:
        if name not in AUGMENTATIONS:
            raise UserError(f"augment: {', '.join(AUGMENTATIONS)} are known; received {name!r}")
    if "rot90" in augment and crop[0] != crop[1]:
        raise UserError(f"augment: rot90 wants a square crop; received {crop[1]}x{crop[0]}")
    data = TrainingData(source)
    channels = 6 + bool(source.extra)

    def pictures_of(step):
        return tf.constant(pictures, tf.int64)[drawn(step, seed, len(crops))]

    def sample(number):
        index = shuffled(number, len(source), seed)
        here = tf.constant(crops)[drawn(number // batch, seed, len(crops))]
        picture, opened = tf.numpy_function(data.read, [index, here], (tf.uint8, tf.float32))
        picture.set_shape((None, None, channels))
        opened.set_shape(())
        picture = vary(picture, here, augment, tf.stack([tf.cast(seed, tf.int64), number]))
        if len(crops) == 1:
            picture.set_shape((*crops[0], channels))
        if strength_jitter:
            off = tf.random.stateless_normal((), tf.stack([tf.cast(seed, tf.int64) + 2_000_003, number]))
            opened = tf.minimum(opened * tf.exp(strength_jitter * off), 1.0)
        return number // batch, (picture, opened, neutral(number, seed, extra_dropout))

    def gathered(_, samples):
        return samples.map(lambda _, one: one).batch(batch)

    def split(pictures, opened, dropped):
        pictures = tf.cast(pictures, tf.float32) / 255.0
        inputs = shrink(tf.concat([pictures[..., :3], pictures[..., 6:]], -1), input_scale)
        named = {"image": inputs[..., :3]}
        if source.extra:
            value = NEUTRAL_EXTRA / 255.0
            named[source.extra] = tf.where(dropped[:, None, None, None], value, inputs[..., 3:])
        if strength:
            named["strength"] = opened[:, None, None, None]
        target = shrink(pictures[..., 3:6], levels.factor(level))
        return named, {"bokeh": target, "subject": inputs[..., 3:]} if subject else target

    numbers = tf.data.Dataset.range(start_step * batch, steps * batch)
    data.dataset = (
        numbers.filter(lambda number: number % batch < pictures_of(number // batch))
        .map(sample, num_parallel_calls=READERS, deterministic=True)
        .group_by_window(lambda step, _: step, gathered, window_size_func=pictures_of)
        .map(split, num_parallel_calls=1)
        .prefetch(PREFETCHED)
    )
    return data


def validation_examples(
    source: Source, *, count: int, crop: tuple[int, int], input_scale: int, level: int, strength: bool = False
) -> list[tuple[dict, np.ndarray]]:
    """The centre crops of `count` examples, evenly spread over the source, as (inputs by name, target [H,W,3]).

    Neighbours may be one photo through several lenses. All values are in [0,1]; the inputs are "image" [h,w,3], the
    source's extra channel [h,w,1] and, if asked for, "strength" [1,1,1].
    """
    check_crop(crop, input_scale, level)
    examples = []
    for index in (number * len(source) // count for number in range(count)):
        picture, opened = stack(source.read(index), crop, extra=bool(source.extra))
        top, left = ((have - want) // 2 for have, want in zip(picture.shape, crop, strict=False))
        picture = picture[None, top : top + crop[0], left : left + crop[1]].astype(np.float32) / 255.0
        inputs = {"image": shrink(picture[..., :3], input_scale)[0].numpy()}
        if source.extra:
            inputs[source.extra] = shrink(picture[..., 6:], input_scale)[0].numpy()
        if strength:
            inputs["strength"] = np.full((1, 1, 1), opened, np.float32)
        examples.append((inputs, shrink(picture[..., 3:6], levels.factor(level))[0].numpy()))
    return examples


def check_crop(crop: tuple[int, int], input_scale: int, level: int) -> None:
    """Raises UserError when the crop can't be divided into the level's and the input's pixels."""
    levels.size(crop, level)
    if crop[0] % input_scale or crop[1] % input_scale:
        raise UserError(f"crop: multiples of {input_scale} are wanted; received {crop[1]}x{crop[0]}")


def stack(example: Example, crop: tuple[int, int], *, extra: bool) -> tuple[np.ndarray, float]:
    """Image, target and (with `extra`) the fourth channel as one picture, uint8 [H,W,6 or 7], and the `strength` input.

    What is done to one is done to all. A missing map is neutral; a picture smaller than the crop is enlarged to it.
    """
    parts = [example.image, example.bokeh]
    height, width = example.image.shape[:2]
    if extra:
        known = example.extra is not None
        parts.append(example.extra if known else np.full((height, width), NEUTRAL_EXTRA, np.uint8))
    enlarge = enlargement(example, crop)
    if enlarge > 1:
        size = max(crop[0], round(height * enlarge)), max(crop[1], round(width * enlarge))
        parts = [images.resize(part, size) for part in parts]
    radius = example.radius
    return np.dstack(parts), opening.of_radius(None if radius is None else radius * enlarge)


def enlargement(example: Example, crop: tuple[int, int]) -> float:
    """The factor, at least 1, by which a picture is enlarged to cover the crop (height, width)."""
    height, width = example.image.shape[:2]
    return max(1.0, crop[0] / height, crop[1] / width)


def shuffled(number, size: int, seed: int):
    """The example that sample `number` reads: each epoch of `size` samples goes through all in its own order."""
    epoch, place = number // size, number % size
    return tf.random.experimental.index_shuffle(place, tf.stack([tf.cast(seed, tf.int64), epoch]), size - 1)


def scaled(crop: tuple[int, int], factor: float) -> tuple[int, int]:
    """(height, width) of a crop that is `factor` times as high and wide."""
    return round(crop[0] * factor), round(crop[1] * factor)


def drawn(step, seed: int, count: int):
    """Which of `count` sizes the crops of a step have."""
    if count == 1:
        return tf.constant(0)
    chance = tf.stack([tf.cast(seed, tf.int64) + 3_000_017, step])
    return tf.random.stateless_uniform((), chance, 0, count, tf.int32)


def vary(picture, crop, augment: Sequence[str], seed):
    """A random crop of (height, width) and the flips that `augment` names, from a seed of shape [2] alone:
    [H,W,C] -> [h,w,C]."""
    seeds = tf.random.experimental.stateless_split(seed, 4)
    picture = tf.image.stateless_random_crop(picture, (crop[0], crop[1], picture.shape[-1]), seeds[0])
    if "flip_horizontal" in augment:
        picture = tf.image.stateless_random_flip_left_right(picture, seeds[1])
    if "flip_vertical" in augment:
        picture = tf.image.stateless_random_flip_up_down(picture, seeds[2])
    if "rot90" in augment:
        picture = tf.image.rot90(picture, tf.random.stateless_uniform((), seeds[3], 0, 4, tf.int32))
    return picture


def neutral(number, seed: int, share: float):
    """Whether this sample's fourth channel is withheld."""
    chance = tf.random.stateless_uniform((), tf.stack([tf.cast(seed, tf.int64) + 1_000_003, number]))
    return chance < share


def shrink(pictures, factor: int):
    """Makes [B,H,W,C] smaller by averaging factor×factor pixels."""
    return tf.nn.avg_pool2d(pictures, factor, factor, "VALID") if factor > 1 else tf.convert_to_tensor(pictures)
