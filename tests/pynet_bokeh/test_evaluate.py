import json

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from pynet_bokeh import baselines, evaluate, images, scores
from pynet_bokeh.contact_sheet import thumbnail
from pynet_bokeh.data.source import Example
from pynet_bokeh.errors import UserError
from pynet_bokeh.evaluation_table import table


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
    pairs = enumerate(zip(photos, targets, strict=True))
    return FakeSource(
        [Example(f"scene {n}", *pair, np.full(pair[0].shape[:2], 200, np.uint8)) for n, pair in pairs], "focus"
    )


def darker(image, extra):
    return np.floor(image * 255 / 2 + 1e-3) / 255


def test_figures(fake_predictor, source):
    result = evaluate.evaluate(fake_predictor(darker, size_multiple=32), source)
    assert result["model"] == "fake" and result["data"] == "3 fake pairs" and result["extra_given"] is False
    assert [one["name"] for one in result["pictures"]] == ["scene 0", "scene 1", "scene 2"]
    first, _, last = result["pictures"]
    assert first["output"]["psnr"] == 100 and first["output"]["ssim"] == pytest.approx(1)  # equal: capped
    expected = peak_signal_noise_ratio(source.read(0).bokeh, source.read(0).image)
    assert first["input"]["psnr"] == pytest.approx(expected, abs=1e-3)
    assert first["gain"] == pytest.approx(100 - expected, abs=1e-3)
    assert last["input"]["psnr"] == 100 and last["gain"] < 0
    assert result["mean"]["gain"] == pytest.approx(np.mean([one["gain"] for one in result["pictures"]]))
    for method in scores.METHODS:
        for name in scores.FIGURES[:3]:
            expected = np.mean([one[method][name] for one in result["pictures"]])
            assert result["mean"][method][name] == pytest.approx(expected)
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
    evaluate.evaluate(fake_predictor(darker, size_multiple=32), source, pictures=tmp_path / "strips")
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


@pytest.fixture
def bokeh_source(textured):
    """Three scenes photographed by a disc of one radius around a subject; the second one without a mask."""
    disc = baselines.Disc(baselines.RADII[40], linear=True)
    mask = np.zeros((160, 200), np.uint8)
    mask[40:120, 60:140] = 255
    examples = []
    for number in range(3):
        photo = textured(160, 200, seed=number)
        target = images.to_uint8(disc(images.to_float(photo), images.to_float(mask))[1])
        examples.append(Example(f"scene {number}", photo, target, None if number == 1 else mask))
    return FakeSource(examples, "focus")


def test_the_baselines_are_scored_alike(bokeh_source):
    result = evaluate.evaluate_renderings(lambda example: example.bokeh, bokeh_source, name="perfect")
    assert result["model"] == "perfect"
    assert result["discs"]["masked_disc"] == {"radius": baselines.RADII[40], "linear": True}
    first, bare, _ = result["pictures"]
    assert first["output"] == pytest.approx(
        {"psnr": 100, "ssim": 1, "subject_psnr": 100, "subject_sharpness": 1, "background_detail": 1}, abs=0.01
    )
    assert first["masked_disc"]["psnr"] > 55  # the target, but for the rounding to 8 bits
    assert first["masked_disc"]["background_detail"] == pytest.approx(1, abs=0.02)
    assert first["disc"]["subject_sharpness"] < 0.7 and first["input"]["background_detail"] > 1.5
    assert first["input"]["subject_sharpness"] == 1
    assert bare["masked_disc"] is None and bare["disc"]["subject_sharpness"] is None
    assert bare["disc"]["psnr"] > bare["input"]["psnr"]
    both = [result["pictures"][place]["masked_disc"]["psnr"] for place in (0, 2)]
    assert result["mean"]["masked_disc"]["psnr"] == pytest.approx(np.mean(both))
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_without_the_discs(bokeh_source):
    result = evaluate.evaluate_renderings(lambda example: example.image, bokeh_source, baselines=False)
    assert result["discs"] == {"disc": None, "masked_disc": None}
    assert result["mean"]["disc"] is None and result["mean"]["input"] == result["mean"]["output"]
    assert "disc" not in table(result) and "mask" not in table(result)


