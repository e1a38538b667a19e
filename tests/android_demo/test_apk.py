"""The APK as Android's own tools, and others, read it."""

import dataclasses
import mmap
import os
import re
import subprocess
import sys
import venv
import zipfile

import pytest

import android_jvm
from android_demo.apk import building, compiling, layout, maven, packing, tools
from pynet_bokeh.errors import UserError

pytestmark = pytest.mark.xdist_group("android_java")
PAGE = 4096


def needs(*commands):
    if tools.missing(commands):
        pytest.skip(f"THE APK'S CLASSES ARE NOT CHECKED: no {', '.join(tools.missing(commands))}; apt-get install them")


def test_its_signature_verifies(built):
    printed = tools.run("apksigner", "verify", "--verbose", "--min-sdk-version", str(layout.MIN_SDK), built.apk)
    assert "(APK Signature Scheme v2): true" in printed
    assert "(APK Signature Scheme v3): true" in printed


def test_a_changed_byte_breaks_its_signature(built, tmp_path):
    content = bytearray(built.apk.read_bytes())
    content[packing.data_offset(built.apk, f"assets/{layout.MODEL}") + 100] ^= 1
    changed = tmp_path / "changed.apk"
    changed.write_bytes(content)
    with pytest.raises(UserError, match="DOES NOT VERIFY"):
        tools.run("apksigner", "verify", changed)


def test_aapt_reads_it(built):
    printed = tools.run("aapt", "dump", "badging", built.apk)
    assert f"package: name='{layout.PACKAGE}' versionCode='{layout.VERSION_CODE}'" in printed
    assert f"sdkVersion:'{layout.MIN_SDK}'" in printed
    assert f"targetSdkVersion:'{layout.TARGET_SDK}'" in printed
    assert f"launchable-activity: name='{layout.PACKAGE}.app.MainActivity'" in printed
    assert "native-code: 'arm64-v8a' 'x86_64'" in printed
    asked = set(re.findall(r"^uses-permission: name='([^']+)'", printed, re.MULTILINE))
    tree = tools.run("aapt", "dump", "xmltree", built.apk, "AndroidManifest.xml")
    assert re.search(r"extractNativeLibs\(0x010104ea\)=\(type 0x12\)0x0$", tree, re.MULTILINE)
    assert asked <= {"android.permission.WRITE_EXTERNAL_STORAGE", "android.permission.READ_EXTERNAL_STORAGE"}


def test_the_model_can_be_mapped(built):
    """As Android does it: the pages of the APK that the model lies on, without unpacking."""
    offset = packing.data_offset(built.apk, f"assets/{layout.MODEL}")
    assert offset % 4 == 0
    model = (built.assets / layout.MODEL).read_bytes()
    start = offset % mmap.ALLOCATIONGRANULARITY
    with (
        built.apk.open("rb") as file,
        mmap.mmap(file.fileno(), start + len(model), access=mmap.ACCESS_READ, offset=offset - start) as pages,
    ):
        assert pages[start:] == model


def test_libraries_can_be_mapped(built):
    names = [info.filename for info in zipfile.ZipFile(built.apk).infolist() if info.filename.endswith(".so")]
    assert sorted(names) == [
        f"lib/{abi}/{name}.so" for abi in layout.ABIS for name in ("libtensorflowlite_gpu_jni", "libtensorflowlite_jni")
    ]
    assert all(packing.data_offset(built.apk, name) % PAGE == 0 for name in names)
    assert packing.data_offset(built.apk, "resources.arsc") % 4 == 0  # Android 11 refuses it otherwise


