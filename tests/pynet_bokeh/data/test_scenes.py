"""Built-in scenes: determinism, splits, and that each pair is what a lens would make of it."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from pynet_bokeh.data import lens
from pynet_bokeh.data.scenes import ENDLESS, STRENGTH, WIDEST, SceneSource, compose
from pynet_bokeh.errors import UserError

SIZE = (64, 80)


def digest(example):
    parts = [example.image, example.bokeh, *([] if example.extra is None else [example.extra])]
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def detail(picture, where):
    """Mean absolute Laplacian of a uint8 picture where a mask is True: high where it is sharp."""
    laplacian = np.abs(cv2.Laplacian(picture.astype(np.float32), cv2.CV_32F)).mean(axis=-1)
    return float(laplacian[where].mean())


# --- what a scene is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", [None, "focus", "depth"])
def test_an_example_is_8_bit_of_the_size_asked_for(extra):
    example = SceneSource(SIZE, extra=extra).read(3)
    assert example.image.shape == example.bokeh.shape == (*SIZE, 3)
    assert example.image.dtype == example.bokeh.dtype == np.uint8
    if extra is None:
        assert example.extra is None
    else:
        assert example.extra.shape == SIZE
        assert example.extra.dtype == np.uint8


def test_the_fourth_channel_does_not_change_the_pictures():
    plain, focus, depth = (SceneSource(SIZE, extra=extra).read(5) for extra in (None, "focus", "depth"))
    for other in (focus, depth):
        np.testing.assert_array_equal(plain.image, other.image)
        np.testing.assert_array_equal(plain.bokeh, other.bokeh)


def test_the_subject_is_as_sharp_as_in_the_photo_and_the_rest_is_not():
    kept, lost = [], []
    for index in range(24):
        example = SceneSource((128, 128), extra="focus").read(index)
        # Away from the silhouette: what is blurred behind the edge shines through the edge's own partial coverage.
        inside = cv2.erode(example.extra, np.ones((5, 5))) == 255
        outside = cv2.dilate(example.extra, np.ones((15, 15))) == 0
        if inside.sum() > 200:
            # Something nearer, out of focus, reaches over a few subjects: most of the subject, not all of it.
            same = (example.image[inside] == example.bokeh[inside]).all(axis=-1).mean()
            kept.append(same)
        if outside.sum() > 200 and detail(example.image, outside) > 4:
            lost.append(detail(example.bokeh, outside) / detail(example.image, outside))
    assert len(kept) > 15
    assert len(lost) > 10
    assert np.median(kept) == 1.0
    assert np.median(lost) < 0.5


def test_without_strength_the_lens_is_a_pinhole():
    example = SceneSource(SIZE, strength=0.0).read(2)
    np.testing.assert_array_equal(example.image, example.bokeh)


def test_the_default_lens_blurs_backgrounds_by_one_to_four_percent_of_the_short_side():
    radii = []
    for index in range(60):
        layers, _ = compose(np.random.default_rng(index), (32, 32), STRENGTH)
        radii.append(lens.blur_radius(layers[0].distance, focus_distance=1.0, strength=STRENGTH))
    assert 0.012 < min(radii) < max(radii) < 0.04
    assert 0.02 < np.mean(radii) < 0.032


def test_the_radius_is_the_backdrops():
    scenes = SceneSource((64, 96), count=10)
    for index in range(10):
        layers, _ = compose(np.random.default_rng([0, 0, index]), (64, 96), STRENGTH)
        far = 1 / np.max([layer.distance for layer in layers])
        assert scenes.read(index).radius == pytest.approx(STRENGTH * 64 * (1 - far), rel=1e-6)
    assert SceneSource((64, 96), strength=0.0).read(0).radius == 0


def test_layers_are_ordered_and_the_subject_is_in_focus():
    for seed in range(30):
        layers, subject = compose(np.random.default_rng(seed), (32, 48), STRENGTH)
        distances = [layer.distance for layer in layers]
        behind = [distance for distance in distances[1 : subject + 1] if distance >= 1]
        assert behind == sorted(behind, reverse=True)
        assert distances[subject] == 1.0
        assert all(distance < 1 for distance in distances[subject + 1 :])
        assert layers[0].alpha.min() == 1.0


def test_layers_are_premultiplied():
    for seed in range(10):
        layers, _ = compose(np.random.default_rng(seed), (48, 48), STRENGTH)
        for layer in layers:
            assert layer.alpha.min() >= 0
            assert layer.alpha.max() <= 1
            assert np.isfinite(layer.colour).all()
            assert not layer.colour[layer.alpha == 0].any()


def test_the_focus_map_is_the_visible_part_of_the_subject():
    hidden = 0  # scenes with something in front of the subject
    for seed in range(50):
        layers, subject = compose(np.random.default_rng([0, 0, seed]), SIZE, STRENGTH)
        hidden += subject < len(layers) - 1
        visible = np.zeros(SIZE)
        for number, layer in enumerate(layers):
            row, column = layer.corner
            # An independent way to put a patch into the frame: a translation with transparent surroundings.
            move = np.array([[1.0, 0, column], [0, 1.0, row]])
            alpha = cv2.warpAffine(layer.alpha, move, SIZE[::-1], flags=cv2.INTER_NEAREST)
            visible = visible * (1 - alpha) + (alpha if number == subject else 0)
        focus = SceneSource(SIZE, extra="focus").read(seed).extra
        np.testing.assert_allclose(focus, visible * 255, atol=0.51)
    assert 1 <= hidden <= 15


def test_the_depth_map_is_light_near_and_dark_far():
    for index in range(12):
        depth = SceneSource(SIZE, extra="depth").read(index).extra.astype(int)
        focus = SceneSource(SIZE, extra="focus").read(index).extra
        subject = np.unique(depth[focus == 255])
        if len(subject):
            assert subject.tolist() == [140]  # 0.55 / 1: the subject's distance is 1 in every scene
        farthest = compose(np.random.default_rng([0, 0, index]), SIZE, STRENGTH)[0][0].distance
        assert depth.min() >= round(0.55 / farthest * 255) - 1


def test_some_scenes_have_lights_that_bloom():
    brighter = 0
    for seed in range(30):
        layers, _ = compose(np.random.default_rng(seed), (64, 64), STRENGTH)
        brighter += layers[0].colour.max() > 4
    assert 5 < brighter < 29


# --- determinism and splits ------------------------------------------------------------------------------------------


def test_scenes_differ_and_repeat():
    source = SceneSource(SIZE, extra="focus")
    first = [digest(source.read(index)) for index in range(12)]
    assert len(set(first)) == 12
    assert [digest(source.read(index)) for index in reversed(range(12))] == first[::-1]


def test_threads_get_what_one_thread_gets():
    source = SceneSource(SIZE, extra="focus")
    alone = [digest(source.read(index)) for index in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda index: digest(source.read(index)), range(24))) == alone


def test_another_process_draws_the_same_scenes():
    code = (
        "import hashlib; from pynet_bokeh.data.scenes import SceneSource; "
        "examples = [SceneSource((64, 80), seed=4).read(index) for index in range(3)]; "
        "print(*(hashlib.sha256(e.image.tobytes() + e.bokeh.tobytes()).hexdigest() for e in examples))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.split() == [digest(SceneSource(SIZE, seed=4).read(index)) for index in range(3)]


def test_splits_and_seeds_are_disjoint():
    sources = [SceneSource(SIZE, seed=seed, split=split) for seed in (0, 1) for split in ("train", "validation")]
    digests = [digest(source.read(index)) for source in sources for index in range(8)]
    assert len(set(digests)) == len(digests)


def test_a_scene_does_not_depend_on_how_many_there_are():
    assert digest(SceneSource(SIZE, count=3).read(2)) == digest(SceneSource(SIZE).read(2))


# --- the source ------------------------------------------------------------------------------------------------------


def test_there_are_practically_endless_scenes_or_as_many_as_asked_for():
    assert len(SceneSource(SIZE)) == ENDLESS
    assert len(SceneSource(SIZE, count=7)) == 7
    SceneSource(SIZE).read(ENDLESS - 1)


@pytest.mark.parametrize("index", [-1, 7])
def test_there_is_nothing_beyond_the_count(index):
    with pytest.raises(IndexError):
        SceneSource(SIZE, count=7).read(index)


def test_a_source_tells_what_it_is():
    text = SceneSource((64, 80), seed=5, split="validation").describe()
    for part in ("validation", "80x64", "seed 5"):
        assert part in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "test"}, "split: train, validation are allowed; received 'test'"),
        ({"extra": "normals"}, "extra: depth or focus is allowed, or none; received 'normals'"),
        ({"size": (31, 64)}, "scene size: 32 pixels a side at least; received 64x31"),
        ({"count": 0}, "scene count: 1 at least; received 0"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        SceneSource(**({"size": SIZE} | options))


def test_a_varied_lens_opens_between_closed_and_its_widest():
    source = SceneSource((48, 32), seed=2, count=40, vary=True)
    examples = [source.read(index) for index in range(40)]
    radii = [example.radius for example in examples]
    assert max(radii) <= WIDEST * 32 and len({round(radius, 3) for radius in radii}) > 30
    for example in examples:
        if example.radius == 0:
            np.testing.assert_array_equal(example.bokeh, example.image)
    assert 0 in radii
