"""Resource use of a project's containers under the metric names of cAdvisor: ``python -m tocsin.exporters.containers``.

The names and labels that :mod:`tocsin.exporters.resource` has for processes, from what the Docker engine tells. A loop
looks once a second, so that a scrape never waits for the engine; a look that is too old is not shown.
"""

import argparse
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import Metric
from prometheus_client.registry import Collector

from tocsin import clock
from tocsin.exporters import proc
from tocsin.exporters.endpoint import keep_looking, serve
from tocsin.exporters.engine import EngineError, ask
from tocsin.exporters.quota import CpuQuota
from tocsin.exporters.resource import Labels, Usage, metrics, oom_family

_FRESH = 3.0
_PERIOD = 100_000
_PREFIX = "com.docker.compose."
_log = logging.getLogger(__name__)

Facts = Mapping[str, Any]


def labels_of(facts: Facts) -> Labels:
    """How signals name a container: as the replica of its service."""
    labels = facts["Config"]["Labels"]
    service, number = labels[f"{_PREFIX}service"], labels.get(f"{_PREFIX}container-number", "1")
    return f"{service}-{number}", service, number


def usage_of(facts: Facts, stats: Facts) -> Usage:
    """What a running container uses, from what the engine tells of it and of its use."""
    memory, details = stats.get("memory_stats") or {}, (stats.get("memory_stats") or {}).get("stats") or {}
    cached = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Usage(
        labels=labels_of(facts),
        cpu_seconds=stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        memory=proc.Memory(
            resident=max(0, memory.get("usage", 0) - cached),
            anonymous=details.get("total_rss", details.get("rss", details.get("anon", 0))),
        ),
        memory_limit=facts["HostConfig"].get("Memory") or None,
        disk=_disk(stats),
        processes=(stats.get("pids_stats") or {}).get("current", 0),
        started=seconds(facts["State"]["StartedAt"]),
        quota=_quota(facts["HostConfig"], stats),
    )


def _disk(stats: Facts) -> proc.Disk:
    rows = (stats.get("blkio_stats") or {}).get("io_service_bytes_recursive") or []
    sums = {"read": 0, "write": 0}
    for row in rows:
        if row["op"].lower() in sums:
            sums[row["op"].lower()] += row["value"]
    return proc.Disk(read=sums["read"], written=sums["write"])


def _quota(host: Facts, stats: Facts) -> CpuQuota:
    counts = stats["cpu_stats"].get("throttling_data") or {}
    quota: float | None = None
    if host.get("NanoCpus"):
        quota = host["NanoCpus"] * _PERIOD / 1e9
    elif (host.get("CpuQuota") or 0) > 0:
        quota = host["CpuQuota"] * _PERIOD / (host.get("CpuPeriod") or _PERIOD)
    return CpuQuota(
        quota=None if quota is None else round(quota),
        period=_PERIOD,
        periods=counts.get("periods", 0),
        throttled_periods=counts.get("throttled_periods", 0),
        throttled_seconds=counts.get("throttled_time", 0) / 1e9,
    )


def seconds(stamp: str) -> float:
    """A time of the engine in seconds since the epoch."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


@dataclass
class Kills:
    """Kills for want of memory so far; the engine tells only of the last one of each container."""

    _seen: dict[str, set[str]] = field(default_factory=dict)
    _counts: dict[Labels, int] = field(default_factory=dict)

    def look(self, facts: Facts) -> None:
        """Take in what the engine tells of a container now."""
        labels, state = labels_of(facts), facts["State"]
        self._counts.setdefault(labels, 0)
        run = str(state.get("StartedAt"))
        seen = self._seen.setdefault(str(facts["Id"]), set())
        if state.get("OOMKilled") and run not in seen:
            seen.add(run)
            self._counts[labels] += 1

    @property
    def counts(self) -> list[tuple[Labels, int]]:
        """By container, dead ones included."""
        return list(self._counts.items())


class ContainerCollector(Collector):
    """Answers with the last look of its loop."""

    def __init__(self, engine: Path, project: str) -> None:
        self._engine = engine
        self._project = project
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="stats")
        self._kills = Kills()
        self._last: tuple[float, list[Usage]] = (clock.monotonic() - 2 * _FRESH, [])

    def collect(self) -> Iterator[Metric]:
        """The metrics of the last look, if it is fresh."""
        at, found = self._last
        if clock.monotonic() - at <= _FRESH:
            yield from metrics(found, clock.wall())
            yield oom_family(self._kills.counts)

    def look(self) -> None:
        """Look once; an engine that is away is no reason to end."""
        at = clock.monotonic()
        try:
            short = ask(
                self._engine, "/containers/json", all="1", filters={"label": [f"{_PREFIX}project={self._project}"]}
            )
            found = list(self._pool.map(self._one, [str(one["Id"]) for one in short]))
        except EngineError as error:
            _log.warning("no look: %s", error)
            return
        self._last = at, [usage for usage in found if usage is not None]

    def _one(self, container: str) -> Usage | None:
        """A container's use; None when it does not run, or has been removed meanwhile."""
        try:
            facts = ask(self._engine, f"/containers/{container}/json")
            self._kills.look(facts)
            if not facts["State"]["Running"]:
                return None
            stats = {"stream": "false", "one-shot": "true"}
            return usage_of(facts, ask(self._engine, f"/containers/{container}/stats", **stats))
        except (EngineError, KeyError):
            return None


def main() -> None:
    """Run until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True, help="the compose project whose containers are looked at")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--engine", type=Path, default=Path("/var/run/docker.sock"), help="the engine's socket")
    options = parser.parse_args()
    collector = ContainerCollector(options.engine, options.project)
    keep_looking(collector.look)
    serve(collector, options.port)


if __name__ == "__main__":
    main()
