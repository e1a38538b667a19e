"""Published weights through the importer: real checkpoints with the published names and the reference weights."""

import contextlib
import io
import json
import types
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import foreign_checkpoints
import published
from pynet_bokeh import images
from pynet_bokeh.__main__ import main
from pynet_bokeh.errors import UserError
from pynet_bokeh.importing import PUBLISHED, import_weights, match
from pynet_bokeh.models.network import OUTPUT
from pynet_bokeh.tf_checkpoint import Entry, TfCheckpoint
from pynet_bokeh.trained import load_model, run_predictor
from pynet_bokeh.training.run import open_run

TOLERANCE = 2e-4


def arrays(network):
    names = [variable.name for variable in published.variables(network)]
    return dict(zip(names, published.values(network), strict=True))


@pytest.fixture(scope="module")
def glass_net():
    return arrays("glass_net")


@pytest.fixture(scope="module")
def glass_net_checkpoint(glass_net, tmp_path_factory):
    generator = foreign_checkpoints.module(glass_net, scope="glass_net/")
    return foreign_checkpoints.by_graph(tmp_path_factory.mktemp("glass") / "ckpt", generator)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_command_knows_every_published_name(name, tmp_path, capsys):
    assert main(["import-weights", name, str(tmp_path / "none"), "--out", str(tmp_path / "run")]) == 2
    assert "no such checkpoint" in capsys.readouterr().err


@pytest.fixture(scope="module")
def pynet(tmp_path_factory):
    """PyNET's run, imported by the command, and what that said."""
    folder = tmp_path_factory.mktemp("pynet")
    checkpoint = foreign_checkpoints.by_names(
        folder / "pynet_level_0.ckpt", arrays("pynet_bokeh"), scope="generator", others=("vgg/conv1", "beta1_power")
    )
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(["import-weights", "pynet-bokeh", checkpoint, "--out", str(folder / "run")]) == 0
    return open_run(folder / "run"), said.getvalue()


def pynet_inputs():
    reference = published.outputs("pynet_bokeh")
    return {"image": reference["input"][..., :3], "depth": reference["input"][..., 3:]}


@pytest.mark.xdist_group("pynet")
def test_pynet_from_a_tensorflow_1_checkpoint(pynet):
    run, said = pynet
    assert "440 variables with 47,551,791 parameters matched by name, 2 others ignored" in said
    reference = published.outputs("pynet_bokeh")
    network, _ = load_model(run)
    for level, picture in tf_keras.Model(network.inputs, network.pictures)(pynet_inputs()).items():
        np.testing.assert_allclose(picture, reference[f"level_{level}"], atol=TOLERANCE, err_msg=f"level {level}")


@pytest.mark.xdist_group("pynet")
def test_an_imported_pynets_levels_are_one_file_and_each_can_be_opened(pynet):
    run, _ = pynet
    assert all(run.weights(level).samefile(run.weights(1)) for level in range(1, 8))
    _, model = load_model(run, 5)
    picture = model(pynet_inputs())[OUTPUT]
    np.testing.assert_allclose(picture, published.outputs("pynet_bokeh")["level_5"], atol=TOLERANCE)


