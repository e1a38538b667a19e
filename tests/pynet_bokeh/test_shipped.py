"""Weights in the box: by name wherever a run can stand."""

import json
from pathlib import Path

import numpy as np
import pytest

from pynet_bokeh import images, shipped, weights
from pynet_bokeh.errors import UserError
from pynet_bokeh.metrics import psnr
from pynet_bokeh.models import registry
from pynet_bokeh.predictors import open_predictor
from pynet_bokeh.render import render_photo
from pynet_bokeh.training import recipe as recipes
from pynet_bokeh.training.level import starting_weights
from pynet_bokeh.training.run import open_or_create, open_run
from small_runs import lively


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A box with a tiny network's weights as size M."""
    folder = tmp_path / "weights"
    recipe = recipes.load("smoke")
    network = lively(registry.build(recipe.network, recipe.network_config))
    weights.save(network.variables(1), folder / "pynet_mobile_M.npz")
    (folder / "pynet_mobile_M.json").write_text(json.dumps(recipe.as_dict()))
    monkeypatch.setattr(shipped, "FOLDER", folder)
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_size_may_be_left_out(box):
    assert shipped.names() == ["pynet_mobile", "pynet_mobile_M"]
    assert shipped.find("pynet_mobile") == shipped.find("pynet_mobile_M")


def test_an_unknown_name_is_refused_with_those_that_are_known(box):
    with pytest.raises(UserError, match=r"pynet_mobile, pynet_mobile_M are in the box; received 'pynet_mobile_XL'"):
        shipped.find("pynet_mobile_XL")
    with pytest.raises(UserError, match=r"--model: .*pynet_mobile_M.*received 'nonsense'"):
        open_predictor("nonsense")


def test_a_predictor_by_name(box):
    predictor = open_predictor("pynet_mobile")
    assert (predictor.name, predictor.extra, predictor.takes_strength) == ("pynet_mobile_M", "focus", True)
    image = np.random.default_rng(0).random((64, 64, 3), np.float32)
    assert predictor(image, image[..., 0], 0.5).shape == (64, 64, 3)


def test_a_run_by_name_is_finished_and_can_be_started_from(box, tmp_path):
    folder = shipped.run_folder("pynet_mobile")
    assert folder == Path("runs/shipped/pynet_mobile_M")
    run = open_run(folder)
    assert run.is_finished(1) and run.data.folders == ()
    stamp = run.weights(1).stat().st_mtime_ns
    assert shipped.run_folder("pynet_mobile_M") == folder and run.weights(1).stat().st_mtime_ns == stamp

    new = open_or_create(tmp_path / "new", recipes.load("smoke"), {}, start_from=folder)
    network = registry.build(new.recipe.network, new.recipe.network_config)
    assert starting_weights(new, network, 1) == run.weights(1)


def test_newer_weights_in_the_box_replace_the_runs(box):
    run = open_run(shipped.run_folder("pynet_mobile"))
    network = lively(registry.build(run.recipe.network, run.recipe.network_config), seed=5)
    weights.save(network.variables(1), box / "pynet_mobile_M.npz")
    shipped.run_folder("pynet_mobile")
    assert run.weights(1).read_bytes() == (box / "pynet_mobile_M.npz").read_bytes()


def test_a_folder_goes_before_a_name(box, tmp_path):
    (tmp_path / "pynet_mobile").mkdir()
    assert shipped.run_folder("pynet_mobile") == Path("pynet_mobile")
    assert shipped.run_folder("elsewhere") == Path("elsewhere")


@pytest.mark.parametrize("name", shipped.names())
def test_what_is_in_the_box_fits_its_network(name):
    found = shipped.find(name)
    network = registry.build(found.network, found.network_config)
    assert weights.load(network.variables(1), found.weights) == []


@pytest.mark.parametrize("name", [name for name in shipped.names() if name != "pynet_mobile"])
def test_a_closed_lens_returns_the_photo_and_an_open_one_blurs_more_and_more_around_the_subject(name):
    folder = Path(shipped.__file__).parent / "photos"
    size = (384, 576)
    photo = images.to_float(images.resize(images.read_image(folder / "coffee.jpg"), size))
    focus = images.to_float(images.resize(images.read_map(folder / "focus" / "coffee.png"), size))
    predictor = open_predictor(name)
    views = [predictor(photo, focus, strength) for strength in (0.0, 0.15, 0.3, 0.6, 1.0)]
    distances = [psnr(view, photo) for view in views]
    assert distances[0] >= 45
    assert distances == sorted(distances, reverse=True)
    inside = focus > 0.99
    assert psnr(views[-1][inside][None], photo[inside][None]) > distances[-1] + 5


@pytest.mark.parametrize("name", [name for name in shipped.names() if name != "pynet_mobile"])
def test_a_renderings_borders_are_no_sharper_than_what_lies_inside(name):
    folder = Path(shipped.__file__).parent / "photos"
    size = (384, 576)  # multiples of 64: nothing is left over around the photo
    photo = images.resize(images.read_image(folder / "coffee.jpg"), size)
    focus = images.resize(images.read_map(folder / "focus" / "coffee.png"), size)
    rendered = render_photo(open_predictor(name), photo, extra=focus)
    for quarters in range(4):  # each border in turn is the left one
        before, after = (_detail_of_columns(np.rot90(one, quarters)) for one in (photo, rendered))
        border, inside = (after[near].sum() / before[near].sum() for near in (slice(0, 4), slice(8, 24)))
        assert border < 1.2 * inside + 0.005, quarters


def _detail_of_columns(picture: np.ndarray) -> np.ndarray:
    """The energy of each column's own detail, [W], whatever its neighbours are."""
    picture = picture.astype(np.float32)
    return np.square(picture[1:-1] - (picture[:-2] + picture[2:]) / 2).sum(axis=(0, 2))
