"""What the local stack is made of: limits, placeholders, logs, processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin import clock
from tocsin.errors import StackNotReady
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.local.launch import Launcher, scaled_limits
from tocsin.stack.local.logs import LINES_PER_LOOK, new_lines
from tocsin.stack.local.state import ReplicaState, StackState, read_state, workspace_secret, write_state
from tocsin.stack.local.targets import write_targets
from tocsin.stack.process import ProcessId, identity, is_same, is_stopped, marked, send, terminate

SHOP = ROOT / "compose" / "shop" / "compose.yaml"


@pytest.fixture(scope="module")
def compose() -> ComposeFile:
    return read_compose_file(SHOP)


@pytest.fixture
def state(tmp_path: Path) -> StackState:
    folder = tmp_path / ".tocsin" / "stacks" / "shop"
    folder.mkdir(parents=True)
    replica = ReplicaState(service="app", number=1, pid=1, started=1, boot="b", ports={"main": 4000, "metrics": 4000})
    return StackState(
        stack="shop", instance="abc", compose=str(SHOP), folder=str(folder), seed=7, load_port=9999,
        ports={"app-1": {"main": 4000}, "redis-1": {"main": 4001}}, edges={"app-redis": 4002}, replicas=[replica],
    )  # fmt: skip


def test_limits_are_scaled_to_a_small_host_and_that_is_said(compose: ComposeFile) -> None:
    limits, notes = scaled_limits(compose, 2)
    assert sum(limit or 0.0 for limit in limits.values()) == pytest.approx(2.0, abs=0.01)
    assert "2 cores" in notes[0]
    large, silent = scaled_limits(compose, 64)
    assert (large["mysql"], silent) == (1.0, [])


def test_services_start_after_what_they_need(compose: ComposeFile) -> None:
    order = list(compose.local_services)
    for name, service in compose.local_services.items():
        for needed in service.depends_on:
            assert needed not in order or order.index(needed) < order.index(name)


def test_placeholders_are_filled_and_unknown_ones_refused(compose: ComposeFile, state: StackState) -> None:
    launcher = Launcher(state, compose)
    text = "{port.main} {address.redis} {edge.app-redis} {seed} {number}"
    assert launcher.fill(text, "app", 1) == "4000 127.0.0.1:4001 127.0.0.1:4002 7 1"
    with pytest.raises(StackNotReady, match=r"unknown placeholder \{port\.other\}"):
        launcher.fill("{port.other}", "app", 1)
    assert launcher.fill("{not_ours} {port.main}", "app", 1, strict=False) == "{not_ours} 4000"


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = workspace_secret(path, "db")
    assert workspace_secret(path, "db") == first
    assert workspace_secret(path, "other") != first
    assert path.stat().st_mode & 0o077 == 0


def test_the_state_file_is_whole_or_not_there(tmp_path: Path, state: StackState) -> None:
    path = tmp_path / "state.json"
    assert read_state(path) is None
    write_state(path, state)
    assert read_state(path) == state
    path.write_text(path.read_text(encoding="utf-8")[:50], encoding="utf-8")
    assert read_state(path) is None


def test_prometheus_is_told_of_every_replica_and_of_the_load(compose: ComposeFile, state: StackState) -> None:
    write_targets(state, compose)
    found = json.loads((Path(state.folder) / "targets" / "app.json").read_text(encoding="utf-8"))
    assert found[0]["targets"] == ["127.0.0.1:4000"]
    assert found[0]["labels"]["instance"] == "app-1"
    assert (Path(state.folder) / "targets" / "load.json").exists()


def test_logs_are_read_on_from_where_they_were_left(tmp_path: Path) -> None:
    log, seen = tmp_path / "app-1.log", dict[str, int]()
    assert new_lines(tmp_path, seen) == []
    log.write_text("one\ntwo\nhal", encoding="utf-8")
    assert new_lines(tmp_path, seen) == [("app-1", "one"), ("app-1", "two")]
    with log.open("a", encoding="utf-8") as file:
        file.write("f\n")
    assert new_lines(tmp_path, seen) == [("app-1", "half")]
    assert new_lines(tmp_path, seen) == []
    log.write_text("new\n", encoding="utf-8")  # started over
    assert new_lines(tmp_path, seen) == [("app-1", "new")]


def test_a_flood_of_log_lines_is_bounded_and_counted(tmp_path: Path) -> None:
    (tmp_path / "app-1.log").write_text("x\n" * (LINES_PER_LOOK + 50), encoding="utf-8")
    lines = new_lines(tmp_path, {})
    assert len(lines) == LINES_PER_LOOK + 1
    assert "50 more lines" in lines[-1][1]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()"], env=dict(os.environ) | {"TOCSIN_TEST_MARK": "here"}
    )
    yield process
    process.kill()
    process.wait()


def test_a_process_is_known_for_good(sleeper: "subprocess.Popen[bytes]") -> None:
    found = identity(sleeper.pid)
    assert found is not None
    assert is_same(found)
    recycled = ProcessId(found.pid, found.started + 1, found.boot)
    assert not is_same(recycled)
    assert not send(recycled, signal.SIGKILL)  # another process under the same number is never touched
    assert sleeper.poll() is None


def test_a_frozen_process_is_seen_and_can_be_ended(sleeper: "subprocess.Popen[bytes]") -> None:
    found = identity(sleeper.pid)
    assert found is not None
    send(found, signal.SIGSTOP)
    assert clock.wait_until(lambda: is_stopped(found), timeout=5.0)
    assert terminate(found, grace=2.0)
    assert identity(sleeper.pid) is None


def test_processes_are_found_by_their_mark(sleeper: "subprocess.Popen[bytes]") -> None:
    assert clock.wait_until(lambda: bool(marked("TOCSIN_TEST_MARK", "here")), timeout=5.0)
    assert [process.pid for process in marked("TOCSIN_TEST_MARK", "here")] == [sleeper.pid]
    assert marked("TOCSIN_TEST_MARK", "there") == []
