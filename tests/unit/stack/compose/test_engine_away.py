"""An engine that is away, silent or forbidden: one line each, and what a person can still be told."""

from collections.abc import Callable

import pytest
import requests
from tests.fake_docker import FakeDocker, refusal

from tocsin.errors import TocsinError
from tocsin.inject.handler import InjectionHandler
from tocsin.inject.registry import load_fault
from tocsin.model.fault import Injection
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.compose.engine import Engine, EngineAway
from tocsin.stack.residue import stack_residue

REFUSED = requests.ConnectionError("('Connection aborted.', ConnectionRefusedError(111, 'Connection refused'))")
NONE = requests.ConnectionError("('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))")
FORBIDDEN = requests.ConnectionError("('Connection aborted.', PermissionError(13, 'Permission denied'))")
SILENT = requests.ReadTimeout("Read timed out. (read timeout=6)")


@pytest.mark.parametrize(
    ("raised", "message", "hint"),
    [
        (REFUSED, "no Docker engine answers at", "systemctl start docker"),
        (NONE, "no Docker engine answers at", "DOCKER_HOST"),
        (FORBIDDEN, "must not be used by this user", "usermod -aG docker"),
        (SILENT, "did not list containers within 6 s", "docker info"),
    ],
)
def test_each_is_one_line_with_what_to_do(
    docker: FakeDocker, engine: Engine, raised: Exception, message: str, hint: str
) -> None:
    docker.broken = raised
    with pytest.raises(EngineAway) as found:
        engine.containers("shop-1")
    assert message in found.value.message
    assert "\n" not in found.value.message
    assert hint in found.value.hint
    assert found.value.exit_code == 2


def test_a_silent_engine_gets_a_second_until_it_answers_again(docker: FakeDocker, engine: Engine) -> None:
    docker.broken = SILENT
    with pytest.raises(EngineAway, match="within 6 s"):
        engine.containers("shop-1")
    with pytest.raises(EngineAway, match="within 1 s"):
        engine.remove("abc")
    docker.broken = None
    assert engine.cores == 2
    assert engine.containers("shop-1")
    docker.broken = SILENT
    with pytest.raises(EngineAway, match="within 6 s"):
        engine.containers("shop-1")


def test_a_refusal_says_why(docker: FakeDocker, engine: Engine) -> None:
    docker.broken = refusal(500, "OCI runtime exec failed")
    with pytest.raises(TocsinError, match="would not pause a container: OCI runtime exec failed") as found:
        engine.pause("abc")
    assert not isinstance(found.value, EngineAway)


def test_an_absent_thing_is_removed_already(docker: FakeDocker, engine: Engine) -> None:
    engine.remove("nothing")
    assert docker.calls == ["remove"]


@pytest.mark.parametrize(
    ("fault", "target", "wanted"),
    [
        ("service.pause", "app", ["docker unpause shop-1-app-1", "docker start shop-1-app-1"]),
        ("service.kill", "app", ["docker start shop-1-app-1"]),
        ("service.cpu_throttle", "mysql", ["docker update --cpus=0.4 shop-1-mysql-1"]),
        (
            "service.cpu_throttle",
            "coupon-issuer",
            [f"docker update --cpu-period=100000 --cpu-quota=-1 shop-1-coupon-issuer-{n}" for n in (1, 2, 3)],
        ),
    ],
)
def test_a_person_is_told_what_to_type_while_the_engine_is_away(
    stack: ComposeStack, docker: FakeDocker, fault: str, target: str, wanted: list[str]
) -> None:
    loaded = load_fault(fault)
    given = loaded.Parameters().model_dump()
    plain = Injection(id="i1", fault=fault, cause=fault, target=target, parameters=given, stack=stack.reference)
    record = loaded.plan(stack, plain).model_dump(mode="json")
    connect: Callable[[], Engine] = stack._connect
    handler = InjectionHandler(lambda reference: ComposeStack.attach(reference, connect))
    handler.apply(record)
    docker.broken = REFUSED
    with pytest.raises(EngineAway):
        handler.revert(record)
    commands = handler.by_hand(record)
    assert all(any(command.startswith(line) for command in commands) for line in wanted), commands


def test_a_residue_scan_says_that_it_cannot_look(stack: ComposeStack, docker: FakeDocker) -> None:
    docker.broken = REFUSED
    assert any("the replicas cannot be read: no Docker engine answers" in line for line in stack_residue(stack))
