"""What two builds of one source tree, and the resources, must agree on."""

import re
import tomllib
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from android_demo.apk import icon, layout, maven
from pynet_bokeh import images

GRADLE = (layout.DEMO / "app" / "build.gradle.kts").read_text()
ANDROID = "{http://schemas.android.com/apk/res/android}"


@pytest.mark.parametrize(
    "setting",
    [
        f'applicationId = "{layout.PACKAGE}"',
        f'namespace = "{layout.PACKAGE}"',
        f"minSdk = {layout.MIN_SDK}",
        f"targetSdk = {layout.TARGET_SDK}",
        f"versionCode = {layout.VERSION_CODE}",
        f'versionName = "{layout.VERSION_NAME}"',
        f"abiFilters += listOf({', '.join(map(repr, layout.ABIS))})".replace("'", '"'),
        'noCompress += "tflite"',
        f"compileSdk = {layout.TARGET_SDK}",
        "implementation(libs.litert.gpu.api)",
    ],
)
def test_gradle_and_make_build_the_same(setting):
    assert setting in GRADLE


def test_gradles_tests_have_the_same_versions():
    versions = tomllib.loads((layout.DEMO / "gradle" / "libs.versions.toml").read_text())["versions"]
    pinned = {one.name: one.version for one in maven.pinned("junit", "robolectric") if one.group != "org.robolectric"}
    assert versions["junit"] == pinned["junit"]
    assert versions["robolectric"] in {one.version for one in maven.pinned("robolectric") if one.name == "robolectric"}


def test_gradle_takes_what_the_libraries_need():
    properties = (layout.DEMO / "gradle.properties").read_text()
    assert "android.useAndroidX=true" in properties  # Robolectric's androidx.test; AGP refuses androidx without it
    catalogue = tomllib.loads((layout.DEMO / "gradle" / "libs.versions.toml").read_text())
    assert set(re.findall(r"libs\.([a-z.]+)\)", GRADLE)) == {
        *(name.replace("-", ".") for name in catalogue["libraries"]),
        *(f"plugins.{name.replace('-', '.')}" for name in catalogue["plugins"]),
    }
    wrapper = (layout.DEMO / "gradle" / "wrapper" / "gradle-wrapper.properties").read_text()
    assert re.search(r"gradle-8\.1[3-9]", wrapper) and catalogue["versions"]["agp"].startswith("8.13.")
    manifest = layout.MANIFEST.read_text()
    assert "package=" not in manifest and "android:extractNativeLibs" not in manifest  # AGP minds both


def test_activities_of_the_manifest_exist():
    root = ET.parse(layout.MANIFEST).getroot()
    named = [node.get(f"{ANDROID}name") for node in root.iter() if node.tag in ("activity", "provider", "application")]
    folder = layout.JAVA / layout.PACKAGE.replace(".", "/")
    assert len(named) == 4
    assert all((folder / f"{name.removeprefix('.').replace('.', '/')}.java").is_file() for name in named)
    assert f'"{layout.PACKAGE}.files"' in (folder / "app" / "SharedFiles.java").read_text()


def test_every_text_is_used_and_none_is_written_into_layouts():
    strings = {node.get("name") for node in ET.parse(layout.RESOURCES / "values" / "strings.xml").getroot()}
    sources = [*layout.JAVA.rglob("*.java"), *layout.RESOURCES.rglob("*.xml"), layout.MANIFEST]
    used = {name for path in sources for name in re.findall(r"(?:R\.string\.|@string/)(\w+)", path.read_text())}
    assert strings == used
    for path in layout.RESOURCES.rglob("*.xml"):
        assert not re.search(r'android:(text|hint|contentDescription|title|label)="[^@]', path.read_text()), path


def test_night_has_every_colour_of_day():
    def colours(folder):
        return {node.get("name") for node in ET.parse(layout.RESOURCES / folder / "colors.xml").getroot()}

    assert colours("values") - colours("values-night") == {"icon_back"}


@pytest.mark.parametrize("folder", ["values", "values-night"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("text", "background"),
        ("text_quiet", "background"),
        ("accent", "background"),
        ("on_accent", "accent"),
        ("text_quiet", "stage"),
    ],
)
def test_texts_can_be_read(folder, front, back):
    """Contrast by WCAG 2.1: 4.5 is wanted of texts."""
    colours = {
        node.get("name"): [int(node.text[i : i + 2], 16) / 255 for i in (3, 5, 7)]
        for node in ET.parse(layout.RESOURCES / folder / "colors.xml").getroot()
    }

    def luminance(colour):
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    light, dark = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_icon_is_what_draws_it(tmp_path):
    for path in icon.write(tmp_path):
        kept = layout.RESOURCES / path.relative_to(tmp_path)
        if path.suffix == ".png":  # zlib's versions compress differently
            assert np.array_equal(images.read_image(path), images.read_image(kept))
        else:
            assert path.read_text() == kept.read_text()


def test_pictures_in_the_readme_are_small():
    pictures = list((layout.DEMO / "docs").glob("*.png"))
    assert len(pictures) >= 7
    assert all(path.stat().st_size <= 300_000 for path in pictures)
    readme = (layout.DEMO / "README.md").read_text()
    assert all(f"docs/{path.name}" in readme for path in pictures)
