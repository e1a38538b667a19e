"""What a training leaves behind to be read."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from pynet_bokeh.images import header_size
from pynet_bokeh.training.journal import Journal, summary


def test_few_pictures_stay_the_first_and_the_newest(tmp_path):
    with Journal(tmp_path, start_step=0) as journal:
        for step in (5, *range(999_900, 1_000_500, 30)):  # more digits must not come before fewer
            journal.write_picture(step, "sheet", np.full((4, 6, 3), 0.5, np.float32))
    steps = sorted(int(path.stem.removeprefix("step_")) for path in (tmp_path / "samples").iterdir())
    assert steps == [5, *range(1_000_230, 1_000_500, 30)]


@pytest.mark.parametrize("size", [(3000, 40), (30, 20)])
def test_pictures_are_whole_in_files_and_small_in_events(tmp_path, size):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with Journal(tmp_path, start_step=0) as journal:
        journal.write_picture(7, "sheet", np.full((*size, 3), 0.5, np.float32))
    assert header_size(tmp_path / "samples" / "step_000007.png") == size
    (path,) = tmp_path.glob("events.out.tfevents.*")
    events = EventAccumulator(str(path)).Reload()
    (tag,) = events.Tags()["tensors"]
    width, height = (int(text) for text in events.Tensors(tag)[0].tensor_proto.string_val[:2])
    assert (height, width) == ((1000, 13) if size[0] > 1024 else size)


@pytest.mark.parametrize(
    ("records", "text"),
    [
        ([{"step": 50, "seconds": 61.0}], "50 steps in 1 min 01 s"),
        (
            [
                {"step": 2, "seconds": 30.0},
                {"step": 4, "seconds": 40.0},
                {"step": 4, "validation_psnr": 20.0, "input_psnr": 19.0},
                {"step": 6, "seconds": 3.0},
                {"step": 8, "seconds": 5.0},
                {"step": 8, "validation_psnr": 21.256, "input_psnr": 19.0},
            ],
            "8 steps in 45 s; validation 21.26 dB, input unchanged 19.00 dB",
        ),
        ([], "0 steps in 0 s"),
    ],
)
def test_one_line_on_a_level(tmp_path, records, text):
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    assert summary(tmp_path) == text


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_records_leave_nothing_in_memory(tmp_path):
    """TensorFlow's cache of Python numbers would take 7 MB."""

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    rng = np.random.default_rng(0)
    with Journal(tmp_path, start_step=0) as journal:
        for step in range(2500):
            if step == 500:
                before = resident()
            journal.write(step, **{f"value{number}": float(rng.random()) for number in range(10)})
        assert resident() - before < 3
