"""The commands as a user meets them: exit codes, one-line errors, files."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pynet_bokeh.__main__ import main
from pynet_bokeh.data.pairs import open_pairs
from pynet_bokeh.images import header_size, write_image

ROOT = Path(__file__).parents[2]
COFFEE = ROOT / "pynet_bokeh" / "photos" / "coffee.jpg"
RENDER = ["render", "a.jpg", "-o", "b.jpg", "--model", "m.tflite"]
TINY = ["--set", "data.crop=[64, 64]", "--set", "data.scene_size=[64, 64]", "--set", "data.validation_crop=[64, 64]"]


def train(run, *arguments):
    return main(["train", "--run", str(run), "--recipe", "smoke", *TINY, *arguments])


def fails(capsys, command, *words):
    """Runs `command`, wants exit code 2 and one line on standard error that holds all `words`."""
    capsys.readouterr()
    try:
        code = command()
    except SystemExit as exit_:
        code = exit_.code
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("level")]
    assert code == 2
    assert len([line for line in lines if line.startswith("error: ")]) == 1, lines
    assert not any("Traceback" in line for line in lines)
    message = next(line for line in lines if line.startswith("error: "))
    for word in words:
        assert word in message


def write_pairs(folder, count=6, size=64):
    rng = np.random.default_rng(0)
    for name in ("original", "bokeh"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (size, size, 3), np.uint8)).save(folder / name / f"{number}.jpg")
    return folder


def test_level_5_without_level_6(tmp_path, capsys):
    fails(capsys, lambda: train(tmp_path / "run", "--level", "5"), "level6/weights.npz is missing", "N=6")
    assert not (tmp_path / "run").exists()


def test_an_empty_data_folder(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    fails(capsys, lambda: train(tmp_path / "run", "--data", str(tmp_path / "data")), str(tmp_path / "data"))
    (tmp_path / "data" / "original").mkdir()
    (tmp_path / "data" / "bokeh").mkdir()
    fails(capsys, lambda: train(tmp_path / "run", "--data", str(tmp_path / "data")), str(tmp_path / "data"))
    assert not (tmp_path / "run").exists()


def test_unpaired_files(tmp_path, capsys):
    data = write_pairs(tmp_path / "data")
    (data / "bokeh" / "3.jpg").unlink()
    fails(capsys, lambda: train(tmp_path / "run", "--data", str(data)), "3.jpg")
    assert not (tmp_path / "run").exists()


def test_a_corrupt_jpeg_among_the_data(tmp_path, capsys):
    data = write_pairs(tmp_path / "data")
    training, _ = open_pairs(data)
    path = training.pairs[2].photo  # read in the pipeline's threads; validation pictures are read before
    path.write_bytes(path.read_bytes()[:400])
    fails(capsys, lambda: train(tmp_path / "run", "--data", str(data)), str(path), "broken picture")
    assert not (tmp_path / "run" / "level7" / "weights.npz").exists()


def test_data_check_names_every_broken_pair(tmp_path, capsys):
    data = write_pairs(tmp_path / "data")
    assert main(["data", "check", str(data)]) == 0
    (data / "bokeh" / "2.jpg").write_bytes(b"no picture")
    assert main(["data", "check", str(data)]) == 2
    assert "bokeh/2.jpg: not a picture" in capsys.readouterr().out


def test_a_wrong_recipe_key(tmp_path, capsys):
    fails(capsys, lambda: train(tmp_path / "run", "--set", "level.7.stepz=3"), "unknown key 'stepz'", "steps, batch")
    recipe = tmp_path / "own.toml"
    recipe.write_text('network = "pynet_mobile"\ncrops = 3\n')
    wrong = ["train", "--run", str(tmp_path / "run"), "--recipe", str(recipe)]
    fails(capsys, lambda: main(wrong), "recipe own: unknown key 'crops'")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["crop", "validation_crop"])
def test_a_crop_that_the_network_does_not_take(name, tmp_path, capsys):
    message = f"recipe smoke: data.{name}: pynet_mobile takes multiples of 64; received 96x64"
    fails(capsys, lambda: train(tmp_path / "run", "--set", f"data.{name}=[64, 96]"), message)
    assert not (tmp_path / "run").exists()


def test_a_scaled_crop_that_the_network_does_not_take(tmp_path, capsys):
    message = "recipe smoke: data.crop_scales 1.25: pynet_mobile takes multiples of 64; received 160x160"
    fails(
        capsys,
        lambda: train(tmp_path / "run", "--set", "data.crop_scales=[1, 1.25]", "--set", "data.crop=[128, 128]"),
        message,
    )
    assert not (tmp_path / "run").exists()


def test_a_tflite_that_is_none(tmp_path, capsys):
    (tmp_path / "model.tflite").write_bytes(b"a text file, really")
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.jpg")
    arguments = ["render", str(tmp_path / "photo.jpg"), "-o", str(tmp_path / "out.jpg")]
    fails(capsys, lambda: main([*arguments, "--model", str(tmp_path / "model.tflite")]), "model.tflite: not a .tflite")
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], ["--run"]),
        (["train", "--run", "x", "--level", "8"], ["--level", "8"]),
        (["train", "--run", "x", "--rec", "smoke"], ["--rec"]),
        (["render", "a.jpg", "-o", "b.jpg", "--model", "m.tflite", "--strength", "2"], ["--strength", "0 to 1", "'2'"]),
        ([*RENDER, "--focus-rect", "1,2,3"], ["--focus-rect", "X,Y,WIDTH,HEIGHT", "'1,2,3'"]),
        ([*RENDER, "--focus-rect", "1,2,0,9"], ["--focus-rect", "'1,2,0,9'"]),
        ([*RENDER, "--quality", "0"], ["--quality: a whole number from 1 to 100 is wanted; received '0'"]),
        (["render", "", *RENDER[2:]], ["an empty argument"]),
        ([*RENDER[:-1], ""], ["--model: an empty argument"]),
        ([*RENDER, "--focus-rect", "1,2,3,9", "--focus", "m.png"], ["--focus", "--focus-rect"]),
        (["models", "--size", "12 by 9"], ["--size", "WIDTHxHEIGHT", "'12 by 9'"]),
        (["train", "--run", "x", "--subset", "0"], ["--subset", "above 0"]),
        (["render", str(COFFEE), *RENDER[2:-1], "nothing"], ["--model", "a run's folder", "'nothing'"]),
        ([*RENDER[:-1], "nothing"], ["a.jpg: no such file"]),  # before a model is opened
        (["evaluate", "--model", "m.tflite", "--subset", "3"], ["--subset"]),  # of what is trained on
        (["evaluate", "--model", "m.tflite", "--weights", "w.npz"], ["--weights", "m.tflite has its own"]),
        (["evaluate", "--model", "pynet_mobile", "--threads", "2"], ["--threads", "for a .tflite", "pynet_mobile"]),
        (["train", "--run", "x", "--split", "0.2"], ["--split", "give --data DIR"]),
        (["train", "--run", "x", "--vgg-weights", "v.h5"], ["--vgg-weights", "pynet_mobile has none"]),
        (
            [*("data", "synthesize", "--photos", "p", "--depth", "d", "--out", "o"), "--montage", "1"],
            ["--montage", "--masks"],
        ),
    ],
)
def test_wrong_arguments_are_one_line(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fails(capsys, lambda: main(arguments), *words)
    assert not list(tmp_path.iterdir())


def test_a_run_trains_renders_and_is_evaluated(tmp_path, capsys):
    run = tmp_path / "run"
    assert train(run, "--set", "defaults.steps=2") == 0
    assert all((run / f"level{level}" / "weights.npz").is_file() for level in range(1, 8))
    Image.effect_noise((90, 70), 60).convert("RGB").save(tmp_path / "photo.png")
    out = tmp_path / "out.png"
    assert main(["render", str(tmp_path / "photo.png"), "-o", str(out), "--model", str(run)]) == 0
    assert header_size(out) == (70, 90)
    result = tmp_path / "result.json"
    assert main(["evaluate", "--model", str(run), "--size", "64", "--limit", "2", "--json", str(result)]) == 0
    assert len(json.loads(result.read_text())["pictures"]) == 2

    weights = str(run / "level1" / "weights.npz")
    by_name = ["render", str(tmp_path / "photo.png"), "-o", str(tmp_path / "other.png"), "--model", "pynet_mobile"]
    fails(capsys, lambda: main([*by_name, "--weights", weights]), "weights.npz", "should be")


def test_scenes_are_written_as_pairs_that_training_reads(tmp_path):
    data = tmp_path / "scenes"
    assert main(["data", "scenes", "--out", str(data), "--count", "3", "--test-count", "2", "--size", "64"]) == 0
    assert sorted(path.name for path in (data / "train").iterdir()) == [
        *("bokeh", "focus", "lens.json", "original", "source.json")
    ]
    assert main(["data", "check", str(data), "--extra", "focus"]) == 0


def write_masked_photos(folder, count=6):
    """Photos of noise, each with a mask and a depth map."""
    ramp = np.tile(np.linspace(0, 255, 80).astype(np.uint8), (64, 1))
    mask = np.where(np.hypot(*(np.mgrid[0:64, 0:80] - [[[40]], [[40]]])) < 20, 255, 0).astype(np.uint8)
    for number in range(count):
        write_image(folder / "photos" / f"{number}.jpg", np.asarray(Image.effect_noise((80, 64), 50).convert("RGB")))
        write_image(folder / "masks" / f"{number}.png", mask)
        write_image(folder / "depth" / f"{number}.png", ramp)
    return folder


def synthesize(folder, maps, *options):
    arguments = ["data", "synthesize", "--photos", str(folder / "photos"), f"--{maps}", str(folder / maps)]
    return main([*arguments, "--out", str(folder / "out"), "--short-side", "64", "--radius", "2,9", *options])


@pytest.mark.parametrize("maps", ["masks", "depth"])
def test_pairs_are_synthesized_from_photos_and_resumed(tmp_path, maps):
    write_masked_photos(tmp_path)
    options = ["--variants", "2", "--workers", "1", "--test-share", "0.3", "--noise", "--exposure", "--cats-eye"]
    assert synthesize(tmp_path, maps, *options) == 0
    out = tmp_path / "out"
    assert main(["data", "check", str(out), "--extra", "focus"]) == 0
    train, test = open_pairs(out, extra="focus")
    assert (len(train), len(test)) == (8, 4)
    assert all(train.read(index).radius is not None for index in range(8))
    if maps == "depth":
        assert len(list((out / "train" / "original_depth").iterdir())) == 8
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*g")}
    lost = next((out / "train" / "bokeh").iterdir())
    lost.unlink()
    assert synthesize(tmp_path, maps, *options) == 0
    assert lost.is_file()
    again = {path for path, changed in before.items() if path.stat().st_mtime_ns != changed}
    assert {path.stem for path in again} == {lost.stem}


def test_what_can_not_be_synthesized_is_one_line(tmp_path, capsys):
    write_masked_photos(tmp_path)
    fails(capsys, lambda: synthesize(tmp_path, "masks", "--radius", "9,2"), "--radius", "A,B", "'9,2'")
    fails(capsys, lambda: synthesize(tmp_path, "masks", "--radius", "2,40"), "radius", "a quarter of the short side")
    fails(capsys, lambda: synthesize(tmp_path, "masks", "--depth", str(tmp_path / "depth")), "--depth", "--masks")
    fails(capsys, lambda: synthesize(tmp_path, "masks", "--test-share", "1"), "test share", "below 1")
    fails(capsys, lambda: main(["data", "synthesize", "--photos", "a", "--out", "b"]), "--masks", "--depth")
    (tmp_path / "masks" / "3.png").unlink()
    fails(capsys, lambda: synthesize(tmp_path, "masks"), "3.jpg", "no mask of this name")
    assert not (tmp_path / "out").exists()
    write_image(tmp_path / "masks" / "3.png", np.zeros((30, 40), np.uint8))
    fails(capsys, lambda: synthesize(tmp_path, "masks", "--workers", "2"), "3.png", "40x30", "80x64")


def test_a_stopped_training_writes_a_checkpoint_and_goes_on(tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "pynet_bokeh", "train", "--run", str(run), "--recipe", "smoke", "--level", "7"]
    command += [*TINY, "--set", "level.7.steps=100000", "--set", "level.7.log_every=1"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ})
    journal = run / "level7" / "metrics.jsonl"
    while not (journal.exists() and journal.read_text().count("\n") > 3):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; the same command goes on from the last checkpoint" in error
    assert "Traceback" not in error
    step = json.loads(journal.read_text().splitlines()[-1])["step"]
    assert list((run / "level7" / "checkpoints").glob(f"ckpt-{step}.index"))
    assert train(run, "--level", "7", "--set", f"level.7.steps={step + 2}") == 0
    steps = [json.loads(line)["step"] for line in journal.read_text().splitlines()]
    assert step + 2 in steps


def test_models_lists_parameters_and_macs(capsys):
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "47,524,992   438.84" in out
    assert "pynet_mobile" in out


def test_rendering_with_a_tflite_never_imports_tensorflow(tmp_path, tiny_models):
    Image.new("RGB", (300, 200), (90, 80, 70)).save(tmp_path / "photo.jpg")
    code = f"""
