"""Draws the app's screens for android_demo/README.md: `make android-screens`, after `make apk`."""

import tempfile
from pathlib import Path

from PIL import Image

import android_robolectric
from android_demo.apk import layout
from pynet_bokeh import files

PICTURES = layout.DEMO / "docs"
COLOURS = 256  # keeps a screen with a photo below 300 kB


def main() -> int:
    """Runs the screens with the APK that was built and keeps what they look like."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn"
        compiled = Path(folder) / "compiled"
        compiled.mkdir()
        screens = android_robolectric.compiled(compiled, layout.APK, layout.BUILD / "work")
        screens.junit("PicturesOfTheScreens", properties={"screens": drawn})
        for path in sorted(drawn.glob("*.png")):
            with Image.open(path) as picture, files.whole_file(PICTURES / path.name) as temporary:
                whole = picture.convert("RGB")
                palette = whole.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
                whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(temporary, optimize=True)
            print(PICTURES / path.name, (PICTURES / path.name).stat().st_size)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
