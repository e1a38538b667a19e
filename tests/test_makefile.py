"""What `make` would run, without running it."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make(*arguments):
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["train"], 'pynet_bokeh train --run "runs/pynet_mobile"'),
        (["train", "RECIPE=own/my.toml"], 'train --run "runs/my" --recipe "own/my.toml"'),
        (["train-level", "N=7", "RUN=runs/my run"], 'train --level 7 --run "runs/my run"'),
        (["train", "SET=level.7.steps=5 seed=3"], "--set 'level.7.steps=5' --set 'seed=3'"),
        (["train", "FROM=runs/a", "SUBSET=20", "SPLIT=0.2"], '--split 0.2 --subset 20 --start-from "runs/a"'),
        (["export-tflite", "QUANT=fp16", "SIZE=512"], 'export tflite "runs/pynet_mobile" --quant "fp16" --size "512"'),
        (["export-tflite", "FORCE=1"], "--force"),
        (["emulators"], "export fetch-emulators"),
        (["export-table"], '--quant all --size "1024x1024" --out "build/exports/pynet_mobile_1024x1024" --force'),
        (["export-table"], 'benchmark run "build/exports/pynet_mobile_1024x1024" --kernels xnnpack'),
        (["export-table", "MODEL=pynet_mobile_S", "SIZE=512"], '--out "build/exports/pynet_mobile_S_512/table.md"'),
        (["export-table", "MODEL=runs/first/", "SIZE=512"], '--out "build/exports/first_512/table.md"'),
        (["export-table", "MODEL=runs/my run"], 'export tflite "runs/my run" --quant all'),
        (["benchmark", "RUN=runs/my run"], 'benchmark run "runs/my run/export" --out "build/benchmark/results.json"'),
        (["benchmark", "MODELS=a.tflite b.tflite"], "benchmark run a.tflite b.tflite --out"),
        (["benchmark-training"], "benchmark training pynet_mobile pynet_paper"),
        (["benchmark-training"], "--crop 256 --batch 1"),
        (["benchmark-training", "RECIPE=own.toml", "CROP=", "BATCH=1,2"], 'training own.toml --out "build'),
        (["benchmark-training", "SET=seed=1", "DATA=my photos"], "--set 'seed=1'"),
        (["-W", "pynet_bokeh/weights/pynet_mobile_M.npz", "android-assets"], "--quant ptq_int8 --size 1024x1024 --out"),
        (["android-assets", "MODEL=my model.tflite"], '-m android_demo.apk assets "my model.tflite"'),
        (["android-assets", "MODEL=a_failed.tflite", "FORCE=1"], 'apk assets "a_failed.tflite" --force'),
        (["apk"], "-m android_demo.apk build"),
        (["demo"], "--out build/demo/report.html"),
        (["demo"], "benchmark run build/demo/models/pynet_mobile_S_fp32_512x512.tflite"),
        (["demo"], "--evaluation fp16=build/demo/evaluation/fp16.json"),
        (["weights", "PHOTOS=my photos", "MASKS=m"], '--photos "my photos" --masks "m" --cats-eye'),
        (["weights", "MASKS=m", "SCENES=2"], "data scenes --count 2 --size 512x768"),
        (["weights", "MASKS=m", "SET=level.7.steps=1"], "--set 'level.7.steps=1'"),
        (["benchmark-networks"], "double_vnet_untrained_qat_int8_1024x1024.tflite --kernels xnnpack"),
        (["benchmark-networks", "THREADS=1,4", "BUDGET=own.yaml"], "--kernels xnnpack --threads 1,4"),
        (["benchmark-networks", "SIZE=512"], "pynet_untrained_fp32_512x512.tflite"),
        (["benchmark-networks", "PHONE_RESULTS=a.json b.json"], "--phone a.json --phone b.json"),
    ],
)
def test_variables_become_options(arguments, command):
    planned = make("-n", *arguments)
    assert planned.returncode == 0
    assert command in " ".join(planned.stdout.split())


def test_variables_are_not_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("DATA", "/somewhere")
    assert "/somewhere" not in make("-n", "train").stdout


def test_what_make_evaluates_again_it_overwrites():
    """Each time, for the files are what the targets make."""
    recipes = [
        make("-n", "demo").stdout,
        make("-n", "-W", "pynet_bokeh/weights/pynet_mobile_M.npz", "benchmark-networks").stdout,
    ]
    commands = [one for text in recipes for one in text.replace("\\\n", "").replace("&&", "\n").splitlines()]
    evaluations = [one for one in commands if " evaluate " in one]
    assert len(evaluations) == 6 + 2
    assert all("--force" in one for one in evaluations)


@pytest.mark.parametrize("name", ["RUN", "OUT"])
def test_an_empty_folder_is_refused(name):
    """It would be the working directory, or results in the file system's root."""
    done = make("-n", "benchmark", f"{name}=")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"{name} is empty; {name}=folder names one" in done.stderr


def test_a_level_must_be_named():
    done = make("-o", ".venv/.ready", "train-level")
    assert done.returncode == 2
    assert "error: N is missing" in done.stderr


def test_help_lists_every_target():
    targets = {line.split()[0] for line in make("help").stdout.splitlines()}
    assert targets >= {
        "train",
        "train-level",
        "export-tflite",
        "export-table",
        "benchmark",
        "benchmark-training",
        "benchmark-networks",
        "demo",
        "test",
        "android-test",
        "setup",
    }
