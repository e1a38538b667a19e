"""JUnit on the JVM: the demo's plain Java, compared with what Python makes of the same pictures."""

import pytest

import android_jvm
import android_metadata

pytestmark = pytest.mark.xdist_group("android_java")


def test_plain_java(jvm, reference):
    """The engine's and the real benchmark's tests need TFLite's native library: test_inference.py runs them."""
    jvm.junit(*android_jvm.tests_of("core"), "bench.BenchmarkRunTest", properties={"reference": reference})
    assert android_metadata.check_metadata(reference) == 11


def test_a_failing_test_is_noticed(jvm, tmp_path):
    (tmp_path / "filters.json").write_text("[]")
    with pytest.raises(AssertionError, match="Failures: 1"):
        jvm.junit("core.FiltersTest", properties={"reference": tmp_path})
