"""The bytes of a .zip that Android maps."""

import zipfile

import pytest

from android_demo.apk import packing

ENTRIES = [("classes.dex", b"d" * 1000), ("assets/model.tflite", b"m" * 1000), ("a.txt", b"")]


def test_order_and_time_do_not_matter(tmp_path, monkeypatch):
    packing.pack(ENTRIES, tmp_path / "one.zip")
    monkeypatch.setattr("time.time", lambda: 1e9)
    packing.pack(reversed(ENTRIES), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert sorted(packing.entries(tmp_path / "one.zip")) == sorted(ENTRIES)


def test_what_is_mapped_is_stored(tmp_path):
    path = tmp_path / "one.zip"
    packing.pack(ENTRIES, path)
    offset = packing.data_offset(path, "assets/model.tflite")
    assert path.read_bytes()[offset : offset + 1000] == b"m" * 1000
    with pytest.raises(ValueError, match="compressed"):
        packing.data_offset(path, "classes.dex")


def test_a_name_comes_once(tmp_path):
    with pytest.raises(ValueError, match=r"a\.txt"):
        packing.pack([("a.txt", b"1"), ("a.txt", b"2")], tmp_path / "one.zip")


def test_only_below_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.mkdir("jni")
        archive.writestr("jni/a.so", b"a")
        archive.writestr("b.so", b"b")
    assert list(packing.entries(tmp_path / "one.zip", below="jni/")) == [("jni/a.so", b"a")]
