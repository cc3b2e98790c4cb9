"""A stack of containers as a whole: whether it runs, what ends with it, what is left, and what a start needs."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.fake_docker import FakeDocker

from tocsin.errors import BadInput, MissingProgram, TocsinError, UndoFailed
from tocsin.stack.compose import lifecycle
from tocsin.stack.compose.engine import Engine, EngineAway, connect
from tocsin.stack.compose.state import ComposeState, project_name
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.handler import StackHandler, StackStart
from tocsin.stack.local.launch import scaled_limits
from tocsin.stack.places import Places
from tocsin.stack.planned import write_state

REFUSED = requests.ConnectionError("('Connection aborted.', ConnectionRefusedError(111, 'Connection refused'))")


@pytest.fixture
def places(state_file: Path, state: ComposeState, docker: FakeDocker) -> Places:
    """Where the state file is; its project is the one that the places lead to."""
    folder = state_file.parent
    found = Places(Path(state.compose), folder, folder / "cache", None, "compose")
    state.project = project_name("shop", folder)
    for one in docker.all.values():
        one["Config"]["Labels"]["com.docker.compose.project"] = state.project
    docker.networks_of[state.project] = [{"Id": "n1", "Name": f"{state.project}_default"}]
    docker.volumes_of[state.project] = [{"Name": f"{state.project}_mysql"}]
    write_state(state_file, state)
    return found


@pytest.fixture(autouse=True)
def connected(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "connect", lambda: engine)


def docker_says(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str | None) -> None:
    """A ``docker`` command of our own, or none, and nothing else on PATH."""
    folder.mkdir()
    if script is not None:
        (folder / "docker").write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_it_runs_while_the_engine_has_containers_of_that_start(places: Places, docker: FakeDocker) -> None:
    assert lifecycle.running(places) is not None
    for one in docker.all.values():
        one["Config"]["Labels"]["tocsin.instance"] = "another"
    assert lifecycle.running(places) is None


def test_one_that_was_never_finished_does_not_run(places: Places, state: ComposeState) -> None:
    state.ready = False
    write_state(places.state_file, state)
    assert lifecycle.running(places) is None


def test_everything_of_it_ends_and_nothing_of_others(places: Places, docker: FakeDocker) -> None:
    other = docker.add("app", 9, project="somebody")
    assert len(lifecycle.leftovers(places)) == 9  # seven containers, a network, a volume
    assert lifecycle.down(places) == 7
    assert list(docker.all) == [other]
    assert lifecycle.leftovers(places, "abc") == []
    assert not places.state_file.exists()
    assert lifecycle.down(places) == 0


def test_a_late_record_leaves_a_newer_start_alone(places: Places, docker: FakeDocker) -> None:
    before = set(docker.all)
    assert lifecycle.down(places, instance="before") == 0
    assert set(docker.all) == before
    assert lifecycle.leftovers(places, "before") == []


def test_a_container_that_stays_is_an_error_with_what_to_type(
    places: Places, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker, "remove_container", lambda *_, **__: None)
    with pytest.raises(TocsinError, match="could not be removed") as found:
        lifecycle.down(places)
    assert "docker rm --force" in found.value.hint


def test_a_network_that_the_engine_has_lost_count_of_is_told_with_what_helps(
    places: Places, docker: FakeDocker
) -> None:
    """Seen once on a real engine after a drill; only its restart made it count anew (moby issue 42119)."""
    docker.miscounted = True
    with pytest.raises(UndoFailed, match="keeps the network shop-1_default for containers that are gone") as found:
        lifecycle.down(places)
    assert "systemctl restart docker" in found.value.message
    assert docker.all == {}
    assert places.state_file.exists()  # it is not forgotten
    docker.miscounted = False
    lifecycle.down(places)
    assert lifecycle.leftovers(places) == []


def test_a_network_that_somebody_else_has_joined_is_told_as_the_engine_tells_it(
    places: Places, docker: FakeDocker
) -> None:
    docker.add("guest", 1, project="somebody")
    docker.miscounted = True
    with pytest.raises(TocsinError, match="has active endpoints"):
        lifecycle.down(places)


def test_containers_leave_a_network_one_after_the_other(
    places: Places, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, here = docker.remove_container, threading.get_ident()

    def alone(container: str, **how: Any) -> None:
        assert threading.get_ident() == here
        remove(container, **how)

    monkeypatch.setattr(docker, "remove_container", alone)
    assert lifecycle.down(places) == 7


def test_what_cannot_be_seen_is_a_line_and_not_nothing(places: Places, docker: FakeDocker) -> None:
    docker.broken = REFUSED
    (line,) = lifecycle.leftovers(places, "abc")
    assert "cannot be seen: no Docker engine answers" in line


def test_a_stack_that_was_never_started_asks_no_engine(tmp_path: Path, places: Places, docker: FakeDocker) -> None:
    docker.broken = REFUSED
    nowhere = dataclasses.replace(places, folder=tmp_path / "nowhere")
    assert lifecycle.running(nowhere) is None
    assert lifecycle.leftovers(nowhere) == []
    assert lifecycle.down(nowhere) == 0


def test_what_was_taken_down_asks_for_no_engine_again_but_what_runs_does(places: Places, docker: FakeDocker) -> None:
    docker.broken = REFUSED
    with pytest.raises(EngineAway):
        lifecycle.down(places)
    places.state_file.unlink()
    assert lifecycle.down(places) == 0
    with pytest.raises(EngineAway):
        lifecycle.down(places, instance="abc")


def test_the_guardian_undoes_a_start_from_its_record_alone(places: Places, docker: FakeDocker) -> None:
    start = StackStart(
        stack="shop", compose=places.compose, folder=places.folder, cache=places.cache, tools=None, seed=7,
        instance="abc", backend="compose",
    )  # fmt: skip
    record = start.model_dump(mode="json")
    handler = StackHandler(lambda _: None)
    assert handler.residue(record)
    handler.revert(record)
    handler.revert(record)
    assert handler.residue(record) == []
    assert docker.all == {}


def test_limits_fit_the_engine_s_machine_and_are_those_of_processes(compose: ComposeFile) -> None:
    limits, notes = lifecycle.planned_limits(compose)
    as_processes, _ = scaled_limits(compose, 2)
    alike = {name: limit for name, limit in as_processes.items() if limit is not None}
    assert sum(alike.values()) == pytest.approx(2.0, abs=0.01)
    assert {name: limits[name] for name in alike} == alike
    assert limits["kafka"] == 1.0  # as planned: it uses little
    assert "scaled" in notes[0]
    changed, _ = lifecycle.planned_limits(compose, {"mysql": 0.5})
    assert changed["mysql"] == pytest.approx((limits["mysql"] or 0.0) / 2, abs=0.001)
    assert changed["redis"] == limits["redis"]


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        (None, "the docker command is not installed"),
        ("echo 'docker: unknown command: docker compose' >&2; exit 1", "has no compose plugin"),
        ("echo 2.17.3", "docker compose is 2.17.3; 2.24 or later is needed"),
    ],
)
def test_what_a_start_needs_is_said_before_anything_is_started(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, wanted: str
) -> None:
    docker_says(tmp_path / "bin", monkeypatch, script)
    with pytest.raises(MissingProgram, match=wanted) as found:
        lifecycle.check_parts(places)
    assert found.value.hint


def test_an_engine_that_is_away_is_bad_input_before_a_start(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "connect", connect)  # the real one
    docker_says(tmp_path / "bin", monkeypatch, "echo v2.40.3")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(BadInput, match="no Docker engine answers at unix://"):
        lifecycle.check_parts(places)
