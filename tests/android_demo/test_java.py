"""JUnit on the JVM: the demo's plain Java, compared with what Python makes of the same pictures."""

import android_jvm
import android_reference
import pytest

pytestmark = pytest.mark.xdist_group("android_java")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    android_reference.write_filters(folder)
    android_reference.write_renders(folder)
    return folder


@pytest.mark.parametrize("package", ["core", "bench"])
def test_plain_java(jvm, reference, package):
    jvm.junit(*android_jvm.test_classes(package=package), properties={"reference": reference})


def test_a_failing_test_is_noticed(jvm, tmp_path):
    (tmp_path / "filters.json").write_text("[]")
    with pytest.raises(AssertionError, match="Failures: 1"):
        jvm.junit("core.FiltersTest", properties={"reference": tmp_path})

