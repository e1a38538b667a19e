"""The demo app on a phone, from the command line through the real adb; the app itself is a stand-in."""

import hashlib
import json

import pytest

from benchmark import phone_app, results
from benchmark.__main__ import main

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("debian_phone")]


def lines(capsys):
    """The error lines, without those of progress."""
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]


@pytest.fixture
def app(phone, monkeypatch):
    """The demo app, as far as adb sees it: `am`, `pm` and `pidof`, and results in its format (bench.BenchmarkRun).

    `app(model, measurement)` installs it; `measurement` is a dict that is laid over the result.
    """
    files = phone.storage / "files"
    monkeypatch.setattr(phone_app, "FILES", str(files))

    def install(model, **changes):
        latency = {"initialisation_ms": 21.0, "first_ms": 60.0, "warmup_ms": [55.0], "samples_ms": [50.0, 52.0, 51.0]}
        one = {
            "setting": {"kernels": "gpu", "threads": 1},
            "description": "GPU",
            "latency": {**latency, "settled": None, "delegation": None},
            "summary": {"count": 3, "median_ms": 51.0},
            "memory": {"baseline_mb": 80.5, "peak_mb": 140.25, "peak_reset": True},
            "thermal": {"before": "none", "after": "none"},
        }
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        result = {"format": "pynet-bokeh device benchmark", "format_version": 1, "device": {}, "effort": {}}
        result |= {"model": {"name": model.stem, "sha256": digest}, "measurements": [one], "failures": []}
        (phone.inside_bin / "result.json").write_text(json.dumps({**result, "cancelled": False, **changes}))
        phone.install("pm", f"#!/bin/sh\necho package:/data/app/{phone_app.PACKAGE}/base.apk\n")
        phone.install("pidof", "#!/bin/sh\nexit 0\n")
        # am start -W -n ACTIVITY --es KEY VALUE …; writes what it was asked beside the result
        phone.install(
            "am",
            f'#!/bin/sh\n[ "$1" = start ] || exit 0\necho "$@" >>{phone.inside_bin}/asked\nmkdir -p {files}\n'
            f"for last; do :; done\ncp {phone.inside_bin}/result.json {files}/$last\necho Status: ok\n",
        )
        return phone.inside_bin / "asked"

    return install


def on_app(phone, *models, kernels="gpu,xnnpack"):
    command = ["run", *map(str, models), "--on", "phone", "--adb", phone.adb, "--app", "--kernels", kernels]
    command += ["--threads", "2"] if kernels != "gpu" else []
    return [*command, "--rounds", "2", "--precision", "0", "--pause", "0", "--runs", "7"]


def test_the_demo_app_measures_its_own_model(phone, app, real_models, tmp_path, capsys):
    phone.plug_in()
    asked = app(real_models / "whole.tflite")
    out = tmp_path / "results.json"
    models = [real_models / f"{name}.tflite" for name in ("whole", "split")]
    assert main([*on_app(phone, *models), "--out", str(out)]) == 2
    errors = lines(capsys)
    assert [("split.tflite" in error, "holds another model (whole)" in error) for error in errors] == [(True, True)] * 2
    measured = results.read(out)
    assert [(one.model, str(one.setting)) for one in measured.measurements] == [
        ("whole", "GPU"),
        ("whole", "XNNPACK kernels, 2 threads"),
    ]
    for one in measured.measurements:
        assert [latency.samples_ms for latency in one.rounds] == [[50.0, 52.0, 51.0]] * 2
        assert one.rounds[0].before.battery_percent == 83
        assert (one.memory.baseline_mb, one.memory.peak_mb) == (80.5, 140.25)
    started = asked.read_text().splitlines()
    assert "--es backends gpu --es threads 1 --es warmup 10 --es runs 7 --es file from_host_" in started[0]
    assert len({line.split()[-1] for line in started}) == len(started)  # a name of its own: never an older result
    assert phone.run("ls", str(phone.storage / "files")).stdout == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"error": "threads: a whole number is wanted"}, "threads: a whole number is wanted"),
        ({"failures": [{"reason": "GPU can't be used: no OpenCL"}]}, "GPU can't be used: no OpenCL (GPU, phone"),
        ({"format_version": 2}, "has a format that is not known here"),
    ],
)
def test_what_the_app_refuses_is_one_line(phone, app, real_models, capsys, changes, message):
    phone.plug_in()
    app(real_models / "whole.tflite", **changes)
    assert main(on_app(phone, real_models / "whole.tflite", kernels="gpu")) == 2
    (error,) = lines(capsys)
    assert message in error


def test_an_app_that_isn_t_there_or_dies(phone, app, real_models, capsys):
    phone.plug_in()
    phone.install("pm", "#!/bin/sh\nexit 1\n")
    assert main(on_app(phone, real_models / "whole.tflite")) == 2
    (error,) = lines(capsys)
    assert f"the demo app ({phone_app.PACKAGE}) is not installed" in error
    app(real_models / "whole.tflite")
    phone.install("am", f"#!/bin/sh\n[ $1 = start ] && touch {phone.inside_bin}/alive\nexit 0\n")
    phone.install("pidof", f"#!/bin/sh\nrm {phone.inside_bin}/alive\n")  # there once, then gone
    assert main(on_app(phone, real_models / "whole.tflite", kernels="gpu")) == 2
    (error,) = lines(capsys)
    assert "the demo app ended without a result (GPU, phone" in error
