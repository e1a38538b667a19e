"""What a training writes down while it goes: JSON lines and TensorBoard events with the same numbers."""

import json
from pathlib import Path

import tensorflow as tf

from pynet_bokeh.files import whole_file


class Journal:
    """Appends records to `metrics.jsonl` and to TensorBoard. A context manager.

    Lines of steps after `start_step`, left by a training that was killed after its last checkpoint, are dropped, so
    that every step stands once; TensorBoard shows such steps twice.
    """

    def __init__(self, folder: Path, *, start_step: int):
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "metrics.jsonl"
        kept = [record for record in read(folder) if record["step"] <= start_step]
        with whole_file(self._path) as temporary:
            temporary.write_text("".join(json.dumps(record) + "\n" for record in kept))
        self._file = self._path.open("a")
        self._events = tf.summary.create_file_writer(str(folder))

    def write(self, step: int, **values: float) -> None:
        """One record: a step and finite numbers by name."""
        self._file.write(json.dumps({"step": step, **values}, allow_nan=False) + "\n")
        self._file.flush()
        with self._events.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)

    def write_picture(self, step: int, name: str, picture) -> None:
        """A picture [H,W,3] in [0,1], for TensorBoard only."""
        with self._events.as_default():
            tf.summary.image(name, picture[None], step=step)

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
