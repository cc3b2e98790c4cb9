"""A finished run as a tape: the shared story, with counters and gauges that fit it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.model.event import EventData
from tocsin.model.run import RunMeta
from tocsin.tape.store import Sample, Tape, TapeReader

LENGTH, BROKEN, WELL = 158, 93, 107


@pytest.fixture
def tape(tmp_path: Path, meta: RunMeta, story: list[tuple[float, EventData]]) -> Path:
    """The path of a whole tape."""
    path = tmp_path / "runs" / meta.run / "tape.db"
    with Tape.create(path, meta) as writing:
        for t, data in story:
            writing.append(t, meta.started + t, data)
        for second in range(12, LENGTH):
            writing.samples(_second(second))
    return path


@pytest.fixture
def reader(tape: Path) -> Iterator[TapeReader]:
    """The tape, open for reading."""
    with TapeReader.open(tape) as opened:
        yield opened


def _second(second: int) -> list[Sample]:
    """What Prometheus would have shown: accepted coupons that nobody issues from BROKEN to WELL."""
    since = second - 12
    issued = min(since, BROKEN - 12) + max(0, second - WELL) * (1 + (WELL - BROKEN) / 20)
    waiting = max(0.0, 30.0 * (since - issued))
    counters = {
        ("product_scheduled", "product"): 80.0 * since,
        ("product_late", "product"): 0.0,
        ("ranking_scheduled", "ranking"): 37.0 * since,
        ("ranking_late", "ranking"): 0.0,
        ("coupon_scheduled", "coupon"): 30.0 * since,
        ("coupon_late", "coupon"): 0.0,
        ("coupon_accepted", "app"): 30.0 * since,
        ("coupon_on_time", "coupon-issuer"): 30.0 * min(float(since), issued),
        ("redis_commands", "app->redis"): 300.0 * since,
        ("redis_commands_fast", "app->redis"): 300.0 * since,
        ("load_scheduled", "product"): 147.0 * since,
        ("load_good", "product"): 147.0 * since,
        ("load_failed", "product"): 0.0,
        ("issue_progress", "coupon-issuer"): 30.0 * issued,
        ("listener_time:sum", "coupon-issuer"): 30.0 * issued * 0.002,
        ("listener_time:count", "coupon-issuer"): 30.0 * issued,
        ("cpu", "mysql-1"): 0.2 * since,
        ("cpu", "app-1"): 0.3 * since,
    }
    gauges = {("issue_lag", "coupon-issuer"): waiting, ("partition_lag", "coupon-issue/0"): waiting}
    return [Sample(part, entity, {}, float(second), value) for (part, entity), value in (counters | gauges).items()]
