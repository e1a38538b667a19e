"""The Java classes and the APK, made once for all tests of a worker."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

import android_jvm
import android_metadata
import android_reference
import android_renders
from android_demo.apk import building, layout, maven, tools


@dataclasses.dataclass(frozen=True)
class Built:
    """An APK and where it came from: its assets' folder, and the folder with what lay between."""

    apk: Path
    assets: Path
    work: Path


@pytest.fixture(scope="session")
def jvm(tmp_path_factory):
    return android_jvm.compiled(tmp_path_factory.mktemp("java"))


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """What the tests of the plain Java compare with."""
    folder = tmp_path_factory.mktemp("reference")
    android_reference.write_filters(folder)
    android_renders.write_renders(folder)
    android_reference.write_statistics(folder)
    android_reference.write_orientations(folder)
    android_metadata.write_metadata(folder)
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory, tiny_models):
    """The app as `make apk` builds it, with a tiny model; skips where Debian's tools or libraries can't be had."""
    if tools.missing() or not tools.FRAMEWORK_RESOURCES.is_file():
        pytest.skip("THE APK IS NOT TESTED: Debian's tools are missing; make apk says which")
    folder = tmp_path_factory.mktemp("apk")
    assets = folder / "assets"
    assets.mkdir()
    model = assets / layout.MODEL
    shutil.copyfile(tiny_models / "focus.tflite", model)
    (assets / layout.SIDECAR).write_text(json.dumps(android_renders.sidecar_of(model, quantization="fp32")))
    try:
        apk = building.build(folder / "demo.apk", assets_folder=assets, work=folder / "work")
    except maven.FetchError as error:
        pytest.skip(f"THE APK IS NOT TESTED: {error}")
    return Built(apk, assets, folder / "work")