@pytest.mark.xdist_group("pynet")
def test_an_imported_pynet_renders_with_a_depth_map(pynet, tmp_path, capsys, textured):
    run, _ = pynet
    photo, near, middle = (tmp_path / name for name in ("photo.png", "near_map.png", "middle_map.png"))
    images.write_image(photo, textured(64, 128))
    depth = np.full((50, 100, 3), 128, np.uint8)
    images.write_image(middle, depth)
    depth[:, 50:] = 255
    images.write_image(near, depth)

    def render(name, *options):
        command = ["render", str(photo), "-o", str(tmp_path / name), "--model", str(run.folder), "--size", "128x64"]
        code = main([*command, *options])
        return images.read_image(tmp_path / name).astype(int) if code == 0 else capsys.readouterr().err

    without, neutral = render("without.png"), render("neutral.png", "--depth", str(middle))
    np.testing.assert_array_equal(neutral, without)
    assert np.abs(render("near.png", "--depth", str(near)) - without).mean() > 2

    (tmp_path / "broken.png").write_bytes(b"no picture")
    for option, words in (
        (["--depth", str(tmp_path / "broken.png")], "broken.png: not a picture"),
        (["--focus", str(near)], "takes a depth map"),
        (["--depth", str(near), "--size", "32"], "at least 64x64 is wanted"),
    ):
        error = render("wrong.png", *option)
        assert error.startswith("error: ")
        assert words in error
        assert error.count("\n") == 1
    assert not (tmp_path / "wrong.png").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("pynet")
def test_an_imported_pynet_is_trained_on_and_evaluated(pynet, tmp_path):
    run, _ = pynet
    settings = ["level.1.steps=1", "level.1.batch=1", "level.1.losses={l1=10.0}", "level.1.learning_rate=1e-6"]
    settings += ["data.crop=[64,64]", "data.scene_size=[64,64]", "data.validation_crop=[64,64]"]
    command = ["train", "--run", str(tmp_path / "new"), "--start-from", str(run.folder), "--level", "1"]
    for setting in [*settings, "data.validation_count=1"]:
        command += ["--set", setting]
    assert main(command) == 0
    with np.load(run.weights(1)) as before, np.load(open_run(tmp_path / "new").weights(1)) as after:
        moved = {name: np.abs(after[name] - before[name]).max() for name in before.files}
    assert all(0 <= distance < 1.1e-6 for distance in moved.values())
    assert moved["level6_block1_k3_conv1/kernel"] > 0
    assert moved["level2_head/kernel"] > 0  # level 1 reads what it draws from
    assert moved["level3_head/kernel"] == 0
    assert main(["evaluate", "--model", str(tmp_path / "new"), "--size", "64", "--limit", "1"]) == 0


@pytest.mark.parametrize(
    ("name", "network"), [("double-vnet", "double_vnet"), ("glass-net", "glass_net")], ids=lambda value: value
)
def test_a_keras_model_from_an_object_graph(name, network, tmp_path):
    values = arrays(network)
    generator = foreign_checkpoints.keras_model(values)
    checkpoint = foreign_checkpoints.by_graph(tmp_path / "ckpt", generator)
    imported = import_weights(name, checkpoint, tmp_path / "run")
    assert imported.matched_by == "name"
    assert (imported.variables, imported.parameters) == (len(values), sum(array.size for array in values.values()))
    assert imported.ignored == 6  # save_counter, the critic's kernel, the optimiser's rate and step, two slots
    assert imported.run.recipe.network_config["normalization"] == "published"
    check_outputs(tmp_path / "run", network)


def check_outputs(folder, name):
    network, model = load_model(open_run(folder))
    reference = published.outputs(name)
    inputs = {"image": (reference["input"] + 1) / 2}
    staged = network.staged_model()(inputs)
    np.testing.assert_allclose(2 * staged[OUTPUT] - 1, reference["output"], atol=TOLERANCE)
    np.testing.assert_allclose(2 * staged["first_stage"] - 1, reference["first_stage"], atol=TOLERANCE)
    np.testing.assert_array_equal(model(inputs)[OUTPUT], staged[OUTPUT])


def test_a_module_with_a_scope_of_its_own_from_any_of_its_paths(glass_net_checkpoint, tmp_path):
    check_import = [glass_net_checkpoint, f"{glass_net_checkpoint}.index", str(Path(glass_net_checkpoint).parent)]
    sources = [TfCheckpoint(path) for path in check_import]
    assert {source.path for source in sources} == {glass_net_checkpoint}
    imported = import_weights("glass-net", check_import[-1], tmp_path / "run")
    assert (imported.matched_by, imported.variables) == ("name", 59)
    check_outputs(tmp_path / "run", "glass_net")


