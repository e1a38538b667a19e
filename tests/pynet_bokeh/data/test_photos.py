"""Folders of photos and maps as sources: partners, groups, names and chance."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from pynet_bokeh import images
from pynet_bokeh.data.pairs import open_pairs
from pynet_bokeh.data.photos import group, held_out, open_photos
from pynet_bokeh.data.synthesis import Options
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.errors import UserError

NAMES = ("a", "b", "video_cat_00000", "video_cat_00008", "video_cat_00016", "z_1", "z_2")
OPTIONS = Options(short_side=48, variants=2, radius=(2, 8))


def write_photos(folder, names=NAMES):
    rng = np.random.default_rng(0)
    mask = np.zeros((48, 64), np.uint8)
    mask[10:40, 20:45] = 255
    for name in names:
        images.write_image(folder / "photos" / f"{name}.jpg", rng.integers(20, 200, (48, 64, 3), np.uint8))
        images.write_image(folder / "masks" / f"{name}.png", mask)
    return folder


def opened(folder, *, options=OPTIONS, **others):
    return open_photos(folder / "photos", folder / "masks", kind="mask", options=options, **others)


def test_every_photo_is_in_one_part_with_all_its_variants(tmp_path):
    parts = opened(write_photos(tmp_path), test_share=0.3)
    names = {part: parts[part].names() for part in ("train", "test")}
    assert sorted(names["train"] + names["test"]) == sorted(f"{name}_v{k}" for name in NAMES for k in (0, 1))
    assert len(parts["train"]) == len(names["train"])
    assert all(parts["train"].read(index).name == name for index, name in enumerate(names["train"]))


def test_a_video_is_never_on_both_sides():
    videos = [f"davis_{video}_{frame:05d}" for video in ("cat", "dog-run", "car") for frame in range(0, 40, 8)]
    names = [*videos, *(f"ccp_{number:04d}" for number in range(15))]
    for seed in range(20):
        held = held_out(names, 0.2, seed=seed)
        assert 6 <= len(held) <= 10  # whole groups: up to four frames too many
        for name in names:
            assert {other in held for other in names if group(other) == group(name)} == {name in held}
    assert len({frozenset(held_out(names, 0.2, seed=seed)) for seed in range(20)}) > 10
    assert held_out(names, 0) == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("davis_dance-twirl_00064", "davis_dance-twirl"),
        ("clip-3-0017", "clip-3"),
        ("ccp_0036", "ccp_0036"),
        ("IMG-1234", "IMG-1234"),
        ("0001", "0001"),
        ("a_b_c", "a_b_c"),
    ],
)
def test_groups_are_read_from_names(name, expected):
    assert group(name) == expected


def test_a_pair_depends_on_its_photo_alone(tmp_path):
    many = opened(write_photos(tmp_path / "many"), test_share=0)["train"]
    few = opened(write_photos(tmp_path / "few", names=NAMES[:1]), test_share=0)["train"]
    assert many.name(1) == few.name(1) == "a_v1"
    np.testing.assert_array_equal(many.read(1).bokeh, few.read(1).bokeh)
    assert not np.array_equal(many.read(0).bokeh, many.read(1).bokeh)
    seeded = opened(tmp_path / "few", test_share=0, options=Options(short_side=48, variants=2, radius=(2, 8), seed=1))
    assert not np.array_equal(seeded["train"].read(1).bokeh, few.read(1).bokeh)


def test_workers_and_order_change_nothing(tmp_path):
    source = opened(write_photos(tmp_path), test_share=0)["train"]
    assert write_pairs(source, tmp_path / "one", names=source.names(), workers=1) == 14
    assert write_pairs(source, tmp_path / "two", names=source.names(), workers=2) == 14
    written = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(written) == 14 * 3 + 2
    for path in written:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_written_pairs_are_read_back_with_radius_and_focus(tmp_path):
    for part, source in opened(write_photos(tmp_path), test_share=0.3).items():
        write_pairs(source, tmp_path / "out" / part, names=source.names(), workers=1)
    train, test = open_pairs(tmp_path / "out", extra="focus")
    source = pickle.loads(pickle.dumps(opened(tmp_path, test_share=0.3)["train"]))
    assert len(train) + len(test) == 14
    for index in range(len(train)):
        back, made = train.read(index), source.read(source.names().index(train.read(index).name))
        assert back.radius == pytest.approx(made.radius, abs=1e-3)
        np.testing.assert_array_equal(back.extra, made.extra)


def test_depth_maps_go_along(tmp_path):
    folder = write_photos(tmp_path, names=("a", "b"))
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    for name in "ab":
        images.write_image(folder / "depth" / f"{name}.png", ramp)
    parts = open_photos(folder / "photos", folder / "depth", kind="depth map", options=OPTIONS, test_share=0)
    source = parts["train"]
    write_pairs(source, tmp_path / "out", names=source.names(), workers=1)
    np.testing.assert_array_equal(images.read_map(tmp_path / "out" / "original_depth" / "a_v1.png"), ramp)
    train, _ = open_pairs(tmp_path / "out", extra="depth", split=0.25)
    np.testing.assert_array_equal(train.read(0).extra, ramp)


def test_a_photo_without_a_mask_and_parts_without_photos(tmp_path):
    folder = write_photos(tmp_path)
    (folder / "masks" / "b.png").unlink()
    with pytest.raises(UserError, match=r"b\.jpg: no mask of this name in .*masks \(1 of 7"):
        opened(folder)
    with pytest.raises(UserError, match=r"test share: .*nothing to train on"):
        opened(write_photos(tmp_path / "single", names=("a",)))
    with pytest.raises(UserError, match=r"test share: 0 or more and below 1 is allowed; received 1"):
        opened(folder, test_share=1)
    with pytest.raises(UserError, match=r"montage: .*single.photos there is one alone to train on"):
        opened(tmp_path / "single", test_share=0, options=replace(OPTIONS, montage=0.5))
    (tmp_path / "empty").mkdir()
    for photos, maps in ((tmp_path / "empty", folder / "masks"), (folder / "photos", tmp_path / "empty")):
        with pytest.raises(UserError, match=r"empty: no pictures in it"):
            open_photos(photos, maps, kind="mask", options=OPTIONS)
    with pytest.raises(UserError, match="nowhere: not a folder"):
        open_photos(tmp_path / "nowhere", folder / "masks", kind="mask", options=OPTIONS)
    images.write_image(folder / "photos" / "a.png", np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(UserError, match=r"has the same name as a"):
        opened(folder)
