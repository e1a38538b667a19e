"""Where the emulators are kept, and what is said where they can't be had; the real packages are CI's."""

import pytest

from export import debian
from export.__main__ import main
from pynet_bokeh.errors import UserError


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pynet_bokeh"


def test_the_cache_is_the_users(empty_cache, monkeypatch, tmp_path):
    assert debian.folder(debian.QEMU) == empty_cache / "qemu"
    assert not debian.is_there(debian.QEMU)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert debian.cache() == tmp_path / "home" / ".cache" / "pynet_bokeh"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("shutil.which", lambda program: None, "vulkan: apt-get is missing; this works on Debian and its relatives"),
        ("KEYRING", debian.Path("/nowhere.gpg"), "vulkan: /nowhere.gpg is missing; the package debian-archive-keyring"),
        ("platform.machine", lambda: "riscv64", "vulkan: x86_64, aarch64 are known; this machine is riscv64"),
    ],
)
def test_what_is_missing_is_named(monkeypatch, tmp_path, name, value, message):
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(debian, "KEYRING", keyring)
    monkeypatch.setattr(debian.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(f"export.debian.{name}", value)
    with pytest.raises(UserError, match=message):
        debian.unpack(debian.VULKAN)


def scripts(monkeypatch, folder, apt):
    """apt-get and dpkg-deb that only pretend."""
    for name, lines in (("apt-get", apt), ("dpkg-deb", 'mkdir -p "$3/usr/bin" && cp "$2" "$3/usr/bin/tool"')):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    (folder / "keyring.gpg").touch()
    monkeypatch.setattr(debian, "KEYRING", folder / "keyring.gpg")


DOWNLOADS = 'for p in tool_1_amd64 libc6_2_amd64; do echo $p > "$(dirname "$APT_CONFIG")/cache/archives/$p.deb"; done'


def test_packages_are_unpacked_whole_and_those_left_out_are_not(monkeypatch, tmp_path, empty_cache):
    scripts(monkeypatch, tmp_path, DOWNLOADS)
    debian.unpack(debian.Tree("tree", ("tool",), "usr/bin/tool", without=("libc6",)))
    assert (empty_cache / "tree" / "usr" / "bin" / "tool").read_text() == "tool_1_amd64\n"
    assert [path.name for path in empty_cache.iterdir()] == ["tree"]


@pytest.mark.parametrize(
    ("apt", "message"),
    [
        ("echo 'E: Unable to locate package tool' >&2; exit 100", r"tree: apt-get .* failed \(E: Unable to locate"),
        (DOWNLOADS, "tree: the packages don't have usr/bin/other"),
    ],
)
def test_packages_that_can_not_be_had_leave_nothing(monkeypatch, tmp_path, empty_cache, apt, message):
    scripts(monkeypatch, tmp_path, apt)
    with pytest.raises(UserError, match=message):
        debian.unpack(debian.Tree("tree", ("tool",), "usr/bin/other"))
    assert list(empty_cache.iterdir()) == []


def test_the_command_says_what_went_wrong_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(debian.shutil, "which", lambda program: None)
    assert main(["fetch-emulators"]) == 2
    assert capsys.readouterr().err.startswith("error: vulkan: apt-get is missing")
