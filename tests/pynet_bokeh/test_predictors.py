"""Which pictures a model is evaluated on."""

import json

import pytest

from pynet_bokeh.data.settings import DataSettings
from pynet_bokeh.errors import UserError
from pynet_bokeh.predictors import pictures_of


@pytest.mark.parametrize("sidecar", [None, {}, {"origin": None}, {"origin": {}}, {"origin": {"seed": 3}}])
def test_a_tflite_of_no_run_has_the_built_in_scenes(tmp_path, sidecar):
    """Without a sidecar, and with that of random weights."""
    if sidecar is not None:
        (tmp_path / "m.json").write_text(json.dumps(sidecar))
    assert pictures_of(str(tmp_path / "m.tflite"), {"seed": 2}) == DataSettings(seed=2)


def test_the_runs_own_pictures_are_found_from_the_sidecar(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"origin": {"data": {"folders": ["../pairs"], "seed": 4}}}))
    found = pictures_of(str(tmp_path / "m.tflite"), {"split": 0.5})
    assert found == DataSettings(folders=(str(tmp_path.parent / "pairs"),), split=0.5, seed=4)


@pytest.mark.parametrize(
    "content",
    [[], {"origin": "a run"}, {"origin": {"data": {"folder": "a"}}}, {"origin": {"data": {"seed": "one"}}}],
)
def test_what_says_something_else_is_named(tmp_path, content):
    (tmp_path / "m.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"m\.json: "):
        pictures_of(str(tmp_path / "m.tflite"), {})
    (tmp_path / "recipe.json").write_text(json.dumps({"data": content} if content else content))
    with pytest.raises(UserError, match=r"recipe\.json: does not say by which pictures the model was made"):
        pictures_of(str(tmp_path), {})