import sys
from pynet_bokeh.__main__ import main
code = main(["render", {str(tmp_path / "photo.jpg")!r}, "-o", {str(tmp_path / "out.jpg")!r},
             "--model", {str(tiny_models / "int8.tflite")!r}])
sys.exit(code or any(name.startswith(("tensorflow", "tf_keras", "keras")) for name in sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    assert header_size(tmp_path / "out.jpg") == (200, 300)


def test_a_run_is_evaluated_on_what_it_held_out(tmp_path):
    data = write_pairs(tmp_path / "data", count=12)
    run = tmp_path / "run"
    options = ["--data", str(data), "--split", "0.25", "--seed", "7", "--set", "defaults.steps=2"]
    assert train(run, *options, "--set", "data.validation_count=3") == 0
    result = tmp_path / "result.json"
    assert main(["evaluate", "--model", str(run), "--json", str(result)]) == 0
    _, held_out = open_pairs(data, extra="focus", split=0.25, seed=7)
    assert [one["name"] for one in json.loads(result.read_text())["pictures"]] == [pair.name for pair in held_out.pairs]
    assert main(["evaluate", "--model", str(run), "--min-gain", "90"]) == 1


def test_a_run_keeps_its_recipe_and_its_pictures(tmp_path, capsys):
    run, data = tmp_path / "run", write_pairs(tmp_path / "data")
    assert train(run, "--data", str(data), "--level", "7") == 0
    again = ["train", "--run", str(run), "--level", "6", "--set", "level.6.steps=2"]
    assert main(again) == 0
    recipe = json.loads((run / "recipe.json").read_text())
    assert (recipe["recipe"]["name"], recipe["recipe"]["level"]["6"]["steps"]) == ("smoke", 2)
    assert recipe["data"]["folders"] == [str(data)]
    fails(capsys, lambda: main([*again, "--seed", "3"]), "level 7 has begun", "seed 3")
    before = (run / "recipe.json").read_bytes()
    fails(capsys, lambda: main([*again[:3], "--level", "4", "--set", "level.4.steps=9"]), "level5/weights.npz")
    assert (run / "recipe.json").read_bytes() == before


def test_an_evaluation_overwrites_nothing_unasked(tmp_path, tiny_models, capsys):
    figures, sheet, folder = tmp_path / "e.json", tmp_path / "e.jpg", tmp_path / "pictures"
    outputs = {"--json": figures, "--contact-sheet": sheet, "--pictures": folder}
    command = ["evaluate", "--model", str(tiny_models / "focus.tflite"), "--limit", "1", "--size", "64", "--no-discs"]
    whole = [*command, *(str(word) for option in outputs.items() for word in option)]
    assert main(whole) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert len(before) == 3
    for option, path in outputs.items():
        what = "holds pictures of an earlier evaluation" if path == folder else "exists already"
        fails(capsys, lambda option=option, path=path: main([*command, option, str(path)]), str(path), what, "--force")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    for path in before:
        path.write_bytes(b"older")
    (folder / "0001_of_a_larger_one.jpg").write_bytes(b"older")
    assert main([*whole, "--force"]) == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--json", "file/e.json"], ["file/e.json: can't be written", "file is not a folder"]),
        (["--json", "."], [".: is a folder; the name of a file is wanted"]),
        (["--contact-sheet", "e.tiff"], ["e.tiff: pictures are written as .jpg"]),
        (["--pictures", "file"], ["file: can't be written into"]),
        (["--json", "e.jpg", "--contact-sheet", "./e.jpg"], ["--contact-sheet: e.jpg is what --json writes"]),
    ],
)
def test_an_evaluation_looks_where_it_writes_before_it_opens_a_model(tmp_path, capsys, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    fails(capsys, lambda: main(["evaluate", "--model", "none.tflite", *options]), *words)


@pytest.mark.parametrize("command", ["render", "evaluate"])
def test_a_model_that_failed_its_verification_is_named(tmp_path, tiny_models, capsys, command):
    model = tmp_path / "focus_failed.tflite"
    model.write_bytes((tiny_models / "focus.tflite").read_bytes())
    options = ["--limit", "1", "--size", "64", "--no-discs"]
    if command == "render":
        write_image(tmp_path / "photo.png", np.zeros((64, 64, 3), np.uint8))
        options = [str(tmp_path / "photo.png"), "-o", str(tmp_path / "out.png")]
    for failures in (["validation 0 (xnnpack): 20.10 dB to the float network, 35 wanted"], []):
        model.with_suffix(".json").write_text(json.dumps({"verification": {"failures": failures}}))
        assert main([command, *options, "--model", str(model)]) == 0
        told = [line for line in capsys.readouterr().err.splitlines() if "verification" in line]
        assert told == [f"warning: {model}: failed its verification: {one}" for one in failures]
        (tmp_path / "out.png").unlink(missing_ok=True)


def test_every_pair_of_a_small_folder_is_evaluated(tmp_path, tiny_models, capsys):
    data, result, sheet = write_pairs(tmp_path / "data", count=3), tmp_path / "result.json", tmp_path / "sheet.jpg"
    (data / "focus").mkdir()
    for number in range(3):
        mask = np.zeros((64, 64), np.uint8)
        mask[16:48, 16:48] = 255
        Image.fromarray(mask).save(data / "focus" / f"{number}.png")
    command = ["evaluate", "--model", str(tiny_models / "focus.tflite")]
    fails(capsys, lambda: main([*command, "--data", str(data)]), "split", "leaves nothing to validate on", "--all")
    fails(capsys, lambda: main([*command, "--all"]), "--all", "--data DIR")
    for options in (["--all", "--split", "0.5"], ["--all", "--seed", "1"], ["--size", "64"]):
        fails(capsys, lambda given=options: main([*command, "--data", str(data), *given]), options[-2])
    plain = ["evaluate", "--model", str(tiny_models / "plain.tflite"), "--no-extra"]
    fails(capsys, lambda: main(plain), "--no-extra", "plain.tflite takes no fourth channel")
    options = ["--all", "--match-gain", "--json", str(result), "--contact-sheet", str(sheet)]
    assert main([*command, "--data", str(data), *options]) == 0
    written = json.loads(result.read_text())
    assert len(written["pictures"]) == 3 and written["gain_matched"] is True
    assert "subject sharpness" in capsys.readouterr().out
    assert header_size(sheet)[1] > 1000
