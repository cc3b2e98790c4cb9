"""A small stack of containers on a real engine: up, look, break, undo, whoever dies, and down."""

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from tests.live import begin, guardian_of, tocsin
from tests.stack.compose.conftest import tiny_workspace
from tests.stack.compose.facts import facts
from tests.stack.compose.gate import Gate

from tocsin import clock
from tocsin.director.places import stack_places
from tocsin.stack.backends import backend
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.engine import Engine, connect
from tocsin.stack.places import Places
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace

pytestmark = pytest.mark.stack

FAULTS = [
    ("service.pause", "redis"),
    ("service.pause", "client"),
    ("service.kill", "client"),
    ("service.kill", "redis"),
    ("service.cpu_throttle", "redis"),
    ("edge.latency", "client-redis"),
    ("edge.bandwidth", "client-redis"),
    ("edge.timeout", "client-redis"),
    ("edge.reset", "client-redis"),
    ("edge.down", "client-redis"),
    ("redis.latency", "redis"),
]
"""Those whose effect can be proved without load."""


def wait_for_bite(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "it bites" in line:
            return
    pytest.fail("the fault never bit")


@pytest.fixture(autouse=True)
def busy(request: pytest.FixtureRequest) -> Iterator[None]:
    """A server that has nothing to do is not throttled: for that fault somebody gives it work."""
    if "service.cpu_throttle" not in request.node.name:
        yield
        return
    stack: ComposeStack = request.getfixturevalue("tiny")
    over, address = threading.Event(), stack.address("redis")

    def work() -> None:
        while not over.wait(0.01):
            with contextlib.suppress(redis.RedisError), redis.Redis(host=address.host, port=address.port) as client:
                client.eval("for i = 1, 300000 do end return 1", 0)

    worker = threading.Thread(target=work)
    worker.start()
    yield
    over.set()
    worker.join(10.0)


def newest_ledger(workspace: Workspace) -> Path:
    return workspace.ledgers()[-1]


def test_it_is_up_and_reached_on_loopback(tiny: ComposeStack, workspace: Workspace) -> None:
    straight, edge = tiny.address("redis"), tiny.edge_address("client-redis")
    for address in (straight, edge):
        with redis.Redis(host=address.host, port=address.port) as client:
            assert client.get("ready") == b"1"
    told = json.loads(tocsin(workspace, "status", "--json").stdout)
    assert (told["backend"], told["running"], told["residue"]) == ("compose", True, [])
    assert {row["replica"] for row in told["services"]} == {"redis-1", "client-1", "client-2", "toxiproxy-1"}
    assert {row["state"] for row in told["services"]} == {"running"}


def test_every_published_port_is_on_loopback(tiny: ComposeStack) -> None:
    for one in tiny.state.containers:
        whole = connect().look(one.id)
        assert whole is not None
        bound = [row for rows in (whole["NetworkSettings"]["Ports"] or {}).values() for row in rows or []]
        assert {row["HostIp"] for row in bound} <= {"127.0.0.1"}


def test_two_projects_run_side_by_side(tiny: ComposeStack, tmp_path: Path) -> None:
    other = stack_places(tiny_workspace(tmp_path), "tiny", "compose")
    compose = backend("compose")
    second = compose.up(other, seed=1, progress=lambda _: None)
    try:
        assert second.address("redis").port != tiny.address("redis").port
        assert stack_residue(second) == []
        assert stack_residue(tiny) == []
    finally:
        assert compose.down(other) == 5
    assert compose.leftovers(other, second.reference.instance) == []
    assert stack_residue(tiny) == []


@pytest.mark.parametrize(("fault", "target"), FAULTS)
def test_a_fault_bites_and_is_undone(tiny: ComposeStack, workspace: Workspace, fault: str, target: str) -> None:
    before = facts(tiny)
    done = tocsin(workspace, "inject", fault, "--target", target, "--for", "4s", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["bit"] is not None
    assert told["residue"] == []
    assert facts(tiny) == before


@pytest.mark.parametrize(("fault", "target"), FAULTS)
def test_a_director_that_is_killed_leaves_nothing(
    tiny: ComposeStack, workspace: Workspace, fault: str, target: str
) -> None:
    before = facts(tiny)
    process = begin(workspace, "inject", fault, "--target", target, "--for", "60s")
    wait_for_bite(process)
    process.kill()
    process.communicate()
    undone = clock.wait_until(lambda: facts(tiny) == before, timeout=3.0)
    assert undone, (facts(tiny), before)
    assert clock.wait_until(lambda: guardian_of(newest_ledger(workspace)) is None, timeout=20.0)
    assert stack_residue(tiny) == []


@pytest.mark.parametrize(("fault", "target"), [("service.pause", "redis"), ("service.cpu_throttle", "redis")])
def test_recover_finishes_what_two_deaths_and_a_restart_left(
    tiny: ComposeStack, workspace: Workspace, fault: str, target: str
) -> None:
    before = facts(tiny)
    process = begin(workspace, "inject", fault, "--target", target, "--for", "60s")
    wait_for_bite(process)
    guardian = guardian_of(newest_ledger(workspace))
    assert guardian is not None
    os.kill(guardian, signal.SIGKILL)
    process.kill()
    process.communicate()
    assert facts(tiny) != before
    if fault == "service.cpu_throttle":  # the engine keeps a changed limit over any restart
        subprocess.run(["docker", "restart", "-t", "0", tiny.replicas("redis")[0].container], check=True)
        tiny.restart("redis")
    done = tocsin(workspace, "recover")
    assert done.returncode == 0, done.stderr + done.stdout
    assert facts(tiny) == before
    assert stack_residue(tiny) == []


def test_who_wants_more_memory_is_killed_and_started_again_at_the_end(tiny: ComposeStack, workspace: Workspace) -> None:
    before, first = facts(tiny), tiny.replicas("redis")[0]
    process = begin(
        workspace, "inject", "service.memory_limit", "--target", "redis", "--for", "8s", "--with", "spare=1"
    )
    assert clock.wait_until(lambda: (tiny.memory_limit("redis") or 0) < 64 << 20, timeout=20.0)
    address = tiny.address("redis")
    with contextlib.suppress(redis.RedisError), redis.Redis(host=address.host, port=address.port) as client:
        for number in range(200):
            client.set(f"large-{number}", b"x" * (1 << 20))
    assert clock.wait_until(lambda: not tiny.is_alive(first), timeout=10.0)
    assert tiny.memory_kills("redis") == 1
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "it bites" in err
    assert facts(tiny) == before
    assert stack_residue(tiny) == []


@pytest.mark.parametrize("how", ["shut", "silent"])
def test_an_engine_that_goes_away_is_told_with_what_to_type(
    tiny: ComposeStack, workspace: Workspace, gate: Gate, how: str
) -> None:
    before = facts(tiny)
    process = begin(workspace, "inject", "service.pause", "--target", "client", "--for", "60s")
    wait_for_bite(process)
    begun = clock.monotonic()
    if how == "shut":
        gate.shut()
    else:
        gate.silence()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=90)
    took = clock.monotonic() - begun
    gate.open()
    assert process.returncode == 5, out + err
    for replica in (1, 2):
        name = f"{tiny.state.project}-client-{replica}"
        assert f"docker unpause {name}" in err
        assert f"docker start {name}" in err
    assert took < 30.0
    assert facts(tiny) != before
    assert tocsin(workspace, "recover").returncode == 0
    assert facts(tiny) == before


def test_what_a_person_is_told_to_type_mends(tiny: ComposeStack) -> None:
    before = facts(tiny)
    client, other = tiny.replicas("client")
    tiny.freeze(client)
    tiny.kill(other)
    tiny.set_cpu_limit("redis", 0.05)
    prior = {"cores": before["redis-1"][1] / 1e9}
    for command in [*tiny.by_hand("process", "client", [client, other], {}), *tiny.by_hand("cpu", "redis", [], prior)]:
        subprocess.run(command, shell=True, capture_output=True, check=False)  # noqa: S602 - as a person would
    assert facts(tiny) == before


def test_a_cpu_limit_of_a_container_without_one_is_lifted_again(tiny: ComposeStack) -> None:
    assert tiny.cpu_limit("client") is None
    tiny.set_cpu_limit("client", 0.1)
    assert tiny.cpu_limits("client") == {"client-1": 0.1, "client-2": 0.1}
    tiny.set_cpu_limit("client", None)
    assert tiny.cpu_limit("client") is None
    assert stack_residue(tiny) == []


def test_replicas_come_and_go_while_others_are_paused_or_dead(tiny: ComposeStack) -> None:
    first, second = tiny.replicas("client")
    tiny.freeze(first)
    tiny.kill(second)
    tiny.scale("client", 4)
    assert [replica.number for replica in tiny.replicas("client")] == [1, 3, 4]
    assert tiny.is_frozen(first)
    tiny.scale("client", 2)
    tiny.restart("client")
    assert [replica.number for replica in tiny.replicas("client")] == [1, 2]
    assert stack_residue(tiny) == []


def test_a_restarted_proxy_comes_back_with_its_edges(tiny: ComposeStack) -> None:
    tiny.restart("toxiproxy")
    assert tiny.edge_enabled("client-redis") is True
    address = tiny.edge_address("client-redis")
    with redis.Redis(host=address.host, port=address.port) as client:
        assert client.ping()


def test_log_lines_are_told_once(tiny: ComposeStack) -> None:
    seen: dict[str, int] = {}
    assert ("client-1", "PONG") in tiny.log_lines(seen)
    again = [line for name, line in tiny.log_lines(seen) if name == "redis-1"]
    assert not any("Ready to accept connections" in line for line in again)


def test_secrets_are_in_no_file_but_their_own(tiny: ComposeStack, workspace: Workspace) -> None:
    secret = tiny.secret("{secret.TINY_TOKEN}").encode()
    holding = {path.name for path in workspace.runtime.rglob("*") if path.is_file() and secret in path.read_bytes()}
    assert holding == {"secrets.json", "variables.env"}


def test_a_missing_image_is_one_line(gate: Gate, tmp_path: Path) -> None:
    workspace = tiny_workspace(tmp_path)
    path = workspace.compose_file("tiny")
    text = path.read_text(encoding="utf-8").replace("image: redis:7.2", "image: 127.0.0.1:1/tocsin-none:1", 1)
    path.write_text(text, encoding="utf-8")
    done = tocsin(workspace, "up", "--stack", "compose")
    assert done.returncode == 2, done.stderr
    assert "the image 127.0.0.1:1/tocsin-none:1 is neither on this machine nor can it be pulled" in done.stderr
    assert "docker pull 127.0.0.1:1/tocsin-none:1" in done.stderr
    assert backend("compose").leftovers(stack_places(workspace, "tiny", "compose")) == []


def test_a_port_that_is_taken_is_one_line(
    gate: Gate, tiny: ComposeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tiny.address("redis").port
    places: Places = stack_places(tiny_workspace(tmp_path), "tiny", "compose")
    monkeypatch.setattr("tocsin.stack.compose.lifecycle.free_ports", lambda count: [taken] * count)
    with pytest.raises(Exception, match=f"the port 127.0.0.1:{taken} is taken by another program"):
        backend("compose").up(places, seed=1, progress=lambda _: None)
    assert backend("compose").leftovers(places, "x") == []


def test_a_service_that_ends_is_named_with_its_last_words(gate: Gate, tmp_path: Path) -> None:
    workspace = tiny_workspace(tmp_path)
    path = workspace.compose_file("tiny")
    text = path.read_text(encoding="utf-8").replace('ready, "1"]', 'ready, "1", nonsense]')
    path.write_text(text.replace("[redis-cli, -h, redis, set", "[redis-cli, -e, -h, redis, set"), encoding="utf-8")
    done = tocsin(workspace, "up", "--stack", "compose")
    assert done.returncode == 4, done.stderr
    assert "job ended. Its last log lines:" in done.stderr
    assert "syntax error" in done.stderr


def test_nobody_answers_at_an_engine_s_address(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    done = tocsin(workspace, "up", "--stack", "compose")
    assert done.returncode == 2, done.stderr
    assert "no Docker engine answers at unix:///nowhere/docker.sock" in done.stderr


def test_down_while_a_start_is_under_way_leaves_nothing(gate: Gate, tmp_path: Path) -> None:
    workspace = tiny_workspace(tmp_path)
    places = stack_places(workspace, "tiny", "compose")
    process = begin(workspace, "up", "--stack", "compose")
    assert clock.wait_until(lambda: bool(_containers(connect(), places)), timeout=30.0)
    process.kill()
    process.communicate()
    assert clock.wait_until(lambda: not backend("compose").leftovers(places), timeout=30.0)
    assert _containers(connect(), places) == []


def _containers(engine: Engine, places: Places) -> list[Any]:
    from tocsin.stack.compose.state import ComposeState, project_name  # noqa: PLC0415

    state = ComposeState.read(places.state_file)
    return list(engine.containers(state.project if state else project_name("tiny", places.folder)))
