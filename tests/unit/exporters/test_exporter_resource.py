"""What the resource exporter lists, on processes that really run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tocsin.exporters import proc
from tocsin.exporters.resource import ResourceCollector

SERVICE = {
    "name": "redis-1",
    "container_label_com_docker_compose_service": "redis",
    "container_label_com_docker_compose_container_number": "1",
}


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def state_file(folder: Path, pid: int, **changes: object) -> Path:
    """A state file with one replica, as a stack writes it."""
    started = proc.parse_stat(proc.read_text(f"/proc/{pid}/stat")).started
    replica = {"service": "redis", "number": 1, "pid": pid, "started": started, "boot": proc.boot_id()}
    path = folder / "state.json"
    path.write_text(json.dumps({"stack": "shop", "replicas": [replica | changes]}), encoding="utf-8")
    return path


def sample(state: Path, name: str, labels: dict[str, str] | None = None) -> float | None:
    """One value of a scrape."""
    registry = CollectorRegistry()
    registry.register(ResourceCollector(state))
    return registry.get_sample_value(name, labels or SERVICE)


def test_a_running_replica_is_listed(tmp_path: Path, child: subprocess.Popen[str]) -> None:
    state = state_file(tmp_path, child.pid, memory_limit=1024)
    assert sample(state, "container_processes") == 1
    assert sample(state, "container_spec_memory_limit_bytes") == 1024
    assert (sample(state, "container_memory_rss") or 0) > 100_000
    assert (sample(state, "container_memory_working_set_bytes") or 0) > (sample(state, "container_memory_rss") or 0)
    assert (sample(state, "container_cpu_usage_seconds_total") or 0) >= 0
    seen, started = sample(state, "container_last_seen"), sample(state, "container_start_time_seconds")
    assert seen is not None
    assert started is not None
    assert 0 <= seen - started + 1.0 < 60  # the boot time is known to a second only


@pytest.mark.parametrize("changes", [{"started": 1}, {"boot": "another"}])
def test_a_recycled_pid_is_not_the_replica(
    tmp_path: Path, child: subprocess.Popen[str], changes: dict[str, object]
) -> None:
    assert sample(state_file(tmp_path, child.pid, **changes), "container_last_seen") is None


def test_a_replica_that_is_gone_is_not_listed(tmp_path: Path, child: subprocess.Popen[str]) -> None:
    state = state_file(tmp_path, child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert sample(state, "container_last_seen") is None


def test_quota_and_throttling_come_from_the_cgroup(tmp_path: Path, child: subprocess.Popen[str]) -> None:
    (tmp_path / "cpu.stat").write_text("nr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n", encoding="ascii")
    (tmp_path / "cpu.max").write_text("50000 100000\n", encoding="ascii")
    state = state_file(tmp_path, child.pid, cgroup=str(tmp_path))
    assert sample(state, "container_spec_cpu_quota") == 50_000
    assert sample(state, "container_cpu_cfs_throttled_periods_total") == 4
    assert sample(state, "container_cpu_cfs_throttled_seconds_total") == 0.25


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
        ("memory.events", "low 0\nhigh 0\nmax 61\noom 3\noom_kill 2\n"),
    ],
)
def test_kills_for_want_of_memory_outlive_the_replica(
    tmp_path: Path, child: subprocess.Popen[str], file: str, text: str
) -> None:
    (tmp_path / file).write_text(text, encoding="ascii")
    state = state_file(tmp_path, child.pid, memory_cgroup=str(tmp_path))
    assert sample(state, "container_oom_events_total") == 2
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert sample(state, "container_last_seen") is None
    assert sample(state, "container_oom_events_total") == 2
    (tmp_path / file).unlink()
    assert sample(state, "container_oom_events_total") is None


def test_without_a_memory_limit_there_are_no_kills_to_count(tmp_path: Path, child: subprocess.Popen[str]) -> None:
    assert sample(state_file(tmp_path, child.pid), "container_oom_events_total") is None


def test_without_a_state_file_the_machine_is_still_shown(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(ResourceCollector(tmp_path / "state.json"))
    assert (registry.get_sample_value("machine_memory_bytes") or 0) > 0
    assert registry.get_sample_value("machine_cpu_cores") == len(os.sched_getaffinity(0))
