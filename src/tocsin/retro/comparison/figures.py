"""The figures of one run that a comparison's tables and predictions speak of, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tocsin.model.event import LoadFigures
from tocsin.model.window import Array
from tocsin.retro.comparison.scaling import busy_rate
from tocsin.retro.comparison.side import ASIDE, Side
from tocsin.retro.resources import family_by_service

LOAD = ("rps", "p50_ms", "p95_ms", "p99_ms", "failed_share", "dropped_share")
"""Figures of requests: answers/s, percentiles in ms, shares of those scheduled."""

MISSES = "cache reads that miss (%)"
"""The name of that figure."""


@dataclass(frozen=True)
class LoadRow:
    """The requests of one phase (None: the whole load) and kind (None: all)."""

    phase: str | None
    request: str | None
    figures: dict[str, float]


def load_rows(side: Side) -> list[LoadRow]:
    """The whole load, then each phase, then each kind of request in it where there are several."""
    load = side.state.load
    if load is None:
        return []
    rows = [LoadRow(None, None, _of(load))]
    several = len(load.phases) > 1
    for phase in load.phases:
        name = phase.name if several else None
        if several:
            rows.append(LoadRow(name, None, _of(phase)))
        if len(phase.requests) > 1:
            rows += [LoadRow(name, request, _of(own)) for request, own in phase.requests.items() if own.scheduled]
    return rows


def server_figures(side: Side) -> dict[str, float]:
    """Figures of services and servers over the load, by name with unit."""
    return resource_figures(side) | _looks(side) | work_figures(side)


def _of(figures: LoadFigures) -> dict[str, float]:
    shares = {"failed_share": figures.failed, "dropped_share": figures.dropped}
    scheduled = max(1, figures.scheduled)
    found = {name: float(getattr(figures, name)) for name in LOAD[:4]}
    return found | {name: count / scheduled for name, count in shares.items()}


def resource_figures(side: Side) -> dict[str, float]:
    """CPU, memory, connections and storage of services over the load, by name with unit."""
    cpu = {f"CPU of {service} (cores)": float(known.mean()) for service, known in _by_service(side, "cpu").items()}
    memory = {
        f"memory of {service} (MiB)": float(known.max() / 1048576)
        for service, known in _by_service(side, "memory").items()
    }
    pools = _by_entity(side, "pool_active", side.window.levels)
    disks = _by_entity(side, "disk_written", side.window.increments)
    return (
        cpu
        | memory
        | {f"connections in use by {name} (95 % of seconds)": float(np.percentile(k, 95)) for name, k in pools.items()}
        | {f"written to storage by {n} (KiB/s)": float(k.mean() / 1024) for n, k in disks.items() if k.mean() > 1024}
    )


def _by_service(side: Side, family: str) -> dict[str, Array]:
    """Known seconds under load of a family, by service of the system itself."""
    services = side.meta.topology.services
    rows = family_by_service(side.meta, side.window, family, add=True).items()
    mine = {name: _loaded(side, values) for name, values in rows if services[name].component not in ASIDE}
    return {name: known for name, known in mine.items() if known.size}


def _by_entity(side: Side, signal: str, read: Callable[[str], dict[str, Array]]) -> dict[str, Array]:
    rows = read(signal) if signal in side.window.series else {}
    known = {name: _loaded(side, values) for name, values in rows.items()}
    return {name: values for name, values in known.items() if values.size}


def work_figures(side: Side) -> dict[str, float]:
    """Backlog and time of accepted work, and what became of reads of caches, where the stack has any."""
    found = _caches(side)
    window = side.window
    if "partition_lag" in window.series:
        known = _loaded(side, np.nansum(np.vstack(list(window.levels("partition_lag").values())), axis=0))
        if known.size:
            found["highest backlog (records)"] = float(known.max())
        rate = busy_rate(side)
        if rate is not None:
            found["worked off while behind (records/s)"] = rate
    for name in ("issue_time", "stock_lock_time"):
        if f"{name}:count" not in window.series:
            continue
        first, last = (int(moment) - window.start for moment in side.stretch)
        top, bottom = (np.nansum(window.total(f"{name}:{part}")[first : last + 30]) for part in ("sum", "count"))
        if bottom > 0:
            title = side.meta.signals[name].title
            found[f"{title} (ms, mean)"] = float(top / bottom * 1000)
    return found


def _caches(side: Side) -> dict[str, float]:
    """Shares of reads that missed, weighted by reads, and what was evicted."""
    found: dict[str, float] = {}
    for name, signal in side.meta.signals.items():
        if signal.family == "cache_miss" and f"{name}:whole" in side.window.series:
            part, whole = (float(_loaded(side, side.window.total(f"{name}:{of}")).sum()) for of in ("part", "whole"))
            if whole > 0:
                found[MISSES] = 100 * part / whole
        if signal.family == "evictions" and name in side.window.series:
            found["keys evicted"] = float(_loaded(side, side.window.total(name)).sum())
    return found


def _looks(side: Side) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in side.state.slow_queries:
        found[f"queries of {one.service} over {one.threshold_s:g} s"] = float(one.count)
        found[f"seconds spent in them by {one.service}"] = sum(row.total_s for row in one.rows)
    for query in side.state.queries:
        found[f"query {query.name} (ms)"] = query.took_ms
    for server in side.state.commands:
        for row in server.rows[:5]:
            found[f"{server.service} {row.command} (ms, mean)"] = row.mean_ms
    return found


def _loaded(side: Side, values: Array) -> Array:
    first = side.begun - side.window.start
    part = values[first : first + side.seconds]
    return part[np.isfinite(part)]
