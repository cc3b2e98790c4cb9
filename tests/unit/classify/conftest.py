"""A synthetic shop: healthy series with noise, to which a test adds what a cause does to them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tocsin.model.hypothesis import Playbook
from tocsin.model.signal import Signal, part_key
from tocsin.model.topology import Edge, ServiceNode, Topology
from tocsin.model.window import Array, RawSeries, SampleWindow
from tocsin.yamlfile import load_model, read_yaml

ROOT = Path(__file__).parents[3]
SECONDS, BROKEN = 120, 100  # length of the window, and when the cause sets in
ISSUERS = ("coupon-issuer-1", "coupon-issuer-2", "coupon-issuer-3")
REPLICAS = ("app-1", *ISSUERS, "mysql-1", "redis-1", "kafka-1", "resource-exporter-1")

Change = Mapping[tuple[str, str], float | None]
"""(signal, entity) to what it reads from BROKEN on; None: no sample any more."""
MakeShop = Callable[..., SampleWindow]

LEVELS: dict[str, dict[str, tuple[float, float]]] = {  # signal, entity: healthy mean and deviation
    "redis_command_time": {"app->redis": (0.002, 0.0006)},
    "app_mysql_time": {"app->mysql": (0.004, 0.002)},
    "issuer_mysql_time": {"coupon-issuer->mysql": (0.004, 0.002)},
    "app_kafka_time": {"app->kafka": (0.012, 0.004)},
    "issuer_kafka_time": {"coupon-issuer->kafka": (4e6, 2e6)},
    "product_time": {"app": (0.006, 0.003)},
    "ranking_time": {"app": (0.01, 0.004)},
    "coupon_time": {"app": (0.02, 0.006)},
    "listener_time": {"coupon-issuer": (0.006, 0.003)},
    "server_errors": {"app": (0.0, 0.0)},
    "redis_errors": {"app->redis": (0.0, 0.0)},
    "pool_wait": {"app": (0.0005, 0.0003)},
    "pool_pending": {"app": (0.0, 0.0)},
    "cache_miss": {"app->redis": (0.01, 0.006)},
    "issue_lag": {"coupon-issuer": (4.0, 3.0)},
    "issue_progress": {"coupon-issuer": (30.0, 6.0)},
    "scrape": dict.fromkeys(REPLICAS, (1.0, 0.0)),
    "redis_answers": {"redis": (1.0, 0.0)},
    "mysql_answers": {"mysql": (1.0, 0.0)},
    "broker_answers": {"kafka": (1.0, 0.0)},
    "issuer_put_off": {"coupon-issuer->kafka": (0.0, 0.0)},
    "listed": dict.fromkeys(REPLICAS, (1700000000.0, 0.0)),
    "started": dict.fromkeys(REPLICAS, (1600000000.0, 0.0)),
    "cpu": dict.fromkeys(REPLICAS, (0.2, 0.05)),
    "cpu_still": dict.fromkeys(("app-1", *ISSUERS), (0.05, 0.01)),
    "cpu_throttled": {"app": (0.0, 0.0), "mysql": (0.02, 0.02)},
    "memory": dict.fromkeys(REPLICAS, (100000000.0, 1000000.0)),
    "oom_killed": dict.fromkeys(("app-1", "mysql-1", "redis-1"), (0.0, 0.0)),
    "redis_keys": {"redis": (3000.0, 5.0)},
    "redis_evictions": {"redis": (0.0, 0.0)},
    "redis_own_time": {"redis": (0.01, 0.004)},
    "mysql_busy": {"mysql": (2.0, 1.0)},
    "mysql_lock_waits": {"mysql": (0.0, 0.0)},
}


@pytest.fixture(scope="session")
def signals() -> dict[str, Signal]:
    """The shop's signals."""
    content = read_yaml(ROOT / "compose" / "shop" / "signals.yaml")["signals"]
    return {name: Signal.model_validate(signal) for name, signal in content.items()}


@pytest.fixture(scope="session")
def playbooks() -> list[Playbook]:
    """All playbooks of the catalogue."""
    return [load_model(path, Playbook) for path in sorted((ROOT / "runbooks" / "playbooks").glob("*.yaml"))]


@pytest.fixture(scope="session")
def topology() -> Topology:
    """The shop's services and edges."""
    components = {"app": "http", "coupon-issuer": "consumer", "mysql": "mysql", "redis": "redis", "kafka": "kafka"}
    components |= {"resource-exporter": "monitoring", "load": "monitoring"}
    edges = (
        ("app", "redis"),
        ("app", "mysql"),
        ("app", "kafka"),
        ("coupon-issuer", "mysql"),
        ("coupon-issuer", "kafka"),
    )
    return Topology(
        stack="shop",
        services={name: ServiceNode(name=name, component=component) for name, component in components.items()},
        edges={f"{a}-{b}": Edge(name=f"{a}-{b}", caller=a, callee=b) for a, b in edges},
    )


@pytest.fixture(scope="session")
def make_shop(signals: dict[str, Signal]) -> MakeShop:
    """A window of the shop: healthy throughout, or changed from second BROKEN on."""

    def build(change: Change | None = None, seed: int = 1) -> SampleWindow:
        rng = np.random.default_rng(seed)
        series: dict[str, list[RawSeries]] = {}
        for name, entities in LEVELS.items():
            for entity, (mean, noise) in entities.items():
                row = np.maximum(mean + noise * rng.standard_normal(SECONDS), 0.0)
                row *= np.where(rng.random(SECONDS) < 0.01, 2.0, 1.0) if noise else 1.0  # odd seconds happen
                if change is not None and (name, entity) in change:
                    to = change[name, entity]
                    row[BROKEN:] = np.nan if to is None else to * (1 + 0.1 * rng.random(SECONDS - BROKEN))
                for part, raw in _raw(name, signals[name], entity, row).items():
                    series.setdefault(part, []).append(raw)
        return SampleWindow(0, SECONDS, series)

    return build


def _raw(name: str, signal: Signal, entity: str, row: Array) -> dict[str, RawSeries]:
    if signal.gauge is not None:
        known = np.isfinite(row)
        return {name: RawSeries(entity, np.arange(1.0, row.size + 1)[known], row[known])}
    if signal.rate is not None:
        return {name: _counter(entity, row)}
    top, bottom = (part_key(name, part) for part in signal.selectors)
    return {top: _counter(entity, row * 100.0), bottom: _counter(entity, np.where(np.isfinite(row), 100.0, np.nan))}


def _counter(entity: str, increments: Array) -> RawSeries:
    known = np.concatenate(([True], np.isfinite(increments)))
    values = np.concatenate(([0.0], np.cumsum(np.nan_to_num(increments))))
    return RawSeries(entity, np.arange(values.size, dtype=np.float64)[known], values[known])
