"""The page that puts networks side by side, and its plots."""

import dataclasses
import json
import statistics
from html.parser import HTMLParser

import pytest

from benchmark import inspection, results
from benchmark.__main__ import main
from benchmark.executor import FakeExecutor
from benchmark.machine import describe
from benchmark.page_inputs import Evaluation
from benchmark.page_networks import quality_points
from benchmark.probe import Probe, ThreadPeak, write
from benchmark.probe_models import matmul_model
from benchmark.samples import PhoneState, Reported, Setting
from benchmark.schedule import measure
from benchmark.speed_plots import QualityPoint, pareto_front, short_names


def test_what_no_other_beats_in_both():
    measured = [("slow", 90, 31), ("fast", 10, 28), ("beaten", 50, 27), ("middle", 40, 30), ("equal", 40, 30)]
    points = [QualityPoint(name, "net", ms, psnr) for name, ms, psnr in measured]
    front = pareto_front(points)
    assert [point.name for point in front] == ["fast", "middle", "slow"]
    for point in points:
        beaten = any(other.ms < point.ms and other.psnr > point.psnr for other in points)
        assert not (point in front and beaten)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a_untrained_fp32_64x64", "b_qat_64x64"], ["a_fp32", "b_qat"]),
        (["a_untrained_64x64", "a_64x64"], ["a_untrained", "a"]),
        (["a_64x64", "a_128x128"], ["a_64x64", "a_128x128"]),
        (["a"], ["a"]),
    ],
)
def test_names_are_short_and_stay_apart(names, short):
    assert list(short_names(names).values()) == short


def test_an_evaluation_belongs_to_its_model_or_to_the_only_one_of_its_quantization(fake_results):
    own = Evaluation("a", 30.0, 0.9, 25.0, 0.8, 4)
    points, unchanged = quality_points(fake_results, fake_results.measurements[:3], [own])
    assert ([(point.name, point.psnr) for point in points], unchanged) == ([("a", 30.0)], 25.0)
    assert quality_points(fake_results, fake_results.measurements, []) == ([], None)


class Text(HTMLParser):
    """Collects what a reader sees, and complains about tags that aren't closed in order."""

    def __init__(self, page):
        super().__init__()
        self.words, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "wbr", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if tag != "wbr":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def models(tmp_path):
    """Two models with sidecars: own_fp32_64x64, trained, and net_untrained_qat_int8_64x64."""
    models = tmp_path / "models"
    models.mkdir()
    for name, channels, extra in (("own_fp32", 16, {}), ("net_untrained_qat_int8", 32, {"untrained": True})):
        path = models / f"{name}_64x64.tflite"
        path.write_bytes(matmul_model(side=64, channels=channels, int8="int8" in name))
        sidecar = {"network": name.partition("_")[0], "quantization": name.rpartition("_")[2], **extra}
        path.with_suffix(".json").write_text(json.dumps(sidecar))
    return sorted(models.glob("*.tflite"))


def test_the_whole_page(models, tmp_path, capsys):
    measured = measure(
        FakeExecutor({path.stem: 40.0 * (1 + number) for number, path in enumerate(models)}),
        models,
        [Setting("xnnpack", 1), Setting("xnnpack", 4)],
    )
    results.write(tmp_path / "results.json", measured)
    write(tmp_path / "peaks.json", Probe(describe(), 10**9, [ThreadPeak(1, 1e9, 1e9, 1e9)]))
    (tmp_path / "budget.yaml").write_text("name: tiny <budget>\nfile_mb: 0.0005\nchips: [Snapdragon 8 Elite]")
    evaluation = {"mean": {"output": {"psnr": 30.0, "ssim": 0.9}, "input": {"psnr": 24.0, "ssim": 0.8}}}
    (tmp_path / "evaluation.json").write_text(json.dumps(evaluation))
    command = ["networks", tmp_path / "results.json", "--peaks", tmp_path / "peaks.json"]
    command += ["--budget", tmp_path / "budget.yaml", "--out", tmp_path / "page.html", "--title", "Nets & <more>"]
    command += ["--evaluation", f"own_fp32_64x64={tmp_path / 'evaluation.json'}"]
    assert main([str(word) for word in command]) == 0
    page = (tmp_path / "page.html").read_text()
    parsed = Text(page)
    assert parsed.open == []
    text = "".join(parsed.words)
    for expected in (
        "Nets & <more>",
        "tiny <budget>",
        "2.00 times as long",
        "random weights",
        "doesn't fit",
        "lower bounds, not predictions",
        "no phone was measured",
        "Not evaluated: net_untrained_qat_int8_64x64.",
        "Snapdragon 8 Elite CPU",
        "1.05",  # ms, the bound of 64*64*32*32 multiply-accumulates with four threads at 10^9 a second each
    ):
        assert expected in text, expected
    assert page.count("<svg") == 4
    assert main([str(word) for word in command]) == 2  # it exists


