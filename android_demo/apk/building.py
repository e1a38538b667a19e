"""`make apk`: from the sources to a signed APK."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

from android_demo.apk import assets, compiling, java_api, layout, maven, packing, tools
from pynet_bokeh import files

PASSWORD = "android"  # of the debug key, which is in the repository: it proves nothing but that builds are alike


@dataclasses.dataclass(frozen=True)
class Libraries:
    """What the app is compiled against.

    Attributes:
      framework: Android's classes at the target API.
      oldest: the same, and java.*, at the oldest API allowed.
      dx: the dexer.
      archives: the .aar files, whose classes and native libraries go into the APK.
      jars: their classes.
    """

    framework: Path
    oldest: tuple[Path, ...]
    dx: Path
    archives: tuple[Path, ...]
    jars: tuple[Path, ...]


def libraries(cache: Path = layout.CACHE) -> Libraries:
    """Fetches what is missing; raises UserError when it can't be had."""
    found = maven.fetch(maven.pinned("apk"), cache)
    java = java_api.jar(Path(shutil.which("javac")), cache / "classes" / "java.jar")
    archives = tuple(path for name, path in found.items() if name.endswith(".aar"))
    return Libraries(
        framework=next(path for name, path in found.items() if name.startswith("android-all-15")),
        oldest=(next(path for name, path in found.items() if name.startswith("android-all-7")), java),
        dx=next(path for name, path in found.items() if name.startswith("dalvik-dx-")),
        archives=archives,
        jars=tuple(maven.classes(path, cache / "classes") for path in archives),
    )


def build(out: Path = layout.APK, *, assets_folder: Path = layout.ASSETS, work: Path = layout.BUILD / "work") -> Path:
    """Builds the APK and returns its path; `work` keeps what lies between (R.java, classes, classes.dex).

    Raises UserError for missing tools, a wrong model, or sources that don't compile.
    """
    tools.require()
    model, sidecar = assets.check_folder(assets_folder)
    given = libraries()
    compiled, generated = compiling.resources(work)
    classes = compiling.javac([generated, layout.JAVA], [given.framework, *given.jars], work / "classes")
    dex = compiling.dex(classes, given.jars, oldest=given.oldest, dx=given.dx, work=work)
    entries = [
        *packing.entries(compiled),
        ("classes.dex", dex.read_bytes()),
        (f"assets/{layout.MODEL}", model.read_bytes()),
        (f"assets/{layout.SIDECAR}", sidecar.read_bytes()),
        *_native(given.archives),
        *_licences(given.archives),
    ]
    with tempfile.TemporaryDirectory() as folder, files.whole_file(out) as temporary:
        raw, aligned = Path(folder) / "raw.apk", Path(folder) / "aligned.apk"
        packing.pack(entries, raw)
        tools.run("zipalign", "-p", "4", raw, aligned)
        _sign(aligned, temporary)
    return out


def _native(archives: tuple[Path, ...]):
    """Native libraries of the processors that are built for."""
    for archive in archives:
        for abi in layout.ABIS:
            for name, content in packing.entries(archive, below=f"jni/{abi}/"):
                yield f"lib/{name.removeprefix('jni/')}", content


def _licences(archives: tuple[Path, ...]):
    """The libraries' licence, once: it must come along."""
    texts = {content for archive in archives for _, content in packing.entries(archive, below="LICENSE")}
    for number, text in enumerate(sorted(texts), 1):
        yield f"assets/licenses/tensorflow-lite{'' if number == 1 else f'-{number}'}.txt", text


def _sign(unsigned: Path, out: Path) -> None:
    """Signs by the APK schemes 2 and 3, RSA with PKCS #1 v1.5: the same signature every time."""
    key = ("--ks", layout.KEYSTORE, "--ks-pass", f"pass:{PASSWORD}", "--ks-key-alias", "debug")
    schemes = ("--v1-signing-enabled", "false", "--v4-signing-enabled", "false")
    tools.run("apksigner", "sign", *key, *schemes, "--in", unsigned, "--out", out)