def test_no_call_that_android_7_lacks(built):
    needs("dexdump")
    code = tools.run("dexdump", "-d", built.work / "classes.dex")
    assert "invoke-virtual" in code
    assert "invoke-custom" not in code and "invoke-polymorphic" not in code
    for name in ("app/MainActivity", "core/RenderJob", "engine/TfliteEngine", "bench/BenchmarkRun"):
        assert f"'Lio/github/pynetbokeh/demo/{name};'" in code
    assert "'Lorg/tensorflow/lite/gpu/GpuDelegate;'" in code


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("java.nio.file.Files.exists(null)", "java.nio.file.Files"),
        ("java.time.Instant.now()", "java.time.Instant"),
        ("new android.app.NotificationChannel(null, null, 0)", "android.app.NotificationChannel"),
        ("((android.app.Activity) null).setTranslucent(true)", "setTranslucent"),
    ],
)
def test_a_call_above_android_7_does_not_build(built, tmp_path, code, named):
    source = tmp_path / "source" / "Later.java"
    source.parent.mkdir()
    source.write_text(f"class Later {{ Object call() throws Exception {{ return {code}; }} }}")
    given = building.libraries()
    classes = compiling.javac([source.parent], [given.framework], tmp_path / "classes")
    with pytest.raises(UserError, match=re.escape(named)):
        compiling.dex(classes, [], oldest=given.oldest, dx=given.dx, work=tmp_path)


def test_a_second_build_is_the_same(built, tmp_path):
    before = os.umask(0o077)
    try:
        again = building.build(tmp_path / "again.apk", assets_folder=built.assets, work=tmp_path / "other" / "work")
    finally:
        os.umask(before)
    assert again.read_bytes() == built.apk.read_bytes()


def test_junit_on_the_classes_of_the_dex(built, jvm, reference, tmp_path):
    """What went through ProGuard and dx, taken back, still passes the tests of the plain Java."""
    needs("enjarify")
    jar = tmp_path / "back.jar"
    tools.run("/usr/bin/python3", "-O", "-m", "enjarify.main", built.work / "classes.dex", "-o", jar)
    back = tmp_path / "back"
    with zipfile.ZipFile(jar) as archive:
        archive.extractall(back)
    name = f"{layout.PACKAGE.replace('.', '/')}/core/Statistics.class"
    assert (back / name).read_bytes() != (jvm.classes / name).read_bytes()
    again = dataclasses.replace(jvm, classes=back, libraries=(jvm.classes, *jvm.libraries))
    again.junit(*android_jvm.tests_of("core"), "bench.BenchmarkRunTest", properties={"reference": reference})


@pytest.mark.slow
def test_androguard_reads_it(built):
    """In an environment of its own: it brings 50 packages."""
    home = layout.BUILD / "androguard"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "androguard==4.1.3"], check=True)
    code = (
        "import sys; from loguru import logger; logger.remove(); from androguard.misc import AnalyzeAPK; "
        "apk, dexes, analysis = AnalyzeAPK(sys.argv[1]); "
        "print(apk.is_valid_APK(), apk.get_package(), apk.get_min_sdk_version(), apk.get_main_activity(), "
        "apk.is_signed_v2(), sum(len(dex.get_classes()) for dex in dexes) > 50)"
    )
    printed = subprocess.run([python, "-c", code, built.apk], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["True", layout.PACKAGE, "24", f"{layout.PACKAGE}.app.MainActivity", "True", "True"]


def test_missing_tools_are_one_line(built, monkeypatch, capsys):
    from android_demo.apk.__main__ import main

    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    assert main(["build"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt-get install aapt apksigner default-jdk-headless maven proguard-cli zipalign" in error


def test_what_is_not_pinned_is_not_used(built, tmp_path):
    (wanted,) = [one for one in maven.pinned("junit") if one.name == "hamcrest-core"]
    path = maven.fetch([wanted], tmp_path)[wanted.file]
    path.write_bytes(b"something else")
    assert maven.fetch([wanted], tmp_path)[wanted.file].read_bytes()[:2] == b"PK"
    path.unlink()
    with pytest.raises(UserError, match="not the file that"):
        maven.fetch([dataclasses.replace(wanted, sha256="0" * 64)], tmp_path)
    assert not path.exists()


def test_what_cannot_be_had_is_one_kind_of_error(built, tmp_path, monkeypatch):
    (wanted,) = [one for one in maven.pinned("junit") if one.name == "hamcrest-core"]
    with pytest.raises(maven.FetchError, match=r"hamcrest-core-0\.0\.1\.jar: can't be fetched; mvn failed"):
        maven.fetch([dataclasses.replace(wanted, version="0.0.1")], tmp_path)
    monkeypatch.setattr(maven, "SECONDS", 0.1)
    with pytest.raises(maven.FetchError, match=r"can't be fetched; mvn: not done after 0\.1 s"):
        maven.fetch([wanted], tmp_path)
    assert not list(tmp_path.iterdir())
