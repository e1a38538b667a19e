"""Photo pairs on disk: layouts, pairing, split, and the one clear line for each thing that is wrong."""

import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from pynet_bokeh.data.pairs import check, natural, open_pairs
from pynet_bokeh.errors import UserError

SIZE = (6, 8)


def write(path, value=0, *, size=SIZE, channels=3):
    """A picture of one value, written with OpenCV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (*size, channels) if channels > 1 else size
    assert cv2.imwrite(str(path), np.full(shape, value, np.uint8))


def write_pairs(folder, count, *, first=0, names=("original", "bokeh"), suffixes=(".jpg", ".png"), maps=()):
    """Pairs `first` … whose photo is of value 2i and whose target of value 2i + 1."""
    for i in range(first, first + count):
        for side, (name, suffix) in enumerate(zip(names, suffixes, strict=True)):
            write(folder / name / f"{i}{suffix}", 2 * i + side)
        for name in maps:
            write(folder / name / f"{i}.png", 100 + i, channels=1)


def touch_pairs(folder, stems, *, names=("original", "bokeh")):
    """Pairs whose files are empty: listing them must not decode them."""
    for name in names:
        (folder / name).mkdir(parents=True)
        for stem in stems:
            (folder / name / f"{stem}.jpg").touch()


def names_of(source):
    return [pair.name for pair in source.pairs]


def test_train_and_test_folders(tmp_path):
    write_pairs(tmp_path / "train", 4)
    write_pairs(tmp_path / "test", 2, first=10)
    train, validation = open_pairs(tmp_path)
    assert names_of(train) == ["0", "1", "2", "3"]
    assert names_of(validation) == ["10", "11"]
    assert validation.pairs[0].photo == tmp_path / "test" / "original" / "10.jpg"


@pytest.mark.parametrize(
    ("folder", "names"),
    [("train", ("original", "bokeh")), ("", ("original", "bokeh")), ("train", ("input", "label"))],
)
def test_without_a_test_folder_a_fraction_is_held_out(tmp_path, folder, names):
    touch_pairs(tmp_path / folder, range(40), names=names)
    train, validation = open_pairs(tmp_path, split=0.25)
    assert (len(train), len(validation)) == (30, 10)
    assert sorted(names_of(train) + names_of(validation), key=int) == [str(i) for i in range(40)]
    assert names_of(train) == sorted(names_of(train), key=int)
    assert names_of(validation) == sorted(names_of(validation), key=int)
    assert {path.parent.name for pair in train.pairs for path in (pair.photo, pair.target)} == set(names)
    assert all(pair.photo.parent.name == names[0] for pair in train.pairs)


def test_the_root_may_be_a_string(tmp_path):
    touch_pairs(tmp_path, range(10))
    assert open_pairs(str(tmp_path)) == open_pairs(tmp_path)


def test_val294_is_held_out_of_ebb(tmp_path):
    touch_pairs(tmp_path, range(4694))
    train, validation = open_pairs(tmp_path)
    assert names_of(validation) == [str(i) for i in range(4400, 4694)]
    assert names_of(train) == [str(i) for i in range(4400)]
    assert "Val294" in validation.describe()


def test_the_split_depends_on_names_and_seed_alone(tmp_path, monkeypatch):
    touch_pairs(tmp_path / "one", range(50))
    touch_pairs(tmp_path / "two", random.Random(1).sample(range(50), 50))
    expected = [names_of(source) for source in open_pairs(tmp_path / "one", seed=3)]
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: random.Random(2).sample(found := list(listed(self)), len(found)))
    assert [names_of(source) for source in open_pairs(tmp_path / "two", seed=3)] == expected
    assert [names_of(source) for source in open_pairs(tmp_path / "two", seed=4)] != expected


def test_a_subset_takes_training_pairs_only(tmp_path):
    touch_pairs(tmp_path, range(100))
    train, validation = open_pairs(tmp_path, seed=7)
    part, same = open_pairs(tmp_path, seed=7, subset=20)
    assert same == validation
    drawn = [part.source.pairs[index].name for index in part.indices]
    assert len(part) == len(set(drawn)) == 20
    assert set(drawn) < set(names_of(train))
    assert open_pairs(tmp_path, seed=7, subset=20)[0] == part
    assert open_pairs(tmp_path, seed=8, subset=20)[0] != part


def test_a_subset_larger_than_the_training_part_is_refused(tmp_path):
    touch_pairs(tmp_path, range(20))
    with pytest.raises(UserError, match=r"^subset: 1 to 18 is allowed for 18 photo pairs of .*; received 19$"):
        open_pairs(tmp_path, subset=19)


def test_natural_order():
    names = ["2", "10", "a2b1", "a2b01", "a10", "a2", "02", "", "b", "²", "١"]
    ordered = sorted(names, key=natural)
    assert ordered.index("2") < ordered.index("10")
    assert ordered.index("a2") < ordered.index("a2b1") < ordered.index("a10") < ordered.index("b")
    assert sorted(reversed(names), key=natural) == ordered


def test_reading_a_pair(tmp_path):
    write_pairs(tmp_path / "train", 3, suffixes=(".png", ".webp"))
    write_pairs(tmp_path / "test", 1)
    train, _ = open_pairs(tmp_path)
    example = train.read(2)
    assert example.name == "2"
    assert example.image.dtype == example.bokeh.dtype == np.uint8
    np.testing.assert_array_equal(example.image, np.full((*SIZE, 3), 4))
    np.testing.assert_allclose(example.bokeh.astype(int), np.full((*SIZE, 3), 5), atol=3)
    assert example.extra is None


@pytest.mark.parametrize(("extra", "folder"), [("depth", "original_depth"), ("focus", "focus")])
def test_maps_are_read_as_fourth_channel(tmp_path, extra, folder):
    write_pairs(tmp_path / "train", 3, maps=["original_depth", "focus"])
    write_pairs(tmp_path / "test", 1, maps=["original_depth", "focus"])
    write(tmp_path / "train" / folder / "1.png", 9, channels=1)
    train, validation = open_pairs(tmp_path, extra=extra)
    assert train.extra == validation.extra == extra
    np.testing.assert_array_equal(train.read(1).extra, np.full(SIZE, 9))
    np.testing.assert_array_equal(train.read(2).extra, np.full(SIZE, 102))
    assert f"with {extra} maps" in train.describe()
    assert open_pairs(tmp_path)[0].read(1).extra is None


def test_maps_of_another_size_are_brought_to_the_photo(tmp_path):
    write_pairs(tmp_path, 10, maps=["focus"])
    halves = np.repeat(np.array([[0] * 4 + [200] * 4], np.uint8), 3, axis=0)
    for i in range(10):
        cv2.imwrite(str(tmp_path / "focus" / f"{i}.png"), halves.repeat(8, axis=0).repeat(4, axis=1))
    train, _ = open_pairs(tmp_path, extra="focus")
    np.testing.assert_array_equal(train.read(0).extra, np.repeat(halves[:1], 6, axis=0))


@pytest.mark.parametrize("size", [(3, 4), (5, 7), (60, 80), (61, 80), (600, 801)])
def test_a_maps_rounded_side_is_no_other_shape(tmp_path, size):
    write_pairs(tmp_path, 10, maps=["focus"])
    for i in range(10):
        write(tmp_path / "focus" / f"{i}.png", 50, size=size, channels=1)
    train, _ = open_pairs(tmp_path, extra="focus")
    np.testing.assert_array_equal(train.read(0).extra, np.full(SIZE, 50))


@pytest.mark.parametrize("size", [(8, 6), (6, 12), (8, 8), (65, 80)])
def test_a_map_of_another_shape_is_refused(tmp_path, size):
    write_pairs(tmp_path / "train", 2, maps=["focus"])
    write_pairs(tmp_path / "test", 1, maps=["focus"])
    write(tmp_path / "train" / "focus" / "1.png", size=size, channels=1)
    train, _ = open_pairs(tmp_path, extra="focus")
    train.read(0)
    chart, shape = tmp_path / "train" / "focus" / "1.png", f"{size[1]}x{size[0]}"
    with pytest.raises(UserError, match=rf"^{chart}: {shape} pixels, which is another shape than the photo's 8x6$"):
        train.read(1)
    assert [bool(problem) for problem in check(train)] == [False, True]


def test_without_the_folder_of_maps_there_are_none(tmp_path):
    write_pairs(tmp_path, 10)
    train, _ = open_pairs(tmp_path, extra="depth")
    assert train.extra == "depth"
    assert train.read(0).extra is None
    assert "without depth maps" in train.describe()


def test_some_maps_missing_is_an_error(tmp_path):
    write_pairs(tmp_path, 10, maps=["focus"])
    for i in (9, 10, 2):
        (tmp_path / "focus" / f"{i}.png").unlink(missing_ok=True)
    with pytest.raises(UserError, match=r"original/2\.jpg: no map of this name in .*focus \(2 files without"):
        open_pairs(tmp_path, extra="focus")
    open_pairs(tmp_path)  # not asked for, not looked at


def test_hidden_and_other_files_are_left_alone(tmp_path):
    touch_pairs(tmp_path, range(10))
    (tmp_path / "original" / "._1.jpg").touch()
    (tmp_path / "original" / "Thumbs.db").touch()
    (tmp_path / "bokeh" / "notes").mkdir()
    assert sum(map(len, open_pairs(tmp_path))) == 10


# --- what can be wrong -----------------------------------------------------------------------------------------------


def complaint(root, **options):
    with pytest.raises(UserError) as caught:
        open_pairs(root, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_such_folder(tmp_path):
    assert complaint(tmp_path / "photos") == f"{tmp_path / 'photos'}: no such folder"


def test_not_a_folder(tmp_path):
    (tmp_path / "photos").touch()
    assert complaint(tmp_path / "photos") == f"{tmp_path / 'photos'}: not a folder"


@pytest.mark.parametrize("found", [[], ["photos"], ["train"], ["test/original", "test/bokeh"]])
def test_nothing_matches(tmp_path, found):
    for name in found:
        (tmp_path / name).mkdir(parents=True)
    text = complaint(tmp_path)
    assert text.startswith(f"{tmp_path}: no photo pairs in it")
    for layout in ("{train,test}/{original,bokeh}", "{original,bokeh}", "train/{input,label}"):
        assert layout in text


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (["original"], "bokeh"),
        (["train/bokeh"], "train/original"),
        (["train/input"], "train/label"),
        (["train/original", "train/bokeh", "test/original"], "test/bokeh"),
    ],
)
def test_one_side_missing(tmp_path, found, missing):
    for name in found:
        (tmp_path / name).mkdir(parents=True)
        write(tmp_path / name / "1.png")
    assert complaint(tmp_path).startswith(f"{tmp_path / missing}: no such folder")


def test_empty_folder(tmp_path):
    touch_pairs(tmp_path, [])
    assert complaint(tmp_path).startswith(f"{tmp_path / 'original'}: no pictures in it")


def test_unpaired_files(tmp_path):
    touch_pairs(tmp_path, range(12))
    for name in ("original/10.jpg", "bokeh/3.jpg", "original/4.jpg"):
        (tmp_path / name).unlink()
    text = complaint(tmp_path)
    assert text.startswith(f"{tmp_path / 'original' / '3.jpg'}: no picture of this name in {tmp_path / 'bokeh'}")
    assert "3 files without a partner" in text


def test_unpaired_target_in_test(tmp_path):
    touch_pairs(tmp_path / "train", range(3))
    touch_pairs(tmp_path / "test", range(3))
    (tmp_path / "test" / "original" / "2.jpg").unlink()
    text = complaint(tmp_path)
    assert text.startswith(f"{tmp_path / 'test' / 'bokeh' / '2.jpg'}: no picture of this name")
    assert "1 file without a partner" in text


def test_two_files_with_one_stem(tmp_path):
    touch_pairs(tmp_path, range(10))
    (tmp_path / "bokeh" / "3.png").touch()
    assert complaint(tmp_path).startswith(f"{tmp_path / 'bokeh' / '3.png'}: has the same name as 3.jpg")


@pytest.mark.parametrize("split", [-0.1, 0, 1, 1.5, float("nan")])
def test_split_out_of_range(tmp_path, split):
    touch_pairs(tmp_path, range(10))
    assert complaint(tmp_path, split=split) == (f"split: a fraction above 0 and below 1 is allowed; received {split}")


@pytest.mark.parametrize(("split", "side"), [(0.1, "validate on (evaluate --all takes every pair)"), (0.9, "train on")])
def test_split_that_leaves_a_side_empty(tmp_path, split, side):
    touch_pairs(tmp_path, range(3))
    assert complaint(tmp_path, split=split) == f"split: {split} of {tmp_path}'s 3 pairs leaves nothing to {side}"


def test_unknown_extra(tmp_path):
    touch_pairs(tmp_path, range(10))
    assert complaint(tmp_path, extra="mask").startswith("extra: depth or focus is allowed")


def test_sizes_that_differ(tmp_path):
    write_pairs(tmp_path / "train", 2)
    write_pairs(tmp_path / "test", 1)
    write(tmp_path / "train" / "bokeh" / "1.png", size=(5, 9))
    train, _ = open_pairs(tmp_path)
    train.read(0)
    with pytest.raises(UserError) as caught:
        train.read(1)
    for part in (f"{tmp_path / 'train/original/1.jpg'} is 8x6", f"{tmp_path / 'train/bokeh/1.png'} is 9x5"):
        assert part in str(caught.value)


# --- check -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 4])
def test_check_names_what_is_broken_in_order(tmp_path, workers):
    write_pairs(tmp_path / "train", 12, maps=["focus"])
    write_pairs(tmp_path / "test", 1, maps=["focus"])
    truncated = tmp_path / "train" / "original" / "2.jpg"
    truncated.write_bytes(truncated.read_bytes()[:-40])
    (tmp_path / "train" / "bokeh" / "7.png").write_text("not a picture")
    write(tmp_path / "train" / "bokeh" / "9.png", size=(5, 9))
    (tmp_path / "train" / "focus" / "11.png").write_bytes(b"")
    train, validation = open_pairs(tmp_path, extra="focus")
    problems = list(check(train, workers=workers))
    assert len(problems) == 12
    assert [place for place, problem in enumerate(problems) if problem] == [2, 7, 9, 11]
    assert problems[2].startswith(f"{truncated}: broken picture")
    assert problems[7].startswith(str(tmp_path / "train/bokeh/7.png"))
    assert "one size" in problems[9]
    assert problems[11].startswith(str(tmp_path / "train/focus/11.png"))
    assert list(check(validation, workers=workers)) == [None]


def test_check_refuses_no_workers(tmp_path):
    touch_pairs(tmp_path, range(10))
    with pytest.raises(UserError, match=r"^workers: 1 or more is allowed; received 0$"):
        check(open_pairs(tmp_path)[0], workers=0)


def test_check_can_be_left_early(tmp_path):
    touch_pairs(tmp_path, range(200))
    problems = check(open_pairs(tmp_path)[0])
    assert "original" in next(problems)
    problems.close()


# --- radii -----------------------------------------------------------------------------------------------------------


def test_radii_are_read_from_lens_json(tmp_path):
    for part, names in (("train", "12"), ("test", "3")):
        for folder in ("original", "bokeh"):
            for name in names:
                write(tmp_path / part / folder / f"{name}.png")
    (tmp_path / "train" / "lens.json").write_text('{"1": {"radius": 17.4, "more": 1}, "9": {"radius": 2}}')
    train, test = open_pairs(tmp_path)
    assert [train.read(index).radius for index in (0, 1)] == [17.4, None]
    assert test.read(0).radius is None


@pytest.mark.parametrize(
    "content", ["[]", '{"1": 4}', '{"1": {"radius": "4"}}', '{"1": {"radius": -1}}', '{"1": {"radius": NaN}}', "{"]
)
def test_a_broken_lens_json_is_named(tmp_path, content):
    for folder in ("original", "bokeh"):
        for name in "12":
            write(tmp_path / folder / f"{name}.png")
    (tmp_path / "lens.json").write_text(content)
    with pytest.raises(UserError, match=r"lens\.json: "):
        open_pairs(tmp_path, split=0.5)


@pytest.mark.parametrize("content", ["[]", "{}", '{"count": "40"}', '{"count": null}'])
def test_a_source_json_of_somebody_else_is_left_alone(tmp_path, content):
    touch_pairs(tmp_path, range(10))
    (tmp_path / "source.json").write_text(content)
    assert sum(map(len, open_pairs(tmp_path))) == 10
