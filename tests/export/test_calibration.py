"""The pictures that scales come from, and what is kept of them."""

import numpy as np
import pytest

from export import calibration
from export.calibration import calibrated
from export.recipes import Calibration
from pynet_bokeh.data.source import Example
from pynet_bokeh.models import registry
from pynet_bokeh.models.network import STRENGTH
from pynet_bokeh.training.run import open_run
from small_runs import finished_run

SIZE = (64, 64)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    settings = "network_config={channels = [4, 4, 4, 4, 4, 4], blocks = 1}"
    return open_run(finished_run(tmp_path_factory.mktemp("calibration") / "run", settings, spread=0.03).folder)


@pytest.fixture(scope="module")
def network(run):
    return registry.build(run.recipe.network, run.recipe.network_config, picture_size=SIZE, batch=1)


@pytest.mark.parametrize(("there", "wide_open"), [(4, 2), (4, 4), (3, 5)])
def test_some_pictures_once_more_with_the_lens_wide_open(run, network, monkeypatch, there, wide_open):
    """Evenly spread, each once at most, also where there are fewer than are wanted."""
    monkeypatch.setattr(calibration.training, "open_data", lambda *_: (range(there), None))
    examples = [({"image": np.full((64, 64, 3), n / 10), STRENGTH: np.zeros((1, 1, 1))}, None) for n in range(there)]
    monkeypatch.setattr(calibration.pipeline, "validation_examples", lambda _, *, count, **options: examples[:count])
    shown = list(calibration.pictures(run, network, 1, SIZE, Calibration(5, wide_open)))
    own, wide = shown[:there], shown[there:]
    assert [round(10 * float(inputs["image"].max())) for inputs in own] == list(range(there))
    assert {float(inputs[STRENGTH].item()) for inputs in own} == {0.0}
    assert {float(inputs[STRENGTH].item()) for inputs in wide} == {1.0}
    again = [round(10 * float(inputs["image"].max())) for inputs in wide]
    assert again == {2: [0, 2], 4: [0, 1, 2, 3], 5: [0, 1, 2]}[wide_open]


def test_sixteen_bits_are_not_equalized_and_what_was_found_is_kept(run, network, monkeypatch):
    wanted = Calibration(2)
    first = {kind: calibrated(run, network, 1, SIZE, wanted, kind) for kind in ("int8", "int16")}
    assert first["int16"].scales == {} and first["int8"].scales
    monkeypatch.setattr(calibration, "observe", lambda *_: pytest.fail("looked again"))
    assert {kind: calibrated(run, network, 1, SIZE, wanted, kind) for kind in first} == first
    with pytest.raises(pytest.fail.Exception, match="looked again"):
        calibrated(run, network, 1, SIZE, Calibration(3), "int8")


def shown(name, size, *, mapped=True):
    return calibration.Shown(name, *size, mapped=mapped)


@pytest.mark.parametrize(
    ("read", "extra", "told"),
    [
        ([shown("a", (64, 128)), shown("b", (90, 128))], "focus", []),
        ([shown("a", (64, 128))], "focus", ["1 training pictures instead of 2: the run has no more"]),
        (
            [shown("a", (64, 128)), shown("b", (80, 96))],
            "focus",
            ["1 of 2 pictures are smaller than 128x64 and were enlarged (b is 96x80)"],
        ),
        (
            [shown("a", (64, 128)), shown("b", (64, 128), mapped=False)],
            "depth",
            ["1 of 2 pictures have no depth map; it counts as unknown there"],
        ),
        ([shown("a", (64, 128), mapped=False)] * 2, None, []),
    ],
)
def test_pictures_that_are_less_than_was_wanted_are_told(read, extra, told):
    lines = list(calibration.shortcomings(read, (64, 128), extra, 2))
    assert [line.partition(":")[0] for line in lines] == [line.partition(":")[0] for line in told]


def test_a_runs_small_pictures_without_maps_are_told(run, network, monkeypatch, capsys):
    picture = np.zeros((48, 40, 3), np.uint8)
    pair = Example("small", picture, picture)

    class Pairs:
        extra = "focus"

        def __len__(self):
            return 3

        def read(self, index):
            return pair

    monkeypatch.setattr(calibration.training, "open_data", lambda *_: (Pairs(), None))
    assert len(list(calibration.pictures(run, network, 1, SIZE, Calibration(3)))) == 3
    first, second = capsys.readouterr().err.splitlines()
    assert "calibration: 3 of 3 pictures are smaller than 64x64 and were enlarged (small is 40x48)" in first
    assert second == "calibration: 3 of 3 pictures have no focus map; it counts as unknown there"
