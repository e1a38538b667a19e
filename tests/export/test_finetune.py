"""Which weights of a fine-tuning are kept."""

import json

import numpy as np
import pytest
import tf_keras

from export.finetune import _Best, best_step
from pynet_bokeh.errors import UserError
from pynet_bokeh.models.network import OUTPUT


@pytest.fixture
def model():
    image = tf_keras.Input((4, 4, 3), batch_size=1, name="image")
    start = tf_keras.initializers.Constant(np.eye(3)[None, None])
    return tf_keras.Model({"image": image}, {OUTPUT: tf_keras.layers.Conv2D(3, 1, kernel_initializer=start)(image)})


class Journal:
    def __init__(self):
        self.records = []

    def write(self, step, **values):
        self.records.append((step, values))


def test_the_best_weights_are_kept(model, tmp_path):
    picture = np.full((4, 4, 3), 0.5, np.float32)
    best, journal = _Best(model, model, [({"image": picture}, picture)], tmp_path), Journal()
    bias = model.layers[-1].bias
    bias.assign([0.1] * 3)
    best.keep(0, best.score())
    for step, off in enumerate((0.01, 0.2, 0.01, 0.05), start=1):
        bias.assign([off] * 3)
        best(journal, step)
    kept = json.loads((tmp_path / best.FILE).read_text())
    assert (kept["step"], kept["validation_psnr"]) == (1, pytest.approx(40, abs=0.01))
    assert best_step(tmp_path) == 1
    with np.load(tmp_path / best.WEIGHTS) as file:
        np.testing.assert_allclose(file[next(name for name in file if "bias" in name)], 0.01)
    assert [values["validation_psnr"] for _, values in journal.records] == pytest.approx(
        [40, 13.98, 40, 26.02], abs=0.01
    )


def test_a_picture_that_is_not_finite_is_named(model, tmp_path):
    picture = np.full((4, 4, 3), 0.5, np.float32)
    best = _Best(model, model, [({"image": picture}, picture)], tmp_path)
    model.layers[-1].bias.assign([np.inf] * 3)
    with pytest.raises(UserError, match="the rounded network's picture is not finite"):
        best.score()
