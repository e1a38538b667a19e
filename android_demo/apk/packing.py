"""An APK's bytes: the same ones on every build, with what must be mapped stored as it is."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

DATE = (1980, 1, 1, 0, 0, 0)
STORED = (".tflite", ".so", ".arsc", ".png", ".jpg")
"""Suffixes of entries that are not compressed: mapped (model, libraries), required so from Android 11 (resources.arsc),
or compressed already."""


def pack(entries: Iterable[tuple[str, bytes]], path: Path) -> None:
    """Writes entries (name, content) as a .zip without dates, in the order of their names.

    Raises ValueError when a name comes twice.
    """
    entries = sorted(entries)
    names = [name for name, _ in entries]
    if len(set(names)) < len(names):
        raise ValueError(f"entries: every name once; received {sorted({n for n in names if names.count(n) > 1})} twice")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(STORED) else zipfile.ZIP_DEFLATED
            info.create_system = 0  # no permissions, which would be the umask's
            archive.writestr(info, content)


def entries(path: Path, *, below: str = "") -> Iterable[tuple[str, bytes]]:
    """The files of a .zip whose names begin with `below`."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and info.filename.startswith(below):
                yield info.filename, archive.read(info)


def data_offset(path: Path, name: str) -> int:
    """Where the content of a stored entry begins in the file, which is what Android maps.

    Raises ValueError when it is compressed.
    """
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name}: compressed in {path}")
    with path.open("rb") as file:
        file.seek(info.header_offset + 26)
        name_length, extra_length = (int.from_bytes(file.read(2), "little") for _ in range(2))
    return info.header_offset + 30 + name_length + extra_length
