"""Replicas as processes: the right ones are frozen, let run, killed and replaced, and nobody else is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.errors import StackGone, TocsinError
from tocsin.handlers import handlers
from tocsin.inject.handler import InjectionHandler
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import undo_all
from tocsin.model.fault import Injection
from tocsin.model.stack import Replica
from tocsin.stack.backends import attach
from tocsin.stack.handler import StackHandler, StackStart
from tocsin.stack.local import cgroup
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.launch import MARK
from tocsin.stack.local.lifecycle import down, leftovers, up
from tocsin.stack.places import Places
from tocsin.stack.process import ProcessId, carrying, identity, is_same, is_stopped, send, terminate
from tocsin.stack.residue import stack_residue

COMPOSE = """\
name: tiny
x-tocsin:
  entry: {service: web}
services:
  web:
    deploy: {replicas: 2}
    x-tocsin:
      component: http
      allow: [service.pause]
      local:
        program: python
        ports: [main]
        command: ["{python}", "{files}/web.py", "{port.main}"]
        ready: {http: {port: main, path: /}}
"""
WEB = """\
import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("TOCSIN_NO_CGROUP", "1")
    folder = tmp_path / "compose" / "tiny"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    (folder / "web.py").write_text(WEB, encoding="utf-8")
    return Places(folder / "compose.yaml", tmp_path / ".tocsin" / "stacks" / "tiny", tmp_path / "cache", None)


@pytest.fixture
def stack(places: Places) -> Iterator[LocalStack]:
    """A tiny stack of two web servers, each with a child."""
    found = up(places, seed=1, progress=lambda _: None)
    instance = found.reference.instance
    yield found
    down(places)
    down(places, instance=instance)
    assert leftovers(places, instance) == []


def _children(replica: Replica) -> list[ProcessId]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = [identity(pid) for pid in pids if pid != replica.pid and _session(pid) == replica.pid]
    return [process for process in found if process is not None]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def _leader(replica: Replica) -> ProcessId:
    return ProcessId(replica.pid, replica.started, replica.boot)


def _named(stack: LocalStack, name: str) -> list[ProcessId]:
    return carrying({MARK: stack.reference.instance, "TOCSIN_SERVICE": name})


def test_a_frozen_child_of_a_dead_leader_is_seen_and_let_run(stack: LocalStack) -> None:
    replica = stack.replicas("web")[0]
    (child,) = _children(replica)
    stack.freeze(replica)
    assert clock.wait_until(lambda: is_stopped(child), timeout=5.0)
    send(_leader(replica), signal.SIGKILL)
    assert clock.wait_until(lambda: not stack.is_alive(replica), timeout=5.0)
    assert stack.is_frozen(replica)
    assert "web-1 is frozen" in stack_residue(stack)
    stack.thaw(replica)
    assert clock.wait_until(lambda: not is_stopped(child), timeout=5.0)
    assert not stack.is_frozen(replica)
    stack.kill(replica)
    assert not is_same(child)


