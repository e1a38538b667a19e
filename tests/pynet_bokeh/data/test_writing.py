"""Examples written as files are read back as pairs."""

from dataclasses import dataclass

import numpy as np
import pytest

from pynet_bokeh.data.pairs import open_pairs
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.source import Example
from pynet_bokeh.data.writing import write_pairs
from pynet_bokeh.errors import UserError


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
        return Example(str(index), picture, picture, picture[..., 0] if self.extra else None)

    def describe(self):
        return "flat pictures"


@pytest.mark.parametrize(("extra", "count"), [(None, 12), ("focus", 12), ("depth", 12)])
def test_scenes_come_back_as_pairs(tmp_path, extra, count):
    scenes = SceneSource((48, 64), extra=extra, count=count)
    assert write_pairs(scenes, tmp_path) == count
    train, validation = open_pairs(tmp_path, extra=extra, split=0.5)
    for source in (train, validation):
        for index in range(len(source)):
            back = source.read(index)
            scene = scenes.read(int(back.name))
            assert np.abs(back.image.astype(int) - scene.image).mean() < 5  # JPEG
            assert np.abs(back.bokeh.astype(int) - scene.bokeh).mean() < 5
            if extra:
                np.testing.assert_array_equal(back.extra, scene.extra)
            else:
                assert back.extra is None


def test_names_sort_as_the_examples_do(tmp_path):
    write_pairs(Counting(), tmp_path)
    names = sorted(path.name for path in (tmp_path / "bokeh").iterdir())
    assert names == ["000000.jpg", "000001.jpg", "000002.jpg", "000003.jpg"]


def test_what_is_there_is_left_alone_and_what_is_missing_is_written(tmp_path):
    source = Counting(extra="focus")
    assert write_pairs(source, tmp_path) == 4
    (tmp_path / "focus" / "000002.png").unlink()
    (tmp_path / "original" / "000001.jpg").write_bytes(b"kept as it is")
    source.reads = 0
    assert write_pairs(source, tmp_path) == 1
    assert source.reads == 1
    assert (tmp_path / "focus" / "000002.png").is_file()
    assert (tmp_path / "original" / "000001.jpg").read_bytes() == b"kept as it is"


def test_pictures_of_another_source_are_not_mixed_in(tmp_path):
    write_pairs(SceneSource((32, 32), seed=1, count=2), tmp_path)
    with pytest.raises(UserError, match=r"holds .*seed 1.*give another folder for .*seed 2"):
        write_pairs(SceneSource((32, 32), seed=2, count=2), tmp_path)