def test_keras_names_in_tensorflow_1s_oldest_format(glass_net, tmp_path):
    named = {f"generator/{name}": array for name, array in glass_net.items()}
    version = tf.compat.v1.train.SaverDef.V1
    path = foreign_checkpoints.by_names(tmp_path / "old.ckpt", named, others=("conv2d/kernel",), version=version)
    imported = import_weights("glass-net", path, tmp_path / "run")
    assert (imported.matched_by, imported.variables, imported.ignored) == ("name", 59, 1)
    check_outputs(tmp_path / "run", "glass_net")


def test_an_imported_run_renders_and_remembers_where_it_came_from(glass_net_checkpoint, tmp_path):
    import_weights("glass-net", glass_net_checkpoint, tmp_path / "runs" / "glass")
    predictor = run_predictor(tmp_path / "runs" / "glass")
    assert (predictor.size_multiple, predictor.input_scale, predictor.extra) == (8, 1, None)
    picture = predictor(np.full((16, 24, 3), 0.5, np.float32))
    assert picture.shape == (16, 24, 3)
    origin = json.loads((tmp_path / "runs" / "glass" / "imported.json").read_text())
    assert origin["checkpoint"] == glass_net_checkpoint
    assert origin["parameters"] == 10352784
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["glass"]


def refused(capsys, tmp_path, checkpoint, *words, more=()):
    """Imports glass-net, wants exit code 2, one line with `words`, and nothing written."""
    before = sorted(tmp_path.rglob("*"))
    assert main(["import-weights", "glass-net", str(checkpoint), "--out", str(tmp_path / "run"), *more]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    for word in ("error: ", *words):
        assert word in lines[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_variable_of_another_shape(glass_net, tmp_path, capsys):
    changed = {**glass_net, "conv2d_3/kernel": np.zeros((3, 3, 64, 100), np.float32)}
    checkpoint = foreign_checkpoints.by_graph(tmp_path / "ckpt", foreign_checkpoints.module(changed))
    refused(capsys, tmp_path, checkpoint, "conv2d_3/kernel should be (3, 3, 64, 128); received (3, 3, 64, 100)")


def test_a_missing_variable(glass_net, tmp_path, capsys):
    fewer = {name: array for name, array in glass_net.items() if name != "conv2d_transpose_2/bias"}
    checkpoint = foreign_checkpoints.by_graph(tmp_path / "ckpt", foreign_checkpoints.module(fewer))
    refused(capsys, tmp_path, checkpoint, "lacks conv2d_transpose_2/bias", "58 of the 59 variables")


def test_numbers_that_are_not_finite(glass_net, tmp_path, capsys):
    broken = {**glass_net, "conv2d_transpose/bias": np.full(64, np.nan, np.float32)}
    checkpoint = foreign_checkpoints.by_graph(tmp_path / "ckpt", foreign_checkpoints.module(broken))
    refused(capsys, tmp_path, checkpoint, "conv2d_transpose/bias holds numbers that are not finite")


def test_another_networks_checkpoint(tmp_path, capsys):
    small = {"generator/Variable": np.zeros((3, 3), np.float32), "generator/Variable_1": np.zeros(3, np.float32)}
    checkpoint = foreign_checkpoints.by_names(tmp_path / "pynet.ckpt", small, scope="generator")
    refused(capsys, tmp_path, checkpoint, "lacks conv2d/kernel", "0 of the 59")


def test_what_is_no_checkpoint(tmp_path, capsys):
    refused(capsys, tmp_path, tmp_path / "none", "none: no such checkpoint")
    refused(capsys, tmp_path, tmp_path, "no TensorFlow checkpoint there")
    (tmp_path / "text").write_text("not a checkpoint, really")
    refused(capsys, tmp_path, tmp_path / "text", "text: not a readable TensorFlow checkpoint")


def test_a_damaged_checkpoint(glass_net, tmp_path, capsys):
    checkpoint = Path(foreign_checkpoints.by_names(tmp_path / "cut", glass_net))
    data = checkpoint.with_name("cut.data-00000-of-00001")
    with data.open("r+b") as file:
        file.truncate(data.stat().st_size // 2)
    refused(capsys, tmp_path, checkpoint, "can't be read")


def test_an_existing_run_is_replaced_by_force_only(glass_net_checkpoint, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    (run / "notes.txt").write_text("mine")
    refused(capsys, tmp_path, glass_net_checkpoint, "run: exists already", "--force")
    refused(capsys, tmp_path, glass_net_checkpoint, "run: not a run", more=["--force"])
    (run / "recipe.json").write_text("{}")
    refused(capsys, tmp_path, glass_net_checkpoint, "run: exists already")
    refused(capsys, tmp_path, tmp_path / "none", "no such checkpoint", more=["--force"])
    assert main(["import-weights", "glass-net", glass_net_checkpoint, "--out", str(run), "--force"]) == 0
    assert sorted(path.name for path in run.iterdir()) == ["imported.json", "level1", "recipe.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_failed_write_leaves_nothing(glass_net_checkpoint, tmp_path, monkeypatch):
    def full(*_):
        raise UserError("no space left")

    monkeypatch.setattr("pynet_bokeh.importing.weights.save", full)
    with pytest.raises(UserError, match="no space left"):
        import_weights("glass-net", glass_net_checkpoint, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name():
    with pytest.raises(UserError, match="pynet-bokeh, double-vnet, glass-net are known; received 'unet'"):
        import_weights("unet", "x", "y")
    with pytest.raises(SystemExit):
        main(["import-weights", "unet", "x", "--out", "y"])


# Matching by itself: names as checkpoints have them, numbers for what they should be matched with.

NAMES = ["conv2d/kernel", "conv2d_1/kernel", "conv2d_transpose/kernel", "conv2d_transpose/bias"]


def source(*names, by_names=False):
    entries = [Entry(name, f"key{number}", ()) for number, name in enumerate(names)]
    return types.SimpleNamespace(path="ckpt", by_names=by_names, entries=entries)


@pytest.mark.parametrize(
    ("there", "keys", "how"),
    [
        (["x", *reversed(NAMES)], [4, 3, 2, 1], "name"),
        ([f"net/stage/{name}" for name in NAMES], [0, 1, 2, 3], "name"),
        (
            ["conv2d_10/kernel", "conv2d_9/kernel", "conv2d_transpose_2/bias", "conv2d_transpose_2/kernel"],
            [1, 0, 3, 2],
            "shifted name",
        ),
        (["Variable", "a", "Variable", "b"], [0, 1, 2, 3], "order"),
    ],
)
def test_match(there, keys, how):
    entries, matched_by = match(NAMES, source(*there))
    assert ([entry.key for entry in entries], matched_by) == ([f"key{key}" for key in keys], how)


@pytest.mark.parametrize(
    ("there", "by_names", "message"),
    [
        (NAMES[1:], False, "ckpt: lacks conv2d/kernel; has 3 of the 4 variables"),
        (["conv2d/kernel", "conv2d_2/kernel", *NAMES[2:]], False, "lacks conv2d_1/kernel; has 3 of the 4"),
        ([*NAMES, "a/conv2d/kernel"], False, r"conv2d/kernel is there twice \(key0, key4\)"),
        (["a", "b", "c", "d"], True, "lacks conv2d/kernel; has 0 of the 4"),
        (["a", "b", "c"], False, "lacks conv2d/kernel"),
        ([], False, "lacks conv2d/kernel"),
    ],
)
def test_match_refuses(there, by_names, message):
    with pytest.raises(UserError, match=message):
        match(NAMES, source(*there, by_names=by_names))
