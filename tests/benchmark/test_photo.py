"""A whole photo's cost: the chain is render's own, and its stages add up."""

import pytest

from benchmark import photo, photo_table
from benchmark.executor import FakeExecutor
from benchmark.host import HostExecutor
from benchmark.report import markdown, terminal
from benchmark.samples import STAGES, Setting
from benchmark.schedule import measure
from pynet_bokeh import images
from pynet_bokeh.errors import UserError

CPU = Setting("xnnpack", 1)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "photo.jpg"
    photo.write_made_up(path, size=(96, 128))
    return path


def test_a_made_up_photo_repeats_and_has_the_detail_of_one(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        photo.write_made_up(tmp_path / name, size=(600, 800))
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    pixels = images.read_image(tmp_path / "a.jpg")
    assert pixels.shape == (600, 800, 3)
    assert 1.5 < 8 * (tmp_path / "a.jpg").stat().st_size / (600 * 800) < 6  # bits a pixel
    assert 10 < pixels.std() < 60
    assert pixels.min() > 0 and pixels.max() < 255


def test_every_stage_is_timed_in_a_process_of_its_own(tiny_models, small):
    cost = HostExecutor().photo(tiny_models / "focus.tflite", CPU, small)
    assert (cost.width, cost.height, cost.bytes) == (128, 96, small.stat().st_size)
    assert tuple(cost.stages_ms) == STAGES
    assert all(len(times) == photo.REPEATS and min(times) > 0 for times in cost.stages_ms.values())
    totals = [sum(times) for times in zip(*cost.stages_ms.values(), strict=True)]
    assert min(totals) <= cost.total_ms <= max(totals)
    assert cost.peak_mb > 30


def test_a_model_that_is_no_bokeh_network_is_named(tiny_models, small):
    with pytest.raises(UserError, match=r"wrong\.tflite: not a bokeh network"):
        HostExecutor().photo(tiny_models / "wrong.tflite", CPU, small)


def test_photos_come_last_on_the_cpu_only_and_stand_in_the_report(stand_ins, small):
    executor = FakeExecutor({"a": 10.0, "b": 20.0})
    results = measure(executor, stand_ins[:2], [CPU, Setting("gpu", 1)], rounds=1, photo=small)
    assert [call for call in executor.calls if call[0] == "photo"] == executor.calls[-2:]
    assert [one.photo is not None for one in results.measurements] == [True, True, False, False]
    assert photo_table.rows(results)[1] == ("b", "XNNPACK", "1", "100", "20", "20", "200", "150", "490", "300")
    for text in (markdown(results), terminal(results)):
        assert "A whole photo, 4000×3000 (12.0 megapixels, a file of 5.0 MB)" in text
        assert "decode ms" in text
    without = measure(executor, stand_ins[:2], [CPU], rounds=1)
    assert "whole photo" not in terminal(without)
