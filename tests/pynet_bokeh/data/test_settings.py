"""The user's choice of pictures: scenes without a folder, pairs with one."""

import numpy as np

from pynet_bokeh.data.pairs import PairSource
from pynet_bokeh.data.scenes import SceneSource
from pynet_bokeh.data.settings import DataSettings
from pynet_bokeh.data.source import Subset
from pynet_bokeh.images import write_image


def test_without_a_folder_there_are_built_in_scenes():
    train, validation = DataSettings(seed=3).open(extra="focus", scene_size=(32, 48), scene_count=5)
    assert train == SceneSource((32, 48), extra="focus", seed=3, split="train")
    assert validation == SceneSource((32, 48), extra="focus", seed=3, split="validation", count=5)


def test_with_a_folder_there_are_its_pairs(tmp_path):
    for number in range(10):
        for side in ("original", "bokeh"):
            write_image(tmp_path / side / f"{number}.png", np.full((4, 6, 3), number, np.uint8))
    settings = DataSettings(folder=str(tmp_path), split=0.3, subset=4, seed=1)
    train, validation = settings.open(extra=None, scene_size=(32, 32), scene_count=5)
    assert isinstance(train, Subset)
    assert isinstance(validation, PairSource)
    assert (len(train), len(validation)) == (4, 3)
    names = {source.read(index).name for source in (train, validation) for index in range(len(source))}
    assert len(names) == 7