@pytest.mark.parametrize("other", [False, True])
def test_a_model_whose_file_is_gone_or_another_one_is_named(models, tmp_path, capsys, other):
    """What only the file could have told is not made up."""
    measured = measure(FakeExecutor({path.stem: 40.0 for path in models}), models, [Setting("xnnpack", 1)])
    results.write(tmp_path / "results.json", measured)
    (tmp_path / "budget.yaml").write_text("name: tiny\nfile_mb: 0.0005")
    lost, kept = models
    lost.write_bytes(kept.read_bytes()) if other else lost.unlink()
    reason = "is another file than was measured" if other else "is gone"
    options = [tmp_path / "results.json", "--budget", tmp_path / "budget.yaml"]
    text = shown(tmp_path, *options)
    line = f"{lost} {reason}: its GMAC, bounds, verdict and origin are not on the page"
    assert line in text and capsys.readouterr().err == f"warning: {line}\n"
    assert "random" not in text  # lost's sidecar said untrained, but of a file that is not there
    assert "own_fp32doesn't fit" in text and "net_untrained_qat_int8doesn't fit" not in text
    kept.unlink()
    text = shown(tmp_path, *options)
    assert text.count("Not shown: the models' files are gone (run).") == 2  # bounds and verdict
    assert "no budget was given" not in text


def test_an_evaluation_of_a_model_that_was_not_measured_is_named(fake_results, tmp_path, capsys):
    results.write(tmp_path / "results.json", fake_results)
    command = ["networks", tmp_path / "results.json", "--evaluation", "z=e.json", "--out", tmp_path / "page.html"]
    assert main([str(word) for word in command]) == 2
    assert "--evaluation z: no such model was measured; there are a, b, c" in capsys.readouterr().err


class FakePhone(FakeExecutor):
    """A phone that has a state, as real ones tell."""

    name = "benchmark_model on phone X1"

    def __init__(self, milliseconds, serial):
        super().__init__(milliseconds)
        self.serial = serial

    def machine(self):
        facts = {"cpu": "QTI SM8650", "python": "", "device": "Maker Phone", "serial": self.serial}
        return dataclasses.replace(describe(), **facts)

    def latency(self, model, setting, effort):
        state = PhoneState(80, 30.0, False, 0, 40.0)
        return dataclasses.replace(super().latency(model, setting, effort), before=state, after=state)


def shown(tmp_path, *options) -> str:
    command = ["networks", *options, "--out", tmp_path / "page.html", "--force"]
    assert main([str(word) for word in command]) == 0
    return "".join(Text((tmp_path / "page.html").read_text()).words)


def test_phones_that_were_measured_are_shown_and_judged(models, tmp_path, capsys, monkeypatch):
    looked = []
    monkeypatch.setattr(inspection, "inspect", lambda path, look=inspection.inspect: looked.append(path) or look(path))
    here, budget = tmp_path / "results.json", tmp_path / "budget.yaml"
    names = [path.stem for path in models]
    results.write(here, measure(FakeExecutor(dict.fromkeys(names, 40.0)), models, [Setting("xnnpack", 4)]))
    phones = [tmp_path / "fast.json", tmp_path / "slow.json"]
    for path, ms in zip(phones, (20.0, 3000.0), strict=True):
        results.write(path, measure(FakePhone(dict.fromkeys(names, ms), path.stem), models, [Setting("xnnpack", 4)]))
    budget.write_text("latency_ms: 200\nkernels: xnnpack\nthreads: 4")
    text = shown(tmp_path, here, "--budget", budget)
    assert "no phone was measured" in text and "QTI SM8650" not in text
    text = shown(tmp_path, here, "--budget", budget, "--phone", phones[0])
    assert "no phone was measured" not in text
    assert "Maker Phone, QTI SM8650 (fast)" in text
    assert "ms of 200" in text and "doesn't fit" not in text
    looked.clear()
    text = shown(tmp_path, here, "--budget", budget, "--phone", phones[0], "--phone", phones[1])
    assert len(looked) == len(set(looked)) > 1  # each file once, however often it is judged
    assert "own_fp32 on Maker Phone, QTI SM8650 (slow)doesn't fit" in text
    assert "own_fp32 on Maker Phone, QTI SM8650 (fast)fits" in text
    assert "(slow)" in shown(tmp_path, phones[1])  # a phone's results alone
    assert main(["networks", str(here), "--phone", str(here), "--out", str(tmp_path / "page.html"), "--force"]) == 2
    assert "--phone: results of run --on phone are wanted" in capsys.readouterr().err


class FakeTool(FakePhone):
    """As benchmark_model, which keeps its samples to itself."""

    def latency(self, model, setting, effort):
        latency = super().latency(model, setting, effort)
        times = latency.samples_ms
        told = Reported(len(times), statistics.fmean(times), statistics.pstdev(times), min(times), max(times))
        return dataclasses.replace(latency, samples_ms=[], settled=None, reported=told)


def test_a_tool_that_keeps_its_samples_to_itself_has_its_pages_too(models, tmp_path):
    path = tmp_path / "phone.json"
    names = [path.stem for path in models]
    settings = [Setting("xnnpack", 1), Setting("xnnpack", 4)]
    results.write(path, measure(FakeTool(dict.fromkeys(names, 20.0), "X1"), models, settings))
    assert "Not shown: the tool on the phone tells no single runs" in shown(tmp_path, path)
    page = tmp_path / "report.html"
    assert main(["report", "--benchmark", str(path), "--out", str(page)]) == 0
    text = "".join(Text(page.read_text()).words)
    assert "the tool on the phone tells no single runs" in text
    machine = results.read(path).machine
    assert f"Maker Phone, QTI SM8650, {machine.cores} cores, {machine.os}, " in text and "Python" not in text
