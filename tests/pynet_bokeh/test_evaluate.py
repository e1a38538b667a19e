import json

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from pynet_bokeh import evaluate, images
from pynet_bokeh.data.source import Example
from pynet_bokeh.errors import UserError


class FakeSource:
    def __init__(self, examples, extra=None):
        self.examples, self.extra = examples, extra

    def __len__(self):
        return len(self.examples)

    def read(self, index):
        return self.examples[index]

    def describe(self):
        return f"{len(self)} fake pairs"


@pytest.fixture
def source(textured):
    """Targets half as bright as the photos; the third is the photo itself."""
    photos = [textured(40 + 8 * n, 56, seed=n) for n in range(3)]
    targets = [photos[0] // 2, photos[1] // 2, photos[2]]
    focus = np.full((40, 56), 200, np.uint8)
    return FakeSource(
        [Example(f"scene {n}", *pair, focus) for n, pair in enumerate(zip(photos, targets, strict=True))], "focus"
    )


def darker(image, extra):
    return np.floor(image * 255 / 2 + 1e-3) / 255


def test_figures(fake_predictor, source):
    result = evaluate.evaluate(fake_predictor(darker), source)
    assert result["model"] == "fake" and result["data"] == "3 fake pairs" and result["extra_given"] is False
    assert [one["name"] for one in result["pictures"]] == ["scene 0", "scene 1", "scene 2"]
    first, _, last = result["pictures"]
    assert first["psnr"] == 100 and first["ssim"] == pytest.approx(1)  # equal: capped
    expected = peak_signal_noise_ratio(source.read(0).bokeh, source.read(0).image)
    assert first["input_psnr"] == pytest.approx(expected, abs=1e-3)
    assert first["gain"] == pytest.approx(100 - expected, abs=1e-3)
    assert last["input_psnr"] == 100 and last["gain"] < 0
    for name in ("psnr", "ssim", "input_psnr", "input_ssim", "gain"):
        assert result["mean"][name] == pytest.approx(np.mean([one[name] for one in result["pictures"]]))
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_limit(fake_predictor, source):
    assert len(evaluate.evaluate(fake_predictor(), source, limit=2)["pictures"]) == 2
    assert len(evaluate.evaluate(fake_predictor(), source, limit=9)["pictures"]) == 3


@pytest.mark.parametrize(
    ("takes", "use_extra", "given"),
    [("focus", True, 200), ("focus", False, 128), ("depth", True, 128), (None, True, None)],
)
def test_extra(fake_predictor, source, takes, use_extra, given):
    predictor = fake_predictor(extra=takes)
    result = evaluate.evaluate(predictor, source, limit=1, use_extra=use_extra)
    assert result["extra_given"] is (given == 200)
    if given is None:
        assert predictor.given is None
    else:
        np.testing.assert_allclose(predictor.given, given / 255, atol=1e-6)


def test_pictures(fake_predictor, source, tmp_path):
    source.examples[1] = Example("train/odd: name", source.read(1).image, source.read(1).bokeh)
    evaluate.evaluate(fake_predictor(darker), source, pictures=tmp_path / "strips")
    names = sorted(path.name for path in (tmp_path / "strips").iterdir())
    assert names == ["0000_scene_0.jpg", "0001_train_odd_name.jpg", "0002_scene_2.jpg"]
    strip = images.read_image(tmp_path / "strips" / names[0]).astype(int)
    assert strip.shape == (40, 3 * 56 + 2 * 4, 3)
    assert np.abs(strip[:, :56] - source.read(0).image).mean() < 5
    assert np.abs(strip[:, 60:116] - source.read(0).bokeh).mean() < 5
    assert np.abs(strip[:, 120:] - source.read(0).bokeh).mean() < 5


def test_nothing_to_score_and_pictures_that_do_not_fit(fake_predictor, textured):
    with pytest.raises(UserError, match="at least one picture"):
        evaluate.evaluate(fake_predictor(), FakeSource([]))
    with pytest.raises(UserError, match="odd: photo 30x20, target 31x20"):
        evaluate.evaluate(fake_predictor(), FakeSource([Example("odd", textured(20, 30), textured(20, 31))]))
    with pytest.raises(UserError, match="tiny: SSIM wants at least 11x11"):
        evaluate.evaluate(fake_predictor(), FakeSource([Example("tiny", textured(10, 30), textured(10, 30))]))


def test_table(fake_predictor, source):
    text = evaluate.table(evaluate.evaluate(fake_predictor(darker), source))
    lines = text.splitlines()
    assert lines[0] == "model  fake" and lines[1] == "data   3 fake pairs, no map given"
    assert [line.split()[0] for line in lines[5:8]] == ["scene"] * 3
    assert set(lines[8]) == {"-"} and lines[9].startswith("mean")
    assert "+" in lines[5].split("100.00")[1]
    assert lines[-1] == "100 dB stands for equal pictures."
    assert not any(line != line.rstrip() for line in lines)
