"""Where things are: the Android source tree, and what the build writes."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "android_demo"
MAIN = DEMO / "app" / "src" / "main"
MANIFEST = MAIN / "AndroidManifest.xml"
RESOURCES = MAIN / "res"
ASSETS = MAIN / "assets"
JAVA = MAIN / "java"
TEST_JAVA = DEMO / "app" / "src" / "test" / "java"
KEYSTORE = Path(__file__).with_name("debug.p12")

BUILD = ROOT / "build" / "android"
CACHE = BUILD / "maven"
APK = BUILD / "pynet_bokeh_demo.apk"

MODEL, SIDECAR = "model.tflite", "model.json"
"""The model's names in the assets, whatever its file was called."""
PACKAGE = "io.github.pynetbokeh.demo"
MIN_SDK, TARGET_SDK = 24, 35
VERSION_CODE, VERSION_NAME = 1, "0.1.0"
ABIS = ("arm64-v8a", "x86_64")
