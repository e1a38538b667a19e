"""The model in the app's assets."""

import hashlib
import json

import pytest

from android_demo.apk import assets, layout
from android_demo.apk.__main__ import main
from export import artifact
from pynet_bokeh.errors import UserError

MODEL = b"\x1c\x00\x00\x00TFL3" + bytes(100)


@pytest.fixture
def model(tmp_path):
    """An artifact, as far as it is looked at."""
    path = tmp_path / "exported.tflite"
    path.write_bytes(MODEL)
    sidecar = {"format": assets.FORMAT, "sha256": hashlib.sha256(MODEL).hexdigest(), "inputs": {}, "output": {}}
    sidecar |= {"picture_size": {"width": 64, "height": 32}, "input_scale": 1, "network": "n", "quantization": "q"}
    path.with_suffix(".json").write_text(json.dumps(sidecar))
    return path


def change(path, **changes):
    sidecar = path.with_suffix(".json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | changes))


def test_a_model_is_put_there_with_its_sidecar(model, tmp_path):
    folder = tmp_path / "assets"
    assets.put(model, folder)
    assert assets.check_folder(folder) == (folder / layout.MODEL, folder / layout.SIDECAR)
    assert (folder / layout.MODEL).read_bytes() == MODEL
    assert assets.described(folder / layout.SIDECAR) == "n q 64x32"


def test_what_does_not_belong_together_changes_nothing(model, tmp_path):
    folder = tmp_path / "assets"
    assets.put(model, folder)
    model.write_bytes(MODEL + b"1")
    with pytest.raises(UserError, match="describes another file"):
        assets.put(model, folder)
    assert (folder / layout.MODEL).read_bytes() == MODEL


def test_the_format_read_is_the_one_written():
    (java,) = layout.DEMO.glob("app/src/main/java/**/core/Sidecar.java")
    assert assets.FORMAT == artifact.FORMAT
    assert f"int FORMAT = {artifact.FORMAT};" in java.read_text()


def test_wrong_models_are_named(model, tmp_path):
    change(model, format=1)
    with pytest.raises(UserError, match="a sidecar of format 2"):
        assets.put(model, tmp_path)
    change(model, format=2, picture_size=None)
    with pytest.raises(UserError, match="a fixed picture size is wanted; this one takes any"):
        assets.put(model, tmp_path)
    sidecar = json.loads(model.with_suffix(".json").read_text())
    del sidecar["inputs"]
    model.with_suffix(".json").write_text(json.dumps(sidecar))
    with pytest.raises(UserError, match="inputs is missing"):
        assets.put(model, tmp_path)
    model.with_suffix(".json").unlink()
    with pytest.raises(UserError, match="no such file"):
        assets.put(model, tmp_path)
    model.write_bytes(b"no model at all")
    with pytest.raises(UserError, match=r"not a \.tflite"):
        assets.put(model, tmp_path)


def test_a_model_that_failed_its_verification_is_refused(model, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "assets"
    monkeypatch.setattr(assets.put, "__defaults__", (folder,))  # the command puts it into the app's own
    change(model, verification={"failures": ["xnnpack: SSIM 0.9012 to the float network, 0.98 wanted"]})
    assert main(["assets", str(model)]) == 2
    assert capsys.readouterr().err == (
        f"error: {model}: failed its verification: xnnpack: SSIM 0.9012 to the float network, 0.98 wanted; "
        "FORCE=1 (--force) puts it into the app all the same\n"
    )
    assert not folder.exists()
    assert main(["assets", str(model), "--force"]) == 0
    assert (folder / layout.MODEL).read_bytes() == MODEL


def test_a_folder_that_can_t_be_written_changes_nothing(model, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/assets/model\.json: can't be written"):
        assets.put(model, tmp_path / "file" / "assets")
    folder = tmp_path / "assets"
    assets.put(model, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    change(model, network="another")
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(UserError, match=r"assets/model\.json: can't be written \(Permission denied\)"):
        assets.put(model, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_model_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="make android-assets"):
        assets.check_folder(tmp_path)


def test_the_command_reports_in_one_line(tmp_path, capsys):
    assert main(["assets", str(tmp_path / "missing.tflite")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
