"""CPU quotas as cgroup v1 and v2 write them."""

from pathlib import Path

import pytest

from tocsin.exporters.quota import CpuQuota, parse_v1, parse_v2, read_quota

V1_STAT = "nr_periods 461\nnr_throttled 86\nthrottled_time 7500000000\n"
V2_STAT = "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 461\nnr_throttled 86\nthrottled_usec 7500000\n"
LIMITED = CpuQuota(quota=50_000, period=100_000, periods=461, throttled_periods=86, throttled_seconds=7.5)
UNLIMITED = CpuQuota(quota=None, period=100_000, periods=0, throttled_periods=0, throttled_seconds=0.0)


def test_both_versions_say_the_same() -> None:
    assert parse_v1("50000\n", "100000\n", V1_STAT) == LIMITED
    assert parse_v2("50000 100000\n", V2_STAT) == LIMITED


def test_both_versions_know_no_limit() -> None:
    assert parse_v1("-1\n", "100000\n", "") == UNLIMITED
    assert parse_v2("max 100000\n", "usage_usec 12\n") == UNLIMITED


def test_a_broken_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        parse_v2("max", V2_STAT)


@pytest.mark.parametrize(
    "files",
    [
        {"cpu.stat": V1_STAT, "cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"},
        {"cpu.stat": V2_STAT, "cpu.max": "50000 100000\n"},
    ],
)
def test_the_version_is_seen_from_the_files(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    assert read_quota(tmp_path) == LIMITED


def test_a_group_that_is_gone_has_no_quota(tmp_path: Path) -> None:
    assert read_quota(tmp_path / "gone") is None
