"""Which .tflite files a user names, and one text for one that is damaged, whoever finds it."""

import pytest

from export import show
from pynet_bokeh import runtime, tflite_files, tflite_graph
from pynet_bokeh.errors import UserError


def test_a_folders_models_by_name_and_no_file_twice(tmp_path):
    paths = [tmp_path / f"{name}.tflite" for name in "cab"]
    for path in (*paths, tmp_path / "a.json"):
        path.write_text("")
    wanted = [paths[0], paths[1], paths[2]]
    assert tflite_files.find([paths[0], tmp_path, tmp_path / "." / "a.tflite"]) == wanted
    (tmp_path / "other.tflite").symlink_to(paths[1])
    assert tflite_files.find([tmp_path / "other.tflite", paths[1]]) == [tmp_path / "other.tflite"]


def test_missing_paths_and_empty_folders_are_named(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such file or folder"):
        tflite_files.find([tmp_path / "nowhere"])
    with pytest.raises(UserError, match=r"no \.tflite file in this folder"):
        tflite_files.find([tmp_path])


@pytest.mark.parametrize("read", [runtime.open_interpreter, tflite_graph.read, show.describe])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_has_one_text(tiny_models, tmp_path, read, share):
    whole = (tiny_models / "int8.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(whole[: max(8, int(share * len(whole)))])
    with pytest.raises(UserError) as told:
        read(path)
    assert str(told.value) == f"{path}: a damaged .tflite file; was it copied whole?"