@pytest.fixture
def foreign() -> Iterator["subprocess.Popen[bytes]"]:
    """A session of somebody else."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(not cgroup.works(), reason="cgroups are not writable here")
def test_a_limit_holds_what_a_process_has_forked_too(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_NO_CGROUP")
    stack = up(places, seed=1, progress=lambda _: None)
    try:
        stack.set_cpu_limit("web", 0.1)
        for replica in stack.state.replicas:
            assert replica.cgroup is not None
            held = cgroup.members(Path(replica.cgroup))
            assert cgroup.quota(Path(replica.cgroup)) == 0.1
            assert {replica.pid, *(child.pid for child in _children(replica.replica))} <= set(held)
            assert len(held) == 2
    finally:
        down(places)


def test_a_session_under_a_recycled_number_is_not_touched(
    stack: LocalStack, foreign: "subprocess.Popen[bytes]"
) -> None:
    recycled = Replica(service="web", number=1, pid=foreign.pid, started=1, boot=stack.replicas("web")[0].boot)
    state = stack.state
    state.replicas[0] = state.replicas[0].model_copy(update={"pid": foreign.pid, "started": 1})
    old = stack.replicas("web")[0]
    (Path(state.folder) / "state.json").write_text(state.model_dump_json(), encoding="utf-8")
    assert not stack.is_frozen(recycled)
    stack.freeze(recycled)
    stack.thaw(recycled)
    stack.kill(recycled)
    stack.restart("web", [1])
    found = identity(foreign.pid)
    assert found is not None
    assert not is_stopped(found)
    assert foreign.poll() is None
    assert not stack.is_alive(old)  # it ran under the name, though the list named another


def test_who_dies_before_writing_down_what_was_started_leaves_no_double(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr("tocsin.stack.local.backend.save", _no_space)
        with pytest.raises(OSError, match="No space left"):
            stack.restart("web", [1])
    assert _named(stack, "web-1")
    assert any("runs as web-1 and is not listed" in line for line in stack_residue(stack))
    stack.restart("web", [1])
    assert {_session(process.pid) for process in _named(stack, "web-1")} == {stack.replicas("web")[0].pid}
    assert stack_residue(stack) == []


def _no_space(_: object) -> None:
    raise OSError(28, "No space left on device")


def test_scaling_out_twice_over_a_death_leaves_no_double(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr("tocsin.stack.local.backend.save", _no_space)
        with pytest.raises(OSError, match="No space left"):
            stack.scale("web", 3)
    stack.scale("web", 3)
    assert len({_session(process.pid) for process in _named(stack, "web-3")}) == 1
    assert stack_residue(stack) == ["web has 3 replicas, planned are 2"]
    stack.scale("web", 2)
    assert stack_residue(stack) == []


def test_a_limit_that_cannot_be_written_down_is_in_force_all_the_same(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.set_cpu_limit("web", 0.4)
    assert stack.cpu_limits("web") == {"web-1": 0.4, "web-2": 0.4}
    monkeypatch.setattr("tocsin.stack.local.backend.save", _no_space)
    stack.set_cpu_limit("web", None)
    assert stack.cpu_limits("web") == {"web-1": None, "web-2": None}
    assert stack_residue(stack) == []


def test_every_replica_s_limit_is_looked_at(stack: LocalStack) -> None:
    stack.set_cpu_limit("web", 0.4)
    stack.restart("web", [2])
    (duty,) = carrying({"TOCSIN_DUTY": f"{stack.reference.instance}:duty:web-1"})
    send(duty, signal.SIGKILL)
    assert clock.wait_until(lambda: not is_same(duty), timeout=5.0)
    assert stack.cpu_limits("web") == {"web-1": None, "web-2": 0.4}
    assert stack.cpu_limit("web") == 0.4  # the odd one: unlimited is planned
    assert stack_residue(stack) == ["CPU limit of web-2 is 0.4, planned is None"]


@pytest.mark.parametrize("prior", [{"cores": None}, {"cores": 0.7}])
def test_the_commands_for_a_limit_without_cgroups_really_set_it(
    stack: LocalStack, prior: dict[str, float | None]
) -> None:
    stack.set_cpu_limit("web", 0.1)
    for command in stack.by_hand("cpu", "web", [], prior):
        subprocess.run(["sh", "-c", command], check=True)
    cores = prior["cores"]
    assert clock.wait_until(lambda: stack.cpu_limits("web") == {"web-1": cores, "web-2": cores}, timeout=5.0)


def test_a_record_of_an_ended_stack_finds_nothing_and_says_so(places: Places, stack: LocalStack) -> None:
    injection = Injection(
        id="i1", fault="service.pause", cause="service.pause", target="web", parameters={"replicas": "all"},
        replicas=stack.replicas("web"), stack=stack.reference,
    )  # fmt: skip
    record = injection.model_dump(mode="json")
    down(places)
    said: list[str] = []
    handler = InjectionHandler(attach, said.append)
    handler.revert(record)
    assert handler.residue(record) == []
    assert "service.pause on web is gone with its stack" in said[0]
    with pytest.raises(StackGone):
        handler.apply(record)


def test_a_ledger_of_a_stack_that_died_with_the_machine_is_closed(stack: LocalStack, tmp_path: Path) -> None:
    injection = Injection(
        id="i1", fault="service.pause", cause="service.pause", target="web", parameters={"replicas": "all"},
        replicas=stack.replicas("web"), stack=stack.reference,
    )  # fmt: skip
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.intend("i1", "injection", injection.model_dump(mode="json"))
    for process in carrying({MARK: stack.reference.instance}):
        terminate(process, 0.0)  # the state file stays, as after a reboot
    said: list[str] = []
    undone = undo_all(ledger, handlers(said.append), said.append)
    ledger.close()
    assert (undone.verified, undone.residue) == (["i1"], [])
    assert "gone with its stack" in said[0]


def test_a_late_record_leaves_a_newer_stack_alone(places: Places, stack: LocalStack) -> None:
    old = stack.reference
    start = StackStart(
        stack="tiny", compose=places.compose, folder=places.folder, cache=places.cache, tools=None, seed=1,
        instance=old.instance,
    ).model_dump(mode="json")  # fmt: skip
    down(places)
    newer = up(places, seed=1, progress=lambda _: None)
    with pytest.raises(StackGone):
        attach(old)
    with pytest.raises(StackGone):
        _ = stack.state
    handler = StackHandler(lambda _: None)
    handler.revert(start)
    assert handler.residue(start) == []
    assert len(newer.replicas("web")) == 2
    old_record = start | {"instance": ""}
    del old_record["instance"]
    handler.revert(old_record)  # an old record means whichever runs
    assert newer.reference.instance
    assert leftovers(places, newer.reference.instance) == []


def test_what_a_start_has_left_is_found_without_its_state_file(places: Places, stack: LocalStack) -> None:
    reference = stack.reference
    places.state_file.unlink()
    assert leftovers(places) == leftovers(places, reference.instance)  # by where they work
    assert len(leftovers(places, reference.instance)) == 4
    with pytest.raises(TocsinError, match="does not list them"):
        attach(reference)
    assert down(places, instance="another") == 0
    assert down(places) == 4
    assert leftovers(places, reference.instance) == []
