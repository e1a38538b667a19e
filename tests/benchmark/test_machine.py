"""Facts about this machine."""

from benchmark.machine import container_memory_mb


def test_files_that_were_read_don_t_count_as_a_container_s_used_memory(tmp_path):
    (tmp_path / "memory.max").write_text("4000000000\n")
    (tmp_path / "memory.current").write_text("3900000000\n")
    (tmp_path / "memory.stat").write_text("anon 900000000\nactive_file 1000000000\ninactive_file 2000000000\n")
    assert container_memory_mb(tmp_path) == 3100


def test_a_container_without_a_limit_has_none(tmp_path):
    assert container_memory_mb(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1\n")
    (tmp_path / "memory.stat").write_text("active_file 0\n")
    assert container_memory_mb(tmp_path) is None
