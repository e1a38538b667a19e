"""Examples written as files are read back as pairs."""

import os
import signal
from dataclasses import dataclass

import numpy as np
import pytest

from pynet_bokeh.data.pairs import open_pairs
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.source import Example
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.errors import UserError
from pynet_bokeh.files import read_json, write_json


@dataclass
class Counting:
    """Flat pictures; counts how often it is read."""

    extra: str | None = None
    reads: int = 0

    def __len__(self):
        return 4

    def read(self, index):
        self.reads += 1
        picture = np.full((8, 8, 3), 40 * index, np.uint8)
        return Example(str(index), picture, picture, picture[..., 0] if self.extra else None, self.radius(index))

    def radius(self, index):
        return None if index == 3 else index / 3

    def describe(self):
        return "flat pictures"


@pytest.mark.parametrize(("extra", "count"), [(None, 12), ("focus", 12), ("depth", 12)])
def test_scenes_come_back_as_pairs(tmp_path, extra, count):
    scenes = SceneSource((48, 64), extra=extra, count=count)
    assert write_pairs(scenes, tmp_path, workers=1) == count
    train, validation = open_pairs(tmp_path, extra=extra, split=0.5)
    for source in (train, validation):
        for index in range(len(source)):
            back = source.read(index)
            scene = scenes.read(int(back.name))
            assert np.abs(back.image.astype(int) - scene.image).mean() < 5  # JPEG
            assert np.abs(back.bokeh.astype(int) - scene.bokeh).mean() < 5
            assert back.radius == pytest.approx(scene.radius, abs=1e-3)
            if extra:
                np.testing.assert_array_equal(back.extra, scene.extra)
            else:
                assert back.extra is None


def test_names_sort_as_the_examples_do(tmp_path):
    write_pairs(Counting(), tmp_path, workers=1)
    names = sorted(path.name for path in (tmp_path / "bokeh").iterdir())
    assert names == ["000000.jpg", "000001.jpg", "000002.jpg", "000003.jpg"]


def test_what_is_there_is_left_alone_and_what_is_missing_is_written(tmp_path):
    source = Counting(extra="focus")
    assert write_pairs(source, tmp_path, workers=1) == 4
    (tmp_path / "focus" / "000002.png").unlink()
    (tmp_path / "original" / "000001.jpg").write_bytes(b"kept as it is")
    source.reads = 0
    assert write_pairs(source, tmp_path, workers=1) == 1
    assert source.reads == 1
    assert (tmp_path / "focus" / "000002.png").is_file()
    assert (tmp_path / "original" / "000001.jpg").read_bytes() == b"kept as it is"


def test_radii_go_to_lens_json(tmp_path):
    write_pairs(Counting(), tmp_path, workers=1)
    content = read_json(tmp_path / "lens.json")
    assert content["000002"] == {"radius": 0.667}
    assert content["000003"] == {"radius": None}
    assert len(content) == 4


def test_a_pair_without_its_radius_is_made_again(tmp_path):
    """As after an interruption, before the radii so far were written."""
    source = Counting()
    write_pairs(source, tmp_path, workers=1)
    content = read_json(tmp_path / "lens.json")
    del content["000001"]
    write_json(tmp_path / "lens.json", content)
    source.reads = 0
    assert write_pairs(source, tmp_path, workers=1) == 1
    assert source.reads == 1
    assert "000001" in read_json(tmp_path / "lens.json")


def test_what_was_made_before_a_failure_is_kept_with_its_radius(tmp_path):
    class Failing(Counting):
        def read(self, index):
            if index == 2:
                raise UserError("photo 2 is broken")
            return super().read(index)

    with pytest.raises(UserError, match="photo 2 is broken"):
        write_pairs(Failing(), tmp_path, workers=1)
    assert sorted(read_json(tmp_path / "lens.json")) == ["000000", "000001"]
    assert write_pairs(Counting(), tmp_path, workers=1) == 2


def test_half_a_folder_is_not_trained_on_by_mistake(tmp_path):
    write_pairs(Counting(), tmp_path, workers=1)
    for folder in ("original", "bokeh"):
        (tmp_path / folder / "000001.jpg").unlink()
    with pytest.raises(UserError, match=r"3 of 4 pairs; the same `data` command goes on"):
        open_pairs(tmp_path, split=0.5)
    write_pairs(Counting(), tmp_path, workers=1)
    assert sum(len(part) for part in open_pairs(tmp_path, split=0.5)) == 4


def test_names_are_given(tmp_path):
    write_pairs(Counting("focus"), tmp_path, names=["d", "c", "b", "a"], workers=1)
    for folder, suffix in (("original", "jpg"), ("bokeh", "jpg"), ("focus", "png")):
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == [f"{name}.{suffix}" for name in "abcd"]
    assert list(read_json(tmp_path / "lens.json")) == ["d", "c", "b", "a"]


def test_workers_are_processes_and_give_the_same_files(tmp_path):
    source = SceneSource((48, 64), extra="focus", count=5)
    for workers in (1, 2):
        assert write_pairs(source, tmp_path / str(workers), workers=workers) == 5
    written = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*.*"))
    assert len(written) == 17
    for path in written:
        assert (tmp_path / "1" / path).read_bytes() == (tmp_path / "2" / path).read_bytes()
    with pytest.raises(UserError, match="workers: 1 or more is allowed; received 0"):
        write_pairs(source, tmp_path / "0", workers=0)


@dataclass
class Killing(Counting):
    def read(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_was_killed_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"one of 2 worker processes was killed.*goes on with the pairs"):
        write_pairs(Killing(), tmp_path, workers=2)


def test_a_lens_of_another_kind_is_another_source(tmp_path):
    write_pairs(SceneSource((32, 32), count=2), tmp_path, workers=1)
    for other in ({"vary": True}, {"strength": 0.01}):
        with pytest.raises(UserError, match="give another folder"):
            write_pairs(SceneSource((32, 32), count=2, **other), tmp_path, workers=1)


def test_a_source_json_of_somebody_else_is_not_overwritten(tmp_path):
    (tmp_path / "source.json").write_text("[1]")
    with pytest.raises(UserError, match=r"holds a source\.json that no `data` command wrote; give another folder"):
        write_pairs(Counting(), tmp_path, workers=1)
    assert (tmp_path / "source.json").read_text() == "[1]"


def test_pictures_of_another_source_are_not_mixed_in(tmp_path):
    write_pairs(SceneSource((32, 32), seed=1, count=2), tmp_path, workers=1)
    with pytest.raises(UserError, match=r"holds .*seed 1.*give another folder for .*seed 2"):
        write_pairs(SceneSource((32, 32), seed=2, count=2), tmp_path, workers=1)
