"""The user's choice of pictures: scenes without a folder, pairs with one."""

import json

import numpy as np
import pytest

from pynet_bokeh.data.pairs import PairSource
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.settings import DataSettings
from pynet_bokeh.data.source import Subset
from pynet_bokeh.errors import UserError
from pynet_bokeh.images import write_image


def test_without_a_folder_there_are_built_in_scenes():
    train, validation = DataSettings(seed=3).open(extra="focus", scene_size=(32, 48), scene_count=5)
    assert train == SceneSource((32, 48), extra="focus", seed=3, split="train")
    assert validation == SceneSource((32, 48), extra="focus", seed=3, split="validation", count=5)


def test_with_a_folder_there_are_its_pairs(tmp_path):
    for number in range(10):
        for side in ("original", "bokeh"):
            write_image(tmp_path / side / f"{number}.png", np.full((4, 6, 3), number, np.uint8))
    settings = DataSettings(folders=(str(tmp_path),), split=0.3, subset=4, seed=1)
    train, validation = settings.open(extra=None, scene_size=(32, 32), scene_count=5)
    assert isinstance(train, Subset)
    assert isinstance(validation, PairSource)
    assert (len(train), len(validation)) == (4, 3)
    names = {source.read(index).name for source in (train, validation) for index in range(len(source))}
    assert len(names) == 7


def write_folder(folder, count, *, shade):
    for number in range(count):
        for side in ("original", "bokeh"):
            write_image(folder / side / f"{number}.png", np.full((4, 6, 3), shade, np.uint8))


def test_several_folders_are_one_source_evenly_mixed(tmp_path):
    write_folder(tmp_path / "many", 18, shade=10)
    write_folder(tmp_path / "few", 6, shade=200)
    settings = DataSettings(folders=(tmp_path / "many", tmp_path / "few"), split=1 / 3)
    train, validation = settings.open(extra=None, scene_size=(32, 32), scene_count=5)
    shades = [int(train.read(index).image[0, 0, 0]) for index in range(len(train))]
    assert (shades.count(10), shades.count(200)) == (12, 4)
    assert all(shades[start : start + 4].count(200) == 1 for start in range(0, 16, 4))
    assert len(validation) == 8
    assert "many" in train.describe() and "few" in train.describe()
    assert len({train.read(index).image.tobytes() + bytes(index) for index in range(len(train))}) == 16


def test_a_folder_twice_is_refused(tmp_path):
    with pytest.raises(UserError, match="named twice"):
        DataSettings(folders=(tmp_path, tmp_path / "x" / ".."))


def test_settings_survive_json(tmp_path):
    settings = DataSettings(folders=(tmp_path,), subset=3)
    assert DataSettings(**json.loads(json.dumps(settings.as_dict()))) == settings
