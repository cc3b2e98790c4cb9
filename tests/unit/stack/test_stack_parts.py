"""What the local stack is made of: limits, placeholders, logs, processes."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from tests.conftest import ROOT

from tocsin import clock
from tocsin.errors import StackNotReady
from tocsin.model.changes import Changes
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.local.launch import Launcher, _within, scaled_limits
from tocsin.stack.local.lifecycle import _clear
from tocsin.stack.local.logs import LINES_PER_LOOK, new_lines
from tocsin.stack.local.state import ReplicaState, StackState, read_state
from tocsin.stack.local.targets import write_targets
from tocsin.stack.planned import workspace_secret, write_state
from tocsin.stack.process import (
    OPEN_FILES,
    ProcessId,
    allow_open_files,
    identity,
    is_same,
    is_stopped,
    marked,
    send,
    terminate,
)

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


def test_a_changed_limit_leaves_the_limits_of_all_others_as_they_were(compose: ComposeFile) -> None:
    plain, _ = scaled_limits(compose, 2)
    changed, _ = scaled_limits(compose, 2, {"mysql": 2.0})
    assert changed["mysql"] == pytest.approx(2 * (plain["mysql"] or 0.0), abs=0.002)
    assert {name: limit for name, limit in changed.items() if name != "mysql"} == {
        name: limit for name, limit in plain.items() if name != "mysql"
    }


def test_changed_settings_reach_the_environment_and_the_command_line(compose: ComposeFile, state: StackState) -> None:
    state.changes = Changes(settings={"app": {"SEED": "{number}9"}})
    launcher = Launcher(state, compose)
    assert launcher.fill("{env.SEED} {env.SHOP_USERS}", "app", 1) == "{number}9 10000"
    with pytest.raises(StackNotReady, match=r"unknown placeholder \{env\.NONE\}"):
        launcher.fill("{env.NONE}", "app", 1)
    launcher.data("app", 1).mkdir(parents=True)
    own = {"SEED": "1"}
    process = launcher._spawn(["/bin/sh", "-c", 'echo "$SEED"'], own, "app", 1)
    assert process.wait() == 0
    assert launcher.tail("app", 1).strip() == "19"


def test_data_prepared_with_other_settings_are_other_data(
    compose: ComposeFile, state: StackState, tmp_path: Path
) -> None:
    launcher = Launcher(state, compose)
    prepare = launcher.local("mysql").prepare
    assert prepare is not None

    def place(**settings: str) -> Path:
        state.changes = Changes(settings={"mysql": settings})
        return launcher.prepared("mysql", prepare, tmp_path)

    assert place() == place(SALES_ROWS="100000") == place(NOTHING_OF_THE_DATA="1")
    assert place(SALES_ROWS="1000") != place()


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


def test_what_is_rendered_may_hold_a_secret_and_only_its_owner_can_read_it(
    compose: ComposeFile, state: StackState, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.ports |= {"mysqld-exporter-1": {"main": 4003}, "mysql-1": {"main": 4004}}
    launcher = Launcher(state, compose)
    started: list[list[str]] = []

    def refuse(command: list[str], **_: object) -> None:
        started.append(command)
        raise StackNotReady("far enough")

    monkeypatch.setattr("tocsin.stack.local.launch.require_program", lambda name, _: Path("/usr/bin") / name)
    monkeypatch.setenv("TOCSIN_NO_CGROUP", "1")
    monkeypatch.setattr("tocsin.stack.local.launch.spawn", refuse)
    with pytest.raises(StackNotReady, match="far enough"):
        launcher.start("mysqld-exporter", 1)
    path = launcher.data("mysqld-exporter", 1) / "my.cnf"
    password = workspace_secret(Path(state.folder).parent.parent / "secrets.json", "db")
    assert f"port = 4004\nuser = shop\npassword = {password}\n" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    assert f"--config.my-cnf={path}" in started[0]
    assert password not in " ".join(started[0])


def test_a_program_moves_into_its_cgroups_before_it_is_one(tmp_path: Path) -> None:
    for name in ("cpu", "memory"):
        (tmp_path / name).mkdir()
    command = _within([tmp_path / "cpu", None, tmp_path / "memory"], ["/bin/echo", "--", "a b"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.communicate(timeout=10)[0] == "-- a b\n"
    for name in ("cpu", "memory"):
        assert (tmp_path / name / "cgroup.procs").read_text(encoding="ascii") == f"{process.pid}\n"
    assert _within([None, None], ["/bin/echo"]) == ["/bin/echo"]
    refused = subprocess.run(_within([tmp_path / "gone"], ["/bin/echo"]), capture_output=True, text=True, check=False)
    assert (refused.returncode != 0, refused.stdout) == (True, "")  # rather not at all than without its limit


@pytest.mark.parametrize(
    ("service", "limit"), [("mysql", 1 << 30), ("redis", 512 << 20), ("app", 2 << 30), ("coupon-issuer", None)]
)
def test_only_services_that_ask_for_it_are_held_to_their_memory_limit(
    compose: ComposeFile, state: StackState, monkeypatch: pytest.MonkeyPatch, service: str, limit: int | None
) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "tocsin.stack.local.launch.cgroup.make_memory_group", lambda name, limit: asked.append((name, limit))
    )
    Launcher(state, compose)._memory_group(service, 1)
    assert asked == ([] if limit is None else [(f"abc/{service}-1", limit)])


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = workspace_secret(path, "db")
    assert workspace_secret(path, "db") == first
    assert workspace_secret(path, "other") != first
    assert path.stat().st_mode & 0o077 == 0


def test_all_who_ask_for_a_secret_at_once_get_the_same(tmp_path: Path) -> None:
    """And asking for another one does not take the first away from under a reader."""
    together = Barrier(8)

    def ask(path: Path, name: str) -> str:
        together.wait(timeout=10)
        return workspace_secret(path, name)

    with ThreadPoolExecutor(8) as pool:
        for turn in range(30):
            path = tmp_path / str(turn) / "secrets.json"
            told = [pool.submit(ask, path, name) for name in ("db", "db", "other", "db", "third", "db", "other", "db")]
            answers = [each.result() for each in told]
            assert len(set(answers)) == 3
            assert len({answers[place] for place in (0, 1, 3, 5, 7)}) == 1


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


def test_the_logs_of_the_last_start_are_kept_and_no_older_ones(tmp_path: Path) -> None:
    for start in ("first", "second", "third"):
        _clear(tmp_path)
        assert [path.name for path in tmp_path.iterdir() if path.name != "logs"] == []
        (tmp_path / "logs").mkdir(exist_ok=True)
        (tmp_path / "data" / "app-1").mkdir(parents=True)
        (tmp_path / "state.json").touch()
        (tmp_path / "logs" / "app-1.log").write_text(start, encoding="utf-8")
        (tmp_path / "logs" / f"{start}.log").touch()
    previous = tmp_path / "logs" / "previous"
    assert (previous / "app-1.log").read_text(encoding="utf-8") == "second"
    assert sorted(path.name for path in previous.iterdir()) == ["app-1.log", "second.log"]
    _clear(tmp_path)
    _clear(tmp_path)  # a start that wrote nothing takes nothing away
    assert (previous / "app-1.log").read_text(encoding="utf-8") == "third"
    assert new_lines(tmp_path / "logs", {}) == []


def test_what_is_started_may_open_many_files(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "hard = int(sys.argv[2])\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "from tocsin.stack.process import spawn\n"
        "look = 'import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))'\n"
        "spawn([sys.executable, '-c', look], environment={}, log=Path(sys.argv[1])).wait()\n"
    )
    hard = min(1500, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    log = tmp_path / "log"
    subprocess.run([sys.executable, "-c", script, str(log), str(hard)], check=True, timeout=30)
    assert log.read_text(encoding="utf-8").strip() == f"({hard}, {hard})"


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ((1024, 4096), (4096, 4096)),
        ((1024, resource.RLIM_INFINITY), (OPEN_FILES, resource.RLIM_INFINITY)),
        ((1024, 1 << 30), (OPEN_FILES, 1 << 30)),
        ((1 << 20, 1 << 30), None),
        ((4096, 4096), None),
    ],
)
def test_the_limit_of_open_files_only_ever_goes_up(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], wanted: tuple[int, int] | None
) -> None:
    monkeypatch.setattr("tocsin.stack.process.resource.getrlimit", lambda _: limits)
    given: list[tuple[int, int]] = []
    monkeypatch.setattr("tocsin.stack.process.resource.setrlimit", lambda _, pair: given.append(pair))
    allow_open_files()
    assert given == ([wanted] if wanted else [])


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
