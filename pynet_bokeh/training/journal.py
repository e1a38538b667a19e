"""What a training writes down while it goes: JSON lines, sample pictures, TensorBoard events with both."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from pynet_bokeh import cli, images
from pynet_bokeh.files import whole_file

MOST_PICTURES = 10
TENSORBOARD_SIDE = 1024


class Journal:
    """Appends records to `metrics.jsonl` and to TensorBoard, and keeps a few pictures in `samples/`. A context manager.

    Lines of steps after `start_step`, left by a training that was killed after its last checkpoint, are dropped, so
    that every step stands once; TensorBoard shows such steps twice.

    TensorFlow is given numpy's numbers only: of each different Python number it makes a tensor that it keeps for ever,
    so that a training grows by 3.6 kB a record.
    """

    def __init__(self, folder: Path, *, start_step: int):
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "metrics.jsonl"
        self._pictures = folder / "samples"
        kept = [record for record in read(folder) if record["step"] <= start_step]
        with whole_file(self._path) as temporary:
            temporary.write_text("".join(json.dumps(record) + "\n" for record in kept))
        self._file = self._path.open("a")
        self._events = tf.summary.create_file_writer(str(folder))

    def write(self, step: int, **values: float) -> None:
        """One record: a step and finite numbers by name."""
        self._file.write(json.dumps({"step": step, **values}, allow_nan=False) + "\n")
        self._file.flush()
        with self._events.as_default(np.int64(step)):
            for name, value in values.items():
                tf.summary.scalar(name, np.float32(value))

    def write_picture(self, step: int, name: str, picture) -> None:
        """A picture [H,W,3] in [0,1]: `samples/step_N.png`, and for TensorBoard not above 1024 pixels a side.

        The first and the nine newest stay in `samples/`: of a long training's full-sized crops all would be gigabytes.
        """
        images.write_image(self._pictures / f"step_{step:06d}.png", images.to_uint8(picture))
        _, *later = sorted(self._pictures.glob("step_*.png"), key=lambda path: int(path.stem.partition("_")[2]))
        for path in later[: -(MOST_PICTURES - 1)]:
            path.unlink()
        shrink = max(1, math.ceil(max(picture.shape[:2]) / TENSORBOARD_SIDE))
        small = images.resize(picture, tuple(max(1, side // shrink) for side in picture.shape[:2]))
        with self._events.as_default(np.int64(step)):
            tf.summary.image(name, small[None])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._events.close()


def read(folder: Path) -> list[dict]:
    """The records of a level's folder, oldest first; a last line cut short by a crash is left out."""
    path = folder / "metrics.jsonl"
    if not path.is_file():
        return []
    records = []
    for line in path.read_text().splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def summary(folder: Path) -> str:
    """One line on what a level's training took and came to: steps, time, the last validation."""
    records = read(folder)
    clock = [record["seconds"] for record in records if "seconds" in record]
    ends = [now for now, later in itertools.pairwise(clock) if later < now]  # a resumed training begins at 0
    steps = max((record["step"] for record in records), default=0)
    text = f"{steps} steps in {cli.duration(sum(ends) + sum(clock[-1:]))}"
    validated = next((record for record in reversed(records) if "validation_psnr" in record), None)
    if validated:
        text += f"; validation {validated['validation_psnr']:.2f} dB, input unchanged {validated['input_psnr']:.2f} dB"
    return text
