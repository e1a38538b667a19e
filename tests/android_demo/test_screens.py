"""The activities, run by Robolectric on this machine's JVM with the APK's resources and TFLite's own library."""

import json
import zipfile

import pytest

import android_metadata
import android_robolectric
from android_demo.apk import layout, packing

pytestmark = pytest.mark.xdist_group("android_java")


@pytest.fixture(scope="module")
def screens(built, tmp_path_factory):
    return android_robolectric.compiled(tmp_path_factory.mktemp("screens"), built.apk, built.work)


@pytest.fixture(scope="module")
def apks(built, tmp_path_factory):
    """The APK with models that can't be used; unsigned, which assets don't mind."""
    folder = tmp_path_factory.mktemp("apks")
    entries = dict(packing.entries(built.apk))
    model, sidecar = f"assets/{layout.MODEL}", f"assets/{layout.SIDECAR}"
    damaged = bytearray(entries[model])
    damaged[len(damaged) // 2] ^= 255
    other = json.dumps(json.loads(entries[sidecar]) | {"sha256": "0" * 64}).encode()
    variants = {
        "right": {},
        "no_model": {model: None},
        "no_sidecar": {sidecar: None},
        "damaged": {model: bytes(damaged)},
        "cut_off": {model: entries[model][:-4]},
        "no_tflite": {model: b"x" * len(entries[model])},
        "other_sidecar": {sidecar: other},
        "broken_sidecar": {sidecar: entries[sidecar][:40]},
    }
    for name, changes in variants.items():
        kept = {key: value for key, value in (entries | changes).items() if value is not None}
        packing.pack(kept.items(), folder / f"{name}.apk")
    with zipfile.ZipFile(folder / "compressed.apk", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return folder


def test_the_main_screen(screens):
    screens.junit("MainScreenTest", "OpenedPictureTest", "ComingBackTest", "StatusTest", "FocusMapTest")


def test_metadata_and_the_numbers_of_pixels_are_kept(screens, tmp_path):
    android_metadata.write_photos(tmp_path)
    screens.junit("KeptMetadataTest", properties={"photos": tmp_path})
    assert android_metadata.check_photos(tmp_path) == 8


def test_the_benchmarks_screen(screens):
    screens.junit("BenchmarkScreenTest")


def test_models_that_cannot_be_used(screens, apks):
    screens.junit("ModelTest", properties={"apks": apks})


def test_android_7(screens):
    screens.junit("OldAndroidTest")


@pytest.mark.slow
def test_pictures_of_the_screens(screens, tmp_path):
    screens.junit("PicturesOfTheScreens", properties={"screens": tmp_path})
    assert len(list(tmp_path.glob("*.png"))) == 9
