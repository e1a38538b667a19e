"""The Java classes, compiled once for all tests of a worker."""

import pytest

import android_jvm


@pytest.fixture(scope="session")
def jvm(tmp_path_factory):
    return android_jvm.compiled(tmp_path_factory.mktemp("java"))
