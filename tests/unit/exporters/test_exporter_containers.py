"""Resource use of containers, from answers that a real engine has given, over a real socket."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from prometheus_client import Metric

from tocsin.exporters.containers import ContainerCollector, Kills, labels_of, seconds, usage_of
from tocsin.exporters.engine import EngineError, ask

MEGA = 1 << 20


def facts(service: str = "mysql", *, running: bool = True, host: dict[str, int] | None = None) -> dict[str, Any]:
    labels = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.container-number": "1",
    }
    state = {"Running": running, "Paused": False, "StartedAt": "2026-01-01T00:00:01.5Z", "OOMKilled": False}
    return {"Id": service, "Config": {"Labels": labels}, "State": state, "HostConfig": {"Memory": 0} | (host or {})}


def stats(**memory: int) -> dict[str, Any]:
    return {
        "cpu_stats": {
            "cpu_usage": {"total_usage": 2_500_000_000},
            "throttling_data": {"periods": 20, "throttled_periods": 5, "throttled_time": 300_000_000},
        },
        "memory_stats": {"usage": 100 * MEGA, "limit": 512 * MEGA, "stats": memory},
        "pids_stats": {"current": 7},
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"op": "Read", "value": 10},
                {"op": "Write", "value": 5},
                {"op": "read", "value": 1},
                {"op": "Total", "value": 16},
            ]
        },
    }


@pytest.mark.parametrize(
    "memory",
    [
        {"total_inactive_file": 30 * MEGA, "total_rss": 60 * MEGA, "rss": 1},
        {"inactive_file": 30 * MEGA, "anon": 60 * MEGA},
    ],
    ids=["cgroup v1", "cgroup v2"],
)
def test_what_a_container_uses(memory: dict[str, int]) -> None:
    found = usage_of(facts(host={"NanoCpus": 400_000_000, "Memory": 512 * MEGA}), stats(**memory))
    assert found.labels == ("mysql-1", "mysql", "1")
    assert found.cpu_seconds == 2.5
    assert (found.memory.resident, found.memory.anonymous) == (70 * MEGA, 60 * MEGA)
    assert found.memory_limit == 512 * MEGA
    assert (found.disk.read, found.disk.written) == (11, 5)
    assert found.processes == 7
    assert found.quota is not None
    assert (found.quota.quota, found.quota.period) == (40_000, 100_000)
    assert (found.quota.periods, found.quota.throttled_periods, found.quota.throttled_seconds) == (20, 5, 0.3)


@pytest.mark.parametrize(
    ("host", "wanted"), [({}, None), ({"CpuQuota": -1}, None), ({"CpuQuota": 10_000, "CpuPeriod": 50_000}, 20_000)]
)
def test_a_quota_is_told_per_period_of_a_tenth_of_a_second(host: dict[str, int], wanted: int | None) -> None:
    quota = usage_of(facts(host=host), stats()).quota
    assert quota is not None
    assert quota.quota == wanted


def test_a_moment_of_the_engine() -> None:
    assert seconds("2026-01-01T00:00:01.5Z") == 1767225601.5
    assert seconds("2026-01-01T00:00:01Z") == 1767225601.0


def test_each_kill_for_want_of_memory_is_counted_once() -> None:
    kills, one = Kills(), facts()
    kills.look(one)
    assert kills.counts == [(labels_of(one), 0)]
    one["State"]["OOMKilled"] = True
    kills.look(one)
    kills.look(one)
    assert kills.counts == [(labels_of(one), 1)]
    one["State"] |= {"StartedAt": "2026-01-01T00:00:09Z", "OOMKilled": False}
    kills.look(one)
    one["State"]["OOMKilled"] = True
    kills.look(one)
    assert kills.counts == [(labels_of(one), 2)]


class _Engine(http.server.BaseHTTPRequestHandler):
    containers: dict[str, dict[str, Any]]

    def do_GET(self) -> None:
        url = urlparse(self.path)
        words = url.path.removeprefix("/v1.41/containers/").split("/")
        if words == ["json"]:
            assert parse_qs(url.query)["filters"] == ['{"label": ["com.docker.compose.project=shop"]}']
            self._answer(200, [{"Id": name} for name in self.containers])
        elif words[0] not in self.containers:
            self._answer(404, {"message": "No such container"})
        else:
            self._answer(200, self.containers[words[0]] if words[1] == "json" else stats(anon=MEGA))

    def address_string(self) -> str:
        return "somebody"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass

    def _answer(self, code: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Path]:
    _Engine.containers = {"mysql": facts(), "redis": facts("redis", running=False)}
    _Engine.containers["redis"]["State"]["OOMKilled"] = True
    path = tmp_path / "docker.sock"

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    with Server(str(path), _Engine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def _values(found: list[Metric], name: str) -> dict[str, float]:
    return {s.labels["name"]: s.value for family in found for s in family.samples if s.name == name}


def test_only_what_runs_is_listed_but_every_kill_is(engine: Path) -> None:
    collector = ContainerCollector(engine, "shop")
    assert list(collector.collect()) == []
    collector.look()
    found = list(collector.collect())
    assert _values(found, "container_cpu_usage_seconds_total") == {"mysql-1": 2.5}
    assert _values(found, "container_oom_events_total") == {"mysql-1": 0.0, "redis-1": 1.0}


def test_an_engine_that_is_away_is_an_error_of_one_kind(engine: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="404"):
        ask(engine, "/containers/none/json")
    with pytest.raises(EngineError, match="FileNotFoundError"):
        ask(tmp_path / "none.sock", "/info")
    collector = ContainerCollector(tmp_path / "none.sock", "shop")
    collector.look()
    assert list(collector.collect()) == []
