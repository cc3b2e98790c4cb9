"""Resource use of a stack's replicas under the metric names of cAdvisor: ``python -m tocsin.exporters.resource``.

It says what a container platform would say and no more; above all it does not say whether a process is frozen.
A replica whose leading process is gone is not listed; only its kills for want of memory still are, because its cgroup
outlives it.
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict

from tocsin import clock
from tocsin.exporters import proc
from tocsin.exporters.endpoint import serve
from tocsin.exporters.oom import read_oom_kills
from tocsin.exporters.quota import CpuQuota, read_duty, read_quota

_LABELS = (
    "name",
    "container_label_com_docker_compose_service",
    "container_label_com_docker_compose_container_number",
)

Labels = tuple[str, str, str]
"""The values of the labels of one replica: its name, service and number."""


class _Replica(BaseModel):
    """A replica, as far as the state file of the stack tells this exporter."""

    model_config = ConfigDict(extra="ignore")

    service: str
    number: int
    pid: int
    started: int
    boot: str
    cgroup: str | None = None
    memory_cgroup: str | None = None
    memory_limit: int | None = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}"

    @property
    def labels(self) -> Labels:
        return self.name, self.service, str(self.number)


class _State(BaseModel):
    model_config = ConfigDict(extra="ignore")

    replicas: list[_Replica] = []


@dataclass(frozen=True)
class Usage:
    """What one replica uses at one moment; times in seconds, sizes in bytes."""

    labels: Labels
    cpu_seconds: float
    memory: proc.Memory
    memory_limit: int | None
    disk: proc.Disk
    processes: int
    started: float
    quota: CpuQuota | None


def read_replicas(path: Path) -> list[_Replica]:
    """The replicas in a state file; none when the stack is being taken down."""
    text = proc.read_text(path)
    return _State.model_validate_json(text).replicas if text else []


def _quota(replica: _Replica, duty: Path) -> CpuQuota | None:
    return read_quota(Path(replica.cgroup)) if replica.cgroup else read_duty(duty / f"{replica.name}.json")


def usages(replicas: Sequence[_Replica], duty: Path) -> list[Usage]:
    """What every replica uses whose leading process is alive; ``duty`` has the counts of CPU limits without cgroups."""
    members = proc.sessions({replica.pid for replica in replicas})
    boot, booted = proc.boot_id(), proc.boot_time()
    found = []
    for replica in replicas:
        own = members[replica.pid]
        leader = next((process for process in own if process.pid == replica.pid), None)
        if leader is None or leader.started != replica.started or replica.boot != boot:
            continue
        pids = [process.pid for process in own]
        found.append(
            Usage(
                labels=replica.labels,
                cpu_seconds=sum(process.cpu_ticks for process in own) / proc.TICKS_PER_SECOND,
                memory=proc.memory(pids),
                memory_limit=replica.memory_limit,
                disk=proc.disk(pids),
                processes=len(own),
                started=booted + leader.started / proc.TICKS_PER_SECOND,
                quota=_quota(replica, duty),
            )
        )
    return found


def metrics(found: list[Usage], now: float) -> Iterator[Metric]:
    """CAdvisor's metrics of the replicas, and the machine's size."""
    yield _counter("container_cpu_usage_seconds", "CPU time.", ((u.labels, u.cpu_seconds) for u in found))
    yield _gauge("container_memory_rss", "Anonymous memory.", ((u.labels, u.memory.anonymous) for u in found))
    yield _gauge("container_memory_working_set_bytes", "Resident.", ((u.labels, u.memory.resident) for u in found))
    limits = ((u.labels, u.memory_limit or 0) for u in found)
    yield _gauge("container_spec_memory_limit_bytes", "Planned memory limit; 0 = unlimited.", limits)
    yield _counter("container_fs_reads_bytes", "Bytes read from storage.", ((u.labels, u.disk.read) for u in found))
    yield _counter("container_fs_writes_bytes", "Bytes sent to storage.", ((u.labels, u.disk.written) for u in found))
    yield _gauge("container_processes", "Processes.", ((u.labels, u.processes) for u in found))
    yield _gauge("container_start_time_seconds", "Start, Unix time.", ((u.labels, u.started) for u in found))
    yield _gauge("container_last_seen", "When it was last seen, Unix time.", ((u.labels, now) for u in found))
    yield from _quota_metrics([(u.labels, u.quota) for u in found if u.quota])
    yield GaugeMetricFamily("machine_cpu_cores", "CPUs that may be used.", value=len(os.sched_getaffinity(0)))
    yield GaugeMetricFamily("machine_memory_bytes", "Memory of the machine.", value=proc.machine_memory())


def oom_metrics(replicas: Sequence[_Replica]) -> Iterator[Metric]:
    """Kills for want of memory, of every replica that is held to a memory limit, dead ones included."""
    kills = [(r.labels, read_oom_kills(Path(r.memory_cgroup))) for r in replicas if r.memory_cgroup]
    yield oom_family([(labels, count) for labels, count in kills if count is not None])


def oom_family(kills: Iterable[tuple[Labels, int]]) -> Metric:
    """Kills for want of memory by replica."""
    return _counter("container_oom_events", "Kills because the memory limit was reached.", kills)


def _quota_metrics(found: list[tuple[Labels, CpuQuota]]) -> Iterator[Metric]:
    limited = [(labels, quota.quota) for labels, quota in found if quota.quota is not None]
    yield _gauge("container_spec_cpu_quota", "CPU quota in microseconds per period; absent = unlimited.", limited)
    yield _gauge("container_spec_cpu_period", "Period in microseconds.", ((n, q.period) for n, q in found))
    yield _counter("container_cpu_cfs_periods", "Scheduler periods.", ((n, q.periods) for n, q in found))
    throttled = ((n, q.throttled_periods) for n, q in found)
    yield _counter("container_cpu_cfs_throttled_periods", "Periods in which the quota was used up.", throttled)
    seconds = ((n, q.throttled_seconds) for n, q in found)
    yield _counter("container_cpu_cfs_throttled_seconds", "Time held back by the quota.", seconds)


def _counter(name: str, text: str, values: Iterable[tuple[Labels, float]]) -> Metric:
    family = CounterMetricFamily(name, text, labels=_LABELS)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def _gauge(name: str, text: str, values: Iterable[tuple[Labels, float]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=_LABELS)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


class ResourceCollector(Collector):
    """Reads the state file and ``/proc`` on every scrape."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        replicas = read_replicas(self._state)
        yield from metrics(usages(replicas, self._state.parent / "duty"), clock.wall())
        yield from oom_metrics(replicas)


def main() -> None:
    """Run until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the stack's state file")
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    options = parser.parse_args()
    serve(ResourceCollector(options.state), options.port)


if __name__ == "__main__":
    main()
