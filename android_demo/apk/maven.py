"""Files of Maven Central: fetched by `mvn`, pinned by SHA-256, kept in a folder.

What is fetched, with which hash, stands in artifacts.toml. Nothing is resolved transitively, so no file is used that is
not listed there.
"""

import dataclasses
import hashlib
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from android_demo.apk import tools
from pynet_bokeh import files
from pynet_bokeh.errors import UserError

PINS = Path(__file__).with_name("artifacts.toml")
SECONDS = 1200
"""For all that is fetched at once: 0.5 GB for the tests."""
PATIENCE = tuple(f"-D{name}=30000" for name in ("maven.wagon.rto", "aether.connector.requestTimeout"))
"""Milliseconds without an answer; Maven's own limit is half an hour."""
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"


class FetchError(UserError):
    """Something can't be had: no network, no such file there, or no answer."""


@dataclasses.dataclass(frozen=True)
class Artifact:
    """One file: its coordinates and what it must be."""

    group: str
    name: str
    version: str
    type: str
    sha256: str

    @property
    def file(self) -> str:
        """The name it has in the cache."""
        return f"{self.name}-{self.version}.{self.type}"


def pinned(*sets: str) -> list[Artifact]:
    """The artifacts of these tables of artifacts.toml: `apk`, `junit`, `robolectric`."""
    tables = tomllib.loads(PINS.read_text())
    found = []
    for name in sets:
        for coordinates, sha256 in tables[name].items():
            group, artifact, version, kind = coordinates.split(":")
            found.append(Artifact(group, artifact, version, kind, sha256))
    return found


def fetch(artifacts: Iterable[Artifact], cache: Path) -> dict[str, Path]:
    """Brings artifacts into `cache` unless they are there: {`file`: path}.

    Raises FetchError when one can't be had, UserError when it is not the file that was pinned; that one is not kept.
    """
    artifacts = list(artifacts)
    absent = [one for one in artifacts if not _is_pinned(cache / one.file, one)]
    if absent:
        tools.require(("mvn", "java"))
        with tempfile.TemporaryDirectory() as folder:
            pom, arrived = Path(folder) / "pom.xml", Path(folder) / "arrived"
            pom.write_text(_pom(absent, arrived))
            try:
                tools.run("mvn", "--batch-mode", "--quiet", *PATIENCE, "--file", pom, PLUGIN, seconds=SECONDS)
            except UserError as error:
                raise FetchError(f"{', '.join(one.file for one in absent)}: can't be fetched; {error}") from error
            for one in absent:
                if not _is_pinned(arrived / one.file, one):
                    raise UserError(f"{one.file}: not the file that {PINS.name} pins (SHA-256 {one.sha256})")
                with files.whole_file(cache / one.file) as temporary:
                    temporary.write_bytes((arrived / one.file).read_bytes())
    return {one.file: cache / one.file for one in artifacts}


def classes(library: Path, folder: Path) -> Path:
    """The .jar of a library: itself, or the classes.jar of an .aar, unpacked into `folder`."""
    if library.suffix == ".jar":
        return library
    jar = folder / f"{library.stem}.jar"
    with zipfile.ZipFile(library) as archive, files.whole_file(jar) as temporary:
        temporary.write_bytes(archive.read("classes.jar"))
    return jar


def _is_pinned(path: Path, artifact: Artifact) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == artifact.sha256
    except FileNotFoundError:
        return False


def _pom(artifacts: Iterable[Artifact], folder: Path) -> str:
    items = "".join(
        f"<artifactItem><groupId>{one.group}</groupId><artifactId>{one.name}</artifactId>"
        f"<version>{one.version}</version><type>{one.type}</type></artifactItem>"
        for one in artifacts
    )
    group, plugin, version, _ = PLUGIN.split(":")
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>fetch</groupId><artifactId>fetch</artifactId><version>1</version><packaging>pom</packaging>"
        f"<build><plugins><plugin><groupId>{group}</groupId><artifactId>{plugin}</artifactId><version>{version}</version>"
        f"<configuration><outputDirectory>{escape(str(folder))}</outputDirectory><artifactItems>{items}</artifactItems>"
        "</configuration></plugin></plugins></build></project>"
    )
