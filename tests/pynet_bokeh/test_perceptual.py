"""Skipped without the extra `lpips`; run these where `pip install '.[lpips]'` was."""

import sys

import numpy as np
import pytest

from pynet_bokeh import images, scores
from pynet_bokeh.errors import UserError
from pynet_bokeh.evaluation_table import table
from pynet_bokeh.perceptual import LEAST_SIDE, Lpips


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(UserError, match=r"--lpips-weights: lpips is not installed; pip install '\.\[lpips\]'"):
        Lpips("alexnet.pth")


@pytest.fixture(scope="module")
def torch():
    pytest.importorskip("lpips", reason="LPIPS IS NOT TESTED: pip install '.[lpips]'")
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def alexnet(torch):
    """torchvision's network with random weights."""
    from torchvision.models import alexnet

    torch.manual_seed(0)
    return alexnet(weights=None).eval()


@pytest.fixture(scope="module")
def weights(torch, alexnet, tmp_path_factory):
    path = tmp_path_factory.mktemp("alexnet") / "alexnet.pth"
    torch.save(alexnet.state_dict(), path)
    return path


@pytest.fixture
def pair(textured):
    a, b = (images.to_float(textured(70, 90, seed=seed)) for seed in (0, 1))
    return a, 0.5 * a + 0.5 * b


def test_against_the_paper_computed_with_torchvisions_network(torch, alexnet, weights, pair):
    """Equation 1: differences of normalized features behind every ReLU, weighted by channel, averaged over places."""
    from importlib import resources

    heads = torch.load(
        resources.files("lpips") / "weights" / "v0.1" / "alex.pth", map_location="cpu", weights_only=True
    )
    features = []
    for one in pair:
        standard = (2 * one - 1 - [-0.030, -0.088, -0.188]) / [0.458, 0.448, 0.450]
        x, found = torch.from_numpy(standard.transpose(2, 0, 1)[None].astype(np.float32)), []
        with torch.no_grad():
            for layer in alexnet.features:
                x = layer(x).clone()
                if isinstance(layer, torch.nn.ReLU):
                    found.append((x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)).numpy())
        features.append(found)
    expected = sum(
        float((np.square(a - b) * heads[f"lin{level}.model.1.weight"].numpy()).sum(axis=1).mean())
        for level, (a, b) in enumerate(zip(*features, strict=True))
    )
    measure = Lpips(weights)
    assert measure(*pair) == pytest.approx(expected, rel=1e-4)
    assert measure(pair[0], pair[0]) == 0


def test_files_that_are_not_the_weights(torch, weights, tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.pth: no such file"):
        Lpips(tmp_path / "nowhere.pth")
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(UserError, match=r"text\.pth: not AlexNet's weights"):
        Lpips(tmp_path / "text.pth")
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"other\.pth: not AlexNet's weights"):
        Lpips(tmp_path / "other.pth")


def test_small_pictures(weights):
    measure, picture = Lpips(weights), np.zeros((LEAST_SIDE, LEAST_SIDE, 3), np.float32)
    assert measure(picture, picture + 0.5) >= 0
    with pytest.raises(UserError, match="at least 32x32 pixels; received 32x31"):
        measure(picture[1:], picture[1:])


def test_it_is_a_figure_of_every_method(textured):
    photo = images.to_float(textured(40, 40))
    plain = scores.score(photo, photo, 0.5 * photo)
    with_it = scores.score(photo, photo, 0.5 * photo, lpips=lambda a, b: float(np.abs(a - b).mean()))
    assert with_it == {**plain, "lpips": pytest.approx(photo.mean() / 2)}
    matched = scores.score(photo, photo, 0.5 * photo, match_gain=True, lpips=lambda a, b: float(np.abs(a - b).mean()))
    assert matched["lpips"] < 1e-3
    row = {"name": "one", "gain": 0.0, **dict.fromkeys(scores.METHODS, with_it)}
    result = {"model": "m", "data": "d", "discs": {}, "gain_matched": False, "pictures": [row], "mean": row}
    assert "LPIPS" in table(result)
