"""The classes of java.* that the app may use, for ProGuard to look calls up in.

Android's own jars hold android.* only. What `javac --release 8` goes by, the JDK's ct.sym, is turned into a .jar,
without what Android 7 lacks of it.
"""

import zipfile
from pathlib import Path

from android_demo.apk import packing
from pynet_bokeh import files
from pynet_bokeh.errors import UserError

LATER = ("java/time/", "java/nio/file/", "java/util/Base64")
"""Of Java 8, but on Android only since API 26. Single methods that came later are not known here."""
RELEASE = "8"
MODULES = ("java.base", "java.logging")
VERSION = (52).to_bytes(
    2, "big"
)  # of class files of Java 8; ct.sym marks them with the JDK's own, which ProGuard refuses


def jar(javac: Path, out: Path) -> Path:
    """Writes java.* of Java 8 less LATER to `out`; `javac` is the JDK's, beside which ct.sym lies."""
    table = javac.resolve().parents[1] / "lib" / "ct.sym"
    if not table.is_file():
        raise UserError(f"{table}: not there; apt-get install default-jdk-headless")
    found = {}
    with zipfile.ZipFile(table) as archive:
        for name in archive.namelist():  # as 879A/java.base/java/lang/Object.sig: the releases that have it
            releases, _, rest = name.partition("/")
            module, _, path = rest.partition("/")
            if RELEASE in releases and module in MODULES and path.endswith(".sig") and not path.startswith(LATER):
                content = archive.read(name)
                found[path.removesuffix(".sig") + ".class"] = content[:6] + VERSION + content[8:]
    with files.whole_file(out) as temporary:
        packing.pack(found.items(), temporary)
    return out
