"""A replica's CPU quota and how often it held the replica back, from its cgroup (v1 or v2)."""

import json
from dataclasses import dataclass
from pathlib import Path

from tocsin.exporters.proc import parse_fields, read_text


@dataclass(frozen=True)
class CpuQuota:
    """``quota`` (None = unlimited) and ``period`` in microseconds; the counts are in periods and seconds."""

    quota: int | None
    period: int
    periods: int
    throttled_periods: int
    throttled_seconds: float


def read_quota(group: Path) -> CpuQuota | None:
    """The quota of a cgroup; None when the group is gone."""
    stat = read_text(group / "cpu.stat")
    unified = read_text(group / "cpu.max")
    if not stat:
        return None
    if unified:
        return parse_v2(unified, stat)
    return parse_v1(read_text(group / "cpu.cfs_quota_us"), read_text(group / "cpu.cfs_period_us"), stat)


def read_duty(path: Path) -> CpuQuota | None:
    """The quota of a replica that is held to it by stopping and continuing; None when nobody does."""
    try:
        counts = json.loads(read_text(path) or "{}")
        return CpuQuota(
            quota=int(counts["quota"]) or None,
            period=100_000,
            periods=int(counts["periods"]),
            throttled_periods=int(counts["throttled"]),
            throttled_seconds=float(counts["seconds"]),
        )
    except (ValueError, KeyError):
        return None


def parse_v2(limit: str, stat: str) -> CpuQuota:
    """``cpu.max`` and ``cpu.stat`` of cgroup v2.

    Raises:
        ValueError: when ``limit`` is not of the form ``max 100000`` or ``50000 100000``.
    """
    quota, period = limit.split()
    fields = parse_fields(stat)
    return _quota(None if quota == "max" else int(quota), int(period), fields, fields.get("throttled_usec", 0) / 1e6)


def parse_v1(quota: str, period: str, stat: str) -> CpuQuota:
    """``cpu.cfs_quota_us`` (negative = unlimited), ``cpu.cfs_period_us`` and ``cpu.stat`` of cgroup v1.

    Raises:
        ValueError: when quota or period is no number.
    """
    fields = parse_fields(stat)
    limit = int(quota)
    return _quota(None if limit < 0 else limit, int(period), fields, fields.get("throttled_time", 0) / 1e9)


def _quota(limit: int | None, period: int, fields: dict[str, int], throttled_seconds: float) -> CpuQuota:
    return CpuQuota(
        quota=limit,
        period=period,
        periods=fields.get("nr_periods", 0),
        throttled_periods=fields.get("nr_throttled", 0),
        throttled_seconds=throttled_seconds,
    )
