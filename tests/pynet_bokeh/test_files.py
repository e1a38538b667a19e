import json

import pytest

from pynet_bokeh import files
from pynet_bokeh.errors import UserError


def test_a_file_is_there_whole(tmp_path):
    with files.whole_file(tmp_path / "new" / "x.txt") as temporary:
        temporary.write_text("all")
        assert temporary.suffix == ".txt"
        assert not (tmp_path / "new" / "x.txt").exists()
    assert (tmp_path / "new" / "x.txt").read_text() == "all"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "x.txt").write_text("old")
    with pytest.raises(RuntimeError), files.whole_file(tmp_path / "x.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x.txt": "old"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match=r"file/x\.txt: can't be written"),
        files.whole_file(tmp_path / "file" / "x.txt"),
    ):
        pass


def test_a_full_disk_is_named(tmp_path):
    with (
        pytest.raises(UserError, match=r"x\.txt: can't be written \(No space left"),
        files.whole_file(tmp_path / "x.txt"),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_json_round_trip_and_broken_json(tmp_path):
    files.write_json(tmp_path / "x.json", {"a": [1, 2.5]})
    assert files.read_json(tmp_path / "x.json") == json.loads((tmp_path / "x.json").read_text()) == {"a": [1, 2.5]}
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(UserError, match=r"x\.json: not a readable JSON file"):
        files.read_json(tmp_path / "x.json")
    with pytest.raises(UserError, match=r"none\.json: no such file"):
        files.read_json(tmp_path / "none.json")


def test_overwriting_is_refused_unless_asked(tmp_path):
    (tmp_path / "x").write_text("")
    files.refuse_overwriting(tmp_path / "x", force=True)
    files.refuse_overwriting(tmp_path / "y", force=False)
    with pytest.raises(UserError, match="exists already; give another name or --force"):
        files.refuse_overwriting(tmp_path / "x", force=False)


def test_where_a_file_can_be_written(tmp_path):
    (tmp_path / "x").write_text("")
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    for good in ("y", "new/deep/y"):
        files.check_output(tmp_path / good, force=False)
        files.check_output_folder(tmp_path / good)
    files.check_output(tmp_path / "x", force=True)
    for path, message in (
        ("x", "x: exists already; give another name or --force"),
        (".", ": is a folder; the name of a file is wanted"),
        ("x/y", r"x/y: can't be written \(.*/x is not a folder\)"),
        ("x/new/y", r"x/new/y: can't be written \(.*/x is not a folder\)"),
        ("lost/y", r"lost/y: can't be written \(.*/lost is not a folder\)"),
    ):
        with pytest.raises(UserError, match=message):
            files.check_output(tmp_path / path, force=False)
    with pytest.raises(UserError, match=r"x: can't be written into \(.*/x is not a folder\)"):
        files.check_output_folder(tmp_path / "x")
    assert {path.name for path in tmp_path.iterdir()} == {"x", "lost"}


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "access", lambda path, mode: path != tmp_path)  # root may write anywhere
    with pytest.raises(UserError, match=rf"new/x: can't be written \(no permission to write in {tmp_path}\)"):
        files.check_output(tmp_path / "new" / "x", force=False)


def test_a_second_name_is_the_same_file(tmp_path):
    (tmp_path / "a").write_text("all")
    files.link(tmp_path / "a", tmp_path / "new" / "b")
    assert (tmp_path / "a").samefile(tmp_path / "new" / "b")


def test_without_hard_links_it_is_a_copy(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("not on this file system")

    monkeypatch.setattr(files.os, "link", refuse)
    (tmp_path / "a").write_text("all")
    files.link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "all"
    assert not (tmp_path / "a").samefile(tmp_path / "b")
