"""Every fault: planned without side effect, applied, proved, reverted from its record alone, twice if need be."""

import json

import pytest
from tests.fakes import TOPOLOGY, FakeStack

from tocsin.errors import BadInput
from tocsin.inject.handler import InjectionHandler, probe_bite, residue_of
from tocsin.inject.plan import check_fault, plan_injection
from tocsin.inject.registry import fault_names, load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Bites, Injection, LeavesResidue
from tocsin_faults.edge.exchange import Exchange


def _plan(fault: str, target: str, **parameters: object) -> FaultPlan:
    return FaultPlan.model_validate({"fault": fault, "target": target, "for": "30s", "with": parameters})


def _again(injection: Injection) -> Injection:
    """What another process reads from the ledger."""
    return Injection.model_validate(json.loads(injection.model_dump_json()))


def test_the_first_four_faults_are_found_by_their_entry_points() -> None:
    assert {"kafka.consumer_pause", "mysql.cpu_throttle", "redis.flush", "redis.latency"} <= set(fault_names())


@pytest.mark.parametrize("name", fault_names())
def test_a_fault_says_what_it_is_and_can_prove_both_its_bite_and_its_undoing(name: str) -> None:
    fault = load_fault(name)
    assert fault.spec.id == name
    assert fault.spec.summary
    assert isinstance(fault, Bites)
    assert isinstance(fault, LeavesResidue)
    assert fault.Parameters.model_config.get("extra") == "forbid"
    assert all(field.description for field in fault.Parameters.model_fields.values())


def test_consumer_pause_freezes_all_and_thaws_all(stack: FakeStack) -> None:
    injection = plan_injection(_plan("kafka.consumer_pause", "coupon-issuer"), stack, "i1")
    assert stack.frozen == set()
    handler = InjectionHandler(lambda _: stack)
    handler.apply(injection.model_dump(mode="json"))
    assert probe_bite(stack, injection).evidence == "3 of 3 chosen replicas are frozen"
    assert residue_of(stack, injection)
    for _ in range(2):
        handler.revert(_again(injection).model_dump(mode="json"))
    assert residue_of(stack, injection) == []


def test_consumer_pause_of_one_leaves_the_others_alone(stack: FakeStack) -> None:
    injection = plan_injection(_plan("kafka.consumer_pause", "coupon-issuer", replicas=1), stack, "i1")
    load_fault(injection.fault).apply(stack, injection)
    assert stack.frozen == {1}
    assert probe_bite(stack, injection).holds


def test_a_restarted_consumer_is_another_process_and_is_not_touched(stack: FakeStack) -> None:
    injection = plan_injection(_plan("kafka.consumer_pause", "coupon-issuer"), stack, "i1")
    load_fault(injection.fault).apply(stack, injection)
    stack.restart("coupon-issuer")
    assert not probe_bite(stack, injection).holds
    assert residue_of(stack, injection) == []


def test_cpu_throttle_restores_the_very_limit_there_was(stack: FakeStack) -> None:
    injection = plan_injection(_plan("mysql.cpu_throttle", "mysql", cores=0.02), stack, "i1")
    fault = load_fault(injection.fault)
    fault.apply(stack, injection)
    assert stack.limits["mysql"] == 0.02
    assert probe_bite(stack, injection).holds
    assert residue_of(stack, injection) == ["CPU limit of mysql is 0.02, it was 0.571"]
    fault.revert(stack, _again(injection))
    assert stack.limits["mysql"] == 0.571
    assert residue_of(stack, injection) == []


def test_slow_consumers_are_starved_and_are_unlimited_again(stack: FakeStack) -> None:
    injection = plan_injection(_plan("kafka.consumer_slow", "coupon-issuer", cores=0.01), stack, "i1")
    fault = load_fault(injection.fault)
    fault.apply(stack, injection)
    assert stack.limits["coupon-issuer"] == 0.01
    assert residue_of(stack, injection) == ["CPU limit of coupon-issuer is 0.01, it was None"]
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert stack.limits["coupon-issuer"] is None
    assert residue_of(stack, injection) == []


def test_a_limit_that_starves_nobody_does_not_bite(stack: FakeStack) -> None:
    injection = plan_injection(_plan("mysql.cpu_throttle", "mysql", cores=8), stack, "i1")
    load_fault(injection.fault).apply(stack, injection)
    assert not probe_bite(stack, injection).holds


def test_latency_puts_one_toxic_on_each_edge_however_often_it_is_applied(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin_faults.redis.latency._ping_ms", lambda _: 0.2)
    stack.address_of["app-redis"] = stack.address("redis")
    injection = plan_injection(_plan("redis.latency", "redis", latency=200), stack, "i1")
    fault = load_fault(injection.fault)
    for _ in range(2):
        fault.apply(stack, injection)
    assert [toxic["name"] for toxic in stack.toxics("app-redis")] == ["tocsin-i1"]
    assert stack.toxics("app-mysql") == []
    assert not probe_bite(stack, injection).holds  # the PING is as quick as ever: no proof
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


@pytest.mark.parametrize(("over", "bites"), [([0.09, 0.12], True), ([0.001, 0.12], False), ([0.001, 0.001], False)])
def test_a_slow_database_is_slow_on_every_edge(
    stack: FakeStack,
    monkeypatch: pytest.MonkeyPatch,
    over: list[float],
    bites: bool,  # noqa: FBT001 - a table
) -> None:
    seconds = dict(zip(("app-mysql", "issuer-mysql"), over, strict=True))
    monkeypatch.setattr(
        "tocsin_faults.mysql.latency.both_ways", lambda _, edge: (Exchange(seconds[edge], 1), Exchange(0.001, 1))
    )
    injection = plan_injection(_plan("mysql.latency", "mysql", latency=100), stack, "i1")
    fault = load_fault(injection.fault)
    fault.apply(stack, injection)
    assert [len(stack.toxics(edge)) for edge in ("app-mysql", "issuer-mysql", "app-redis")] == [1, 1, 0]
    assert probe_bite(stack, injection).holds is bites
    assert len(residue_of(stack, injection)) == 2
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


def test_a_toxic_of_somebody_else_is_left_alone(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin_faults.redis.latency._ping_ms", lambda _: 0.2)
    stack.address_of["app-redis"] = stack.address("redis")
    stack.add_toxic("app-redis", name="by-hand", kind="latency", stream="downstream", attributes={})
    injection = plan_injection(_plan("redis.latency", "redis"), stack, "i1")
    load_fault(injection.fault).apply(stack, injection)
    load_fault(injection.fault).revert(stack, injection)
    assert [toxic["name"] for toxic in stack.toxics("app-redis")] == ["by-hand"]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (_plan("kafka.consumer_paus", "coupon-issuer"), "did you mean 'kafka.consumer_pause'"),
        (_plan("kafka.consumer_pause", "cupon-issuer"), "did you mean 'coupon-issuer'"),
        (
            _plan("redis.flush", "mysql"),
            "mysql does not allow redis.flush; it allows: mysql.cpu_throttle",
        ),
        (_plan("redis.latency", "redis", latencyy=5), "did you mean 'latency'"),
        (_plan("redis.latency", "redis", latency=-5), "greater than or equal to 0"),
        (_plan("mysql.cpu_throttle", "mysql", cores=0), "greater than or equal to 0.01"),
        (_plan("kafka.consumer_pause", "coupon-issuer", replicas=0), "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_an_injection_is_said_before_anything_is_done(plan: FaultPlan, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_fault(plan, TOPOLOGY)