def test_every_method_has_its_exposure_matched(bokeh_source):
    darker = [Example(one.name, one.image, one.bokeh // 2, one.extra) for one in bokeh_source.examples]
    plain = evaluate.evaluate_renderings(lambda example: example.image, FakeSource(darker, "focus"))
    matched = evaluate.evaluate_renderings(lambda example: example.image, FakeSource(darker, "focus"), match_gain=True)
    assert matched["gain_matched"] is True and plain["gain_matched"] is False
    for method in scores.METHODS:
        assert matched["mean"][method]["psnr"] > plain["mean"][method]["psnr"] + 5
    assert matched["mean"]["output"]["subject_sharpness"] == 1
    halved = plain["mean"]["output"]["background_detail"] / matched["mean"]["output"]["background_detail"]
    assert halved == pytest.approx(2, rel=0.05)


def test_masks_beside_depth_maps(fake_predictor, bokeh_source):
    depth = [
        Example(one.name, one.image, one.bokeh, np.full_like(one.image[..., 0], 90)) for one in bokeh_source.examples
    ]
    predictor = fake_predictor(extra="depth")
    result = evaluate.evaluate(predictor, FakeSource(depth, "depth"), masks=bokeh_source)
    np.testing.assert_allclose(predictor.given, 90 / 255, atol=1e-6)
    assert result["pictures"][0]["output"]["subject_sharpness"] == pytest.approx(1)
    without = evaluate.evaluate(predictor, FakeSource(depth, "depth"))
    assert without["pictures"][0]["output"]["subject_sharpness"] is None


def test_table(fake_predictor, source):
    lines = table(evaluate.evaluate(fake_predictor(darker, size_multiple=32), source)).splitlines()
    assert lines[0] == "model  fake" and lines[1] == "data   3 fake pairs, no map given"
    assert lines[2].startswith("disc   radius") and lines[3].startswith("mask   radius")
    assert [line.split()[0] for line in lines[7:10]] == ["scene"] * 3
    assert set(lines[10]) == {"-"} and lines[11].startswith("mean")
    assert lines[6].split()[:7] == ["picture", "input", "disc", "mask", "out", "gain", "input"]
    assert "100.0 +87.7" in lines[7]
    assert "background detail" not in lines[5]  # the masks cover everything
    assert lines[-1] == "100 dB stands for equal pictures."
    assert not any(line != line.rstrip() for line in lines)


def test_the_table_fits_a_terminal_and_leaves_out_what_nobody_has(bokeh_source):
    result = evaluate.evaluate_renderings(lambda example: example.bokeh, bokeh_source)
    full = table(result)
    assert all(figure in full for figure in ("SSIM", "PSNR in subject", "subject sharpness", "background detail"))
    assert max(map(len, full.splitlines())) <= 135
    bare = full.splitlines()[8]
    assert bare.startswith("scene 1") and bare.count("–") == 13  # 4 figures of the mask's picture, 9 that need a mask
    bare = [Example(one.name, one.image, one.bokeh) for one in bokeh_source.examples]
    short = table(evaluate.evaluate_renderings(lambda example: example.bokeh, FakeSource(bare)))
    assert "SSIM" in short and "subject" not in short and "mask" not in short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.256, " 7.26"),
        (-12.345, "-12.3"),
        (99.996, "100.0"),
        (1234.56, " 1235"),
        (-1234.5, "-1234"),
        (123456.7, "1e+05"),
        (None, "    –"),
    ],
)
def test_no_number_in_the_table_is_cut_before_its_point(bokeh_source, value, text):
    result = evaluate.evaluate_renderings(lambda example: example.bokeh, bokeh_source, limit=1, baselines=False)
    result["mean"]["output"]["background_detail"] = value
    mean = next(line for line in table(result).splitlines() if line.startswith("mean"))
    assert mean.endswith(" " + text)


def test_the_contact_sheet_shows_the_pictures_in_order(bokeh_source, tmp_path):
    path = tmp_path / "new" / "sheet.png"
    evaluate.evaluate_renderings(lambda example: 255 - example.image, bokeh_source, sheet=path)
    sheet = images.read_image(path)

    def place(picture):
        """(left, top) of a picture on the sheet, and by how much it differs there."""
        difference = cv2.matchTemplate(sheet, thumbnail(picture), cv2.TM_SQDIFF_NORMED)
        return *np.unravel_index(difference.argmin(), difference.shape)[::-1], difference.min()

    tops = []
    for example in bokeh_source.examples:
        mask = None if example.extra is None else np.repeat(example.extra[..., np.newaxis], 3, axis=-1)
        shown = [one for one in (example.image, mask, 255 - example.image, example.bokeh) if one is not None]
        lefts, heights, differences = zip(*map(place, shown), strict=True)
        assert max(differences) < 1e-3  # the output's thumbnail is made of its floats
        if mask is not None:  # both masks are the same picture
            heights = heights[:1] + heights[2:]
        assert len(set(heights)) == 1 and list(lefts) == sorted(lefts)
        tops.append(heights[0])
    assert tops == sorted(set(tops))


def test_a_sheet_in_a_wrong_format_is_refused_before_the_work(bokeh_source, tmp_path):
    calls = []
    with pytest.raises(UserError, match=r"sheet\.gif: pictures are written as"):
        evaluate.evaluate_renderings(calls.append, bokeh_source, sheet=tmp_path / "sheet.gif")
    assert not calls
