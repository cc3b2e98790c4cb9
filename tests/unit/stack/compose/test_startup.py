"""A start as seen from beside ``docker compose up``: who is told to be ready, and who keeps it from it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fake_docker import FakeDocker

from tocsin.errors import BadInput, StackNotReady
from tocsin.stack.compose import startup
from tocsin.stack.compose.engine import Engine
from tocsin.stack.compose.startup import Startup, load_host
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.composefile import ComposeFile, read_compose_file
from tocsin.stack.places import Places

COMPOSE = """\
name: tiny
x-tocsin: {entry: {service: web}}
services:
  web: {image: web, deploy: {replicas: 2}}
  job: {image: job}
"""
Begin = Callable[[str], "list[subprocess.Popen[bytes]]"]
"""Takes a program in place of ``docker compose``; the list has its process once it was begun."""


@pytest.fixture
def compose(tmp_path: Path) -> ComposeFile:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    return read_compose_file(tmp_path / "compose.yaml")


@pytest.fixture
def docker() -> FakeDocker:
    """Everything runs, and the job is done."""
    engine = FakeDocker()
    for number in (1, 2):
        engine.add("web", number, health="healthy", labels={"tocsin.instance": "abc"})
    engine.end(engine.add("job", 1, labels={"tocsin.instance": "abc"}), code=0)
    return engine


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, compose: ComposeFile, docker: FakeDocker, told: list[str]) -> Startup:
    state = ComposeState(
        stack="tiny", instance="abc", compose="", folder=str(tmp_path), project="shop-1", seed=1, load_port=1,
        planned_replicas={"web": 2, "job": 1},
    )  # fmt: skip
    places = Places(tmp_path / "compose.yaml", tmp_path, tmp_path, None, "compose")
    return Startup(places, state, compose, Engine(docker), told.append)


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """``docker compose up`` as a small program of our own, which gets its log as the standard output."""

    def use(program: str) -> "list[subprocess.Popen[bytes]]":
        begun = []

        def begin_up(_: Places, __: ComposeState, log: Path) -> "subprocess.Popen[bytes]":
            with log.open("wb") as output:
                begun.append(subprocess.Popen([sys.executable, "-c", program], stdout=output))
            return begun[0]

        monkeypatch.setattr(startup, "begin_up", begin_up)
        return begun

    return use


def test_each_service_is_told_once_when_all_of_its_replicas_are_ready(
    start: Startup, begin: Begin, told: list[str]
) -> None:
    begin("")
    start.run()
    ready = [line.split(" ready after ")[0] for line in told if " ready after " in line]
    assert sorted(ready) == ["job", "web"]
    assert any("the image web is not here yet; it is pulled now" in line for line in told)


def test_a_service_that_is_not_healthy_is_waited_for(
    start: Startup, begin: Begin, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("")
    container = next(one for one in docker.all if "web-2" in docker.all[one]["Name"])
    docker.state(container)["Health"]["Status"] = "starting"
    looks = 0
    plain = docker.inspect_container

    def inspect(identity: str) -> dict[str, Any]:
        nonlocal looks
        looks += 1
        if looks == 8:
            docker.state(container)["Health"]["Status"] = "healthy"
        return plain(identity)

    monkeypatch.setattr(docker, "inspect_container", inspect)
    start.run()
    assert looks >= 8


def test_one_that_ends_badly_is_named_with_its_last_words_at_once(
    start: Startup, begin: Begin, docker: FakeDocker
) -> None:
    begin("")  # docker compose itself has gone away content
    container = next(one for one in docker.all if "job" in docker.all[one]["Name"])
    docker.end(container, code=3)
    docker.written[container] = [("2026-01-01T00:00:00.000000001Z", "cannot load the data")]
    with pytest.raises(StackNotReady, match=r"job ended\. Its last log lines:\n  cannot load the data"):
        start.run()


def test_one_that_ran_and_ends_badly_before_the_rest_is_ready_is_named_all_the_same(
    start: Startup, begin: Begin, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that does not get along with its options runs for a moment, which is when it may be looked at."""
    begin("")
    job = next(one for one in docker.all if "job-1" in docker.all[one]["Name"])
    web = next(one for one in docker.all if "web-2" in docker.all[one]["Name"])
    docker.start(job)
    docker.state(web)["Health"]["Status"] = "starting"
    said = start.progress

    def progress(line: str) -> None:
        said(line)
        if line.startswith("job ready"):
            docker.end(job, code=1)
            docker.state(web)["Health"]["Status"] = "healthy"

    monkeypatch.setattr(start, "progress", progress)
    with pytest.raises(StackNotReady, match=r"job ended\. Its last log lines:"):
        start.run()


def test_what_docker_compose_says_is_told_when_no_container_is_to_blame(start: Startup, begin: Begin) -> None:
    begin("print('manifest for web not found: manifest unknown'); raise SystemExit(1)")
    with pytest.raises(BadInput, match="the image web is neither on this machine nor can it be pulled"):
        start.run()


def test_a_start_that_is_given_up_leaves_no_docker_compose_behind(
    start: Startup, begin: Begin, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begin("import signal; signal.pause()")
    monkeypatch.setattr(startup, "_WITHIN", 0.3)
    for container in list(docker.all):
        if "web-2" in docker.all[container]["Name"]:
            docker.end(container, code=0)
            docker.remove_container(container, force=True, v=True)
    with pytest.raises(StackNotReady, match=r"web was not ready within 0.3 s"):
        start.run()
    assert begun[0].poll() is not None


def test_the_load_is_reached_at_this_machine_s_address_in_the_network() -> None:
    ours, strange = {"IPAM": {"Config": [{"Gateway": "127.0.0.2"}]}}, {"IPAM": {"Config": [{"Gateway": "192.0.2.1"}]}}
    assert load_host([ours]) == "127.0.0.2"
    assert load_host([strange]) == "127.0.0.1"
    assert load_host([{"IPAM": {"Config": None}}, {"IPAM": {"Config": [{"Gateway": "fe80::1"}]}}]) == "127.0.0.1"
