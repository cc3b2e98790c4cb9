"""Faults of any service and of any edge: what they take, how they prove it, and that they give it back."""

import json

import pytest
from tests.fakes import FakeStack

from tocsin.errors import BadInput
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin_faults.edge.exchange import Exchange

QUICK, SLOW = Exchange(0.001, 4096), Exchange(0.3, 4096)
CLOSED, SILENT = Exchange(0.001, 0, "Connection reset by peer"), Exchange(2.0, 0, "no answer within 2 s")


def _injection(stack: FakeStack, fault: str, target: str, **parameters: object) -> Injection:
    words = {"fault": fault, "target": target, "for": "30s", "with": parameters}
    return plan_injection(FaultPlan.model_validate(words), stack, "i1")


def _again(injection: Injection) -> Injection:
    return Injection.model_validate(json.loads(injection.model_dump_json()))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exchange]:
    """What exchanges find: over the edge and straight."""
    found = {"over": QUICK, "straight": QUICK}
    for name in ("latency", "bandwidth", "reset", "timeout", "down"):
        monkeypatch.setattr(
            f"tocsin_faults.edge.{name}.both_ways", lambda _stack, _edge: (found["over"], found["straight"])
        )
    return found


def test_a_pause_of_a_consumer_or_a_broker_has_a_cause_of_its_own(stack: FakeStack) -> None:
    assert _injection(stack, "service.pause", "coupon-issuer").cause == "kafka.consumer_pause"
    assert _injection(stack, "service.pause", "kafka").cause == "kafka.broker_pause"
    assert _injection(stack, "service.pause", "redis").cause == "service.pause"


def test_a_pause_freezes_and_thaws(stack: FakeStack) -> None:
    injection = _injection(stack, "service.pause", "coupon-issuer", replicas=2)
    fault = load_fault("service.pause")
    fault.apply(stack, injection)
    assert probe_bite(stack, injection).holds
    assert len(residue_of(stack, injection)) == 2
    fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


def test_the_killed_are_started_again_and_only_they(stack: FakeStack) -> None:
    injection = _injection(stack, "service.kill", "coupon-issuer", replicas=2)
    fault = load_fault("service.kill")
    fault.apply(stack, injection)
    assert [replica.number for replica in stack.replicas("coupon-issuer")] == [3]
    assert probe_bite(stack, injection).holds
    assert residue_of(stack, injection) == ["coupon-issuer-1 is still gone", "coupon-issuer-2 is still gone"]
    fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


def test_what_an_operator_has_started_again_is_left_alone(stack: FakeStack) -> None:
    injection = _injection(stack, "service.kill", "coupon-issuer")
    fault = load_fault("service.kill")
    fault.apply(stack, injection)
    stack.restart("coupon-issuer")
    generation = stack.generation["coupon-issuer"]
    fault.revert(stack, injection)
    assert stack.generation["coupon-issuer"] == generation


def test_a_starved_database_is_one_whichever_fault_starved_it(stack: FakeStack) -> None:
    assert _injection(stack, "service.cpu_throttle", "mysql").cause == "mysql.cpu_throttle"
    assert _injection(stack, "service.cpu_throttle", "coupon-issuer").cause == "kafka.consumer_slow"
    injection = _injection(stack, "service.cpu_throttle", "app", cores=0.05)
    assert injection.cause == "service.cpu_throttle"
    fault = load_fault("service.cpu_throttle")
    fault.apply(stack, injection)
    assert stack.limits["app"] == 0.05
    fault.revert(stack, _again(injection))
    assert stack.limits["app"] == injection.prior["cores"]


@pytest.mark.parametrize(
    ("name", "kind", "over", "bites"),
    [
        ("edge.latency", "latency", SLOW, True),
        ("edge.latency", "latency", QUICK, False),
        ("edge.bandwidth", "bandwidth", Exchange(2.0, 4096), True),
        ("edge.bandwidth", "bandwidth", QUICK, False),
        ("edge.reset", "reset_peer", CLOSED, True),
        ("edge.reset", "reset_peer", QUICK, False),
        ("edge.timeout", "timeout", SILENT, True),
        ("edge.timeout", "timeout", QUICK, False),
    ],
)
def test_a_toxic_is_put_on_proved_and_taken_off(
    stack: FakeStack,
    seen: dict[str, Exchange],
    name: str,
    kind: str,
    over: Exchange,
    bites: bool,  # noqa: FBT001 - a table
) -> None:
    injection = _injection(stack, name, "app-redis")
    fault = load_fault(name)
    fault.apply(stack, injection)
    assert [(toxic["name"], toxic["type"]) for toxic in stack.toxics("app-redis")] == [("tocsin-i1", kind)]
    seen["over"] = over
    assert probe_bite(stack, injection).holds is bites
    assert residue_of(stack, injection)
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


@pytest.mark.parametrize("name", ["edge.reset", "edge.timeout", "edge.down"])
def test_a_callee_that_is_dead_itself_proves_nothing_about_its_edge(
    stack: FakeStack, seen: dict[str, Exchange], name: str
) -> None:
    seen |= {"over": CLOSED, "straight": CLOSED}
    assert not probe_bite(stack, _injection(stack, name, "app-redis")).holds


def test_a_cut_edge_is_opened_again(stack: FakeStack, seen: dict[str, Exchange]) -> None:
    injection = _injection(stack, "edge.down", "app-redis")
    fault = load_fault("edge.down")
    fault.apply(stack, injection)
    seen["over"] = CLOSED
    assert probe_bite(stack, injection).holds
    assert residue_of(stack, injection) == ["the edge app-redis is closed, it was not"]
    fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


def test_a_slow_edge_to_redis_is_diagnosed_as_redis_latency(stack: FakeStack) -> None:
    assert _injection(stack, "edge.latency", "app-redis").cause == "redis.latency"
    assert _injection(stack, "edge.latency", "app-mysql").cause == "edge.latency"


@pytest.mark.parametrize(
    ("fault", "target", "message"),
    [
        ("edge.latency", "redis", "unknown edge 'redis'; did you mean 'app-redis'"),
        ("edge.latency", "app-mysql2", "did you mean 'app-mysql'"),
        ("service.pause", "app-redis", "unknown target 'app-redis'"),
        ("edge.down", "issuer-mysql", "issuer-mysql does not allow edge.down"),
    ],
)
def test_edges_and_services_are_told_apart(stack: FakeStack, fault: str, target: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        _injection(stack, fault, target)
