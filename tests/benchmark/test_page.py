"""The report page from small synthetic files."""

import dataclasses
import json
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest

from benchmark import headline, page, page_inputs, page_pictures, results
from benchmark.__main__ import main
from benchmark.page_inputs import PageInputs
from pynet_bokeh import images
from pynet_bokeh.errors import UserError

VOID = {"meta", "img", "br", "link", "hr", "input", "wbr"}


class Checker(HTMLParser):
    """Collects what a page links to and its ids, and notices tags that are not closed in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.links, self.ids, self.text, self.mistakes = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "img" and not attributes.get("alt"):
            self.mistakes.append("img without alt")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"</{tag}> out of order")

    def handle_data(self, data):
        self.text.append(data)


def check(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.mistakes == []
    assert checker.open == []
    assert len(set(checker.ids)) == len(checker.ids)
    return checker


def picture(seed: int, size=(48, 64)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def write_evaluation(path, psnr, input_psnr=24.0):
    path.write_text(json.dumps(evaluation_content(psnr, input_psnr)))
    return path


def evaluation_content(psnr, input_psnr=24.0):
    means = {"output": {"psnr": psnr, "ssim": 0.9}, "input": {"psnr": input_psnr, "ssim": 0.85}}
    return {"mean": means, "pictures": [{}] * 16}


@pytest.fixture
def files(tmp_path, fake_results):
    """A demo's folder with everything that a page can show."""
    run = tmp_path / "run"
    for level in (7, 6):
        (run / f"level{level}").mkdir(parents=True)
        lines = [
            {"step": 10, "loss": 0.1, "learning_rate": 1e-3, "seconds": 30.0},
            {"step": 10, "validation_psnr": 25.0, "validation_ssim": 0.8, "input_psnr": 24.0},
            {"step": 20, "loss": 0.1, "learning_rate": 1e-3, "seconds": 5.0},  # resumed: the clock starts again
            {"step": 20, "validation_psnr": 26.0, "validation_ssim": 0.8, "input_psnr": 24.0},
        ]
        (run / f"level{level}" / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    schedule = {"steps": 20, "batch": 2, "learning_rate": 1e-3, "schedule": "cosine", "losses": {"l1": 1.0}}
    recipe = {"name": "demo <&>", "network": "pynet_mobile", "level": {"7": schedule, "6": schedule}}
    (run / "recipe.json").write_text(json.dumps({"recipe": recipe, "data": {"folders": []}}))
    for number, name in enumerate(("cat & dog", "cup")):
        images.write_image(tmp_path / "originals" / f"{name}.png", picture(number))
        images.write_image(tmp_path / "rendered" / f"{name}.jpg", picture(number + 10))
    images.write_image(tmp_path / "scenes" / "scene_0.png", picture(20, (32, 96)))
    sidecar = {
        "network": "pynet_mobile",
        "quantization": "qat_int8",
        "sha256": "ab" * 32,
        "verification": {"kernels": {"xnnpack": {"psnr": 44.25}}},
        "versions": {"tensorflow": "2.21.0"},
    }
    (tmp_path / "b.json").write_text(json.dumps(sidecar))
    named = [dataclasses.replace(fake_results.models[1], quantization="qat_int8")]
    models = [fake_results.models[0], *named, fake_results.models[2]]
    results.write(tmp_path / "results.json", dataclasses.replace(fake_results, models=models))
    write_evaluation(tmp_path / "fp32.json", 27.5)
    write_evaluation(tmp_path / "int8.json", 27.4)
    return tmp_path


def gather(files) -> PageInputs:
    return page_inputs.gather(
        run=files / "run",
        evaluations={"fp32": files / "fp32.json", "qat_int8": files / "int8.json"},
        models=[files / "a.tflite", files / "b.tflite"],
        benchmark=files / "results.json",
        pictures=files / "rendered",
        originals=files / "originals",
        scenes=files / "scenes",
        commands=["make demo && echo <done>"],
    )


def test_the_whole_page(files):
    page.write(files / "report.html", gather(files), title="Bokeh & <more>")
    text = (files / "report.html").read_text()
    checker = check(text)
    for link in checker.links:
        if not link.startswith(("data:image/jpeg;base64,", "#")):
            assert (files / unquote(link)).is_file(), link
    assert any(link.endswith("cup.jpg") for link in checker.links)
    shown = " ".join(checker.text)
    for expected in (
        "comes 3.40 dB closer to the target than the unchanged input (27.40 against 24.00 dB)",
        "0.10 dB below the float model",
        "cat & dog",
        "Bokeh & <more>",
        "make demo && echo <done>",
        "demo <&>",
        "44.2",
        "tensorflow 2.21.0",
        "2 levels, coarsest first, 40 steps in 1 min 10 s",
        "XNNPACK",
    ):
        assert expected in shown, expected
    assert "Not shown" not in shown
    assert text.count("<svg") == 6
    assert len(text) < 8_000_000
    assert "<more>" not in text


def test_an_empty_page_says_what_is_missing():
    checker = check(page.build(PageInputs(), title="Empty", folder=page_inputs.Path()))
    shown = "".join(checker.text)
    for option in ("--pictures", "--scenes", "--evaluation", "--benchmark", "--run", "--models", "--command"):
        assert option in shown


def test_a_model_that_does_not_beat_its_input_is_called_that(tmp_path):
    worse = page_inputs.read_evaluation("qat_int8", write_evaluation(tmp_path / "e.json", 23.5))
    assert "does not beat the unchanged input: it is 0.50 dB farther off" in headline.sentence(
        PageInputs(evaluations=[worse])
    )


def test_evaluations_of_different_scenes_are_called_that(tmp_path):
    first = page_inputs.read_evaluation("fp32", write_evaluation(tmp_path / "a.json", 27.0))
    second = page_inputs.read_evaluation("qat_int8", write_evaluation(tmp_path / "b.json", 27.0, input_psnr=23.0))
    text = page.build(PageInputs(evaluations=[first, second]), title="t", folder=tmp_path)
    assert "The evaluations saw different scenes" in text


def test_the_int8_model_s_fastest_xnnpack_setting_makes_the_headline(files):
    fastest = headline.fastest_int8(gather(files).benchmark)
    assert (fastest.model, fastest.setting.kernels, fastest.setting.threads) == ("b", "xnnpack", 4)


def test_one_model_in_one_setting_can_be_drawn(files):
    inputs = gather(files)
    one = dataclasses.replace(
        inputs.benchmark, models=inputs.benchmark.models[1:2], measurements=inputs.benchmark.measurements[1:2]
    )
    check(page.build(dataclasses.replace(inputs, benchmark=one), title="t", folder=files))


def test_pictures_are_shrunk_until_they_fit(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        images.write_image(path, picture(number, (700, 500)))
    free, tight = page_pictures.embed(paths), page_pictures.embed(paths, limit=400_000)
    assert {(one.width, one.height) for one in free.values()} == {(500, 700)}
    assert sum(len(one.uri) for one in tight.values()) <= 400_000
    assert all(abs(one.width / one.height - 5 / 7) < 0.01 for one in tight.values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--run", "nowhere"], "nowhere: not a training run (recipe.json is missing)"),
        (["--evaluation", "fp32=nowhere.json"], "nowhere.json: no such file"),
        (["--evaluation", "fp32=run/recipe.json"], "recipe.json: not what evaluate writes"),
        (["--evaluation", "fp32.json"], "--evaluation: NAME=FILE is wanted; received 'fp32.json'"),
        (["--models", "nowhere"], "nowhere: no such file or folder"),
        (["--models", "fp32.json"], "fp32.json: a .tflite file is wanted"),
        (["--benchmark", "fp32.json"], "fp32.json: not a file of benchmark results"),
        (["--pictures", "rendered"], "--pictures: needs --originals DIR"),
        (["--originals", "scenes"], "--originals: needs --pictures DIR"),
        (["--pictures", "rendered", "--originals", "scenes"], "none of its pictures has an original"),
        (["--scenes", "nowhere"], "nowhere: not a folder"),
        (["--out", "fp32.json"], "fp32.json: exists already"),
    ],
)
def test_wrong_inputs_are_one_clear_line(files, monkeypatch, capsys, options, message):
    monkeypatch.chdir(files)
    try:
        code = main(["report", "--out", "report.html", *options])
    except SystemExit as exit:
        code = exit.code
    error = capsys.readouterr().err
    assert code == 2
    assert message in error
    assert error.count("\n") == 1
    assert not (files / "report.html").exists()


def test_a_corrupt_picture_is_named_and_no_page_is_left(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    (files / "scenes" / "scene_0.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    assert main(["report", "--scenes", "scenes", "--out", "report.html"]) == 2
    assert "scene_0.png" in capsys.readouterr().err
    assert not (files / "report.html").exists()


def test_a_journal_cut_short_counts_up_to_there_but_nonsense_in_it_is_named(files):
    path = files / "run" / "level6" / "metrics.jsonl"
    whole = path.read_text()
    path.write_text(whole + '{"step": 30, "validation_ps')
    assert page_inputs.read_run(files / "run").curves[1].steps == [10, 20]
    path.write_text("nonsense\n" + whole)
    with pytest.raises(UserError, match=r"metrics\.jsonl: line 1 is not JSON"):
        page_inputs.read_run(files / "run")


@pytest.mark.parametrize("option", [["--run", "run"], ["--benchmark", "results.json"]])
def test_without_matplotlib_a_page_with_plots_is_one_line(files, monkeypatch, capsys, option):
    monkeypatch.chdir(files)
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it is not installed
    assert main(["report", *option, "--out", "report.html"]) == 2
    assert capsys.readouterr().err == (
        "error: matplotlib is not installed; pip install '.[report]' brings what this needs\n"
    )
    assert not (files / "report.html").exists()
    assert main(["report", "--out", "report.html"]) == 0
