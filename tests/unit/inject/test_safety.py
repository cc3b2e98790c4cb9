"""Limits on length, number and share; and no two injections may fight over one thing."""

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import TOPOLOGY, FakeStack

from tocsin.errors import BadInput
from tocsin.inject.handler import InjectionHandler
from tocsin.inject.plan import check_fault, plan_injection
from tocsin.inject.safety import check_confirmed, check_share, claims, fights, too_long, too_many
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import FaultSpec
from tocsin.model.limits import Limits
from tocsin_faults.edge.down import Down


def _plan(fault: str, target: str, at: float = 0.0, length: float = 30.0) -> FaultPlan:
    return FaultPlan.model_validate({"fault": fault, "target": target, "at": at, "for": length})


def test_a_fault_must_end_in_time() -> None:
    assert too_long(_plan("redis.flush", "redis", length=30), Limits(longest=30)) == ""
    assert "longer than the 30 s" in too_long(_plan("redis.flush", "redis", length=31), Limits(longest=30))


def test_only_so_many_at_once() -> None:
    plans = [_plan("redis.flush", "redis", at) for at in (0, 10, 20, 50)]
    assert too_many(plans, Limits(at_once=3)) == ""
    assert "3 faults are in place at 20 s, the limits allow 2" in too_many(plans, Limits(at_once=2))


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (("redis.latency", "redis"), ("edge.latency", "app-redis"), "the edge app-redis"),
        (("edge.down", "app-redis"), ("edge.latency", "app-redis"), "the edge app-redis"),
        (
            ("kafka.consumer_pause", "coupon-issuer"),
            ("service.kill", "coupon-issuer"),
            "the processes of coupon-issuer",
        ),
        (("mysql.cpu_throttle", "mysql"), ("service.cpu_throttle", "mysql"), "the CPU limit of mysql"),
        (("redis.latency", "redis"), ("redis.flush", "redis"), ""),
        (("service.pause", "redis"), ("redis.flush", "redis"), "the processes of redis"),
        (("redis.client_pause", "redis"), ("redis.flush", "redis"), "the processes of redis"),
        (("redis.client_pause", "redis"), ("service.cpu_throttle", "redis"), ""),
        (("edge.latency", "app-redis"), ("edge.latency", "app-mysql"), ""),
        (("service.pause", "redis"), ("service.pause", "app"), ""),
    ],
)
def test_two_that_hold_the_same_fight(one: tuple[str, str], other: tuple[str, str], shared: str) -> None:
    found = fights([_plan(*one), _plan(*other, at=10)], TOPOLOGY)
    assert [index for index, _ in found] == ([1] if shared else [])
    assert all(shared in text for _, text in found)
    assert fights([_plan(*one), _plan(*other, at=30)], TOPOLOGY) == []  # one after the other


def test_redis_latency_claims_every_edge_into_redis() -> None:
    assert claims(_plan("redis.latency", "redis"), TOPOLOGY) == {"the edge app-redis"}


def test_an_injection_may_not_take_more_replicas_than_allowed(stack: FakeStack) -> None:
    injection = plan_injection(_plan("kafka.consumer_pause", "coupon-issuer"), stack, "i1")
    check_share(injection, stack, Limits(share=1.0))
    with pytest.raises(BadInput, match="would take 3 of 3 replicas of coupon-issuer; the limits allow 67%"):
        check_share(injection, stack, Limits(share=0.67))


@pytest.mark.parametrize(
    ("fault", "target"), [("mysql.cpu_throttle", "mysql"), ("edge.down", "app-redis"), ("service.cpu_throttle", "app")]
)
def test_a_fault_without_replicas_takes_the_whole(stack: FakeStack, fault: str, target: str) -> None:
    injection = plan_injection(_plan(fault, target), stack, "i1")
    check_share(injection, stack, Limits(share=1.0))
    with pytest.raises(BadInput, match=f"{fault} would take the whole of {target}; the limits allow 50%"):
        check_share(injection, stack, Limits(share=0.5))


def test_a_fault_undone_by_rebuilding_is_refused_where_nothing_rebuilds() -> None:
    check_fault(_plan("redis.flush", "redis"), TOPOLOGY)
    with pytest.raises(BadInput, match="the stack shop has no hook 'rebuild'"):
        check_fault(_plan("redis.flush", "redis"), TOPOLOGY.model_copy(update={"hooks": []}))


class _Forever(Down):
    """An edge that stays down."""

    spec: ClassVar[FaultSpec] = Down.spec.model_copy(update={"id": "edge.forever", "undo": "irreversible"})


def test_what_cannot_be_undone_wants_a_word_from_the_engine_too(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("handler", "plan", "safety"):
        monkeypatch.setattr(f"tocsin.inject.{module}.load_fault", lambda _: _Forever())
    with pytest.raises(BadInput, match="cannot be undone"):
        check_confirmed("edge.down", confirmed=False)
    check_confirmed("edge.down", confirmed=True)
    handler = InjectionHandler(lambda _: stack)
    unconfirmed = plan_injection(_plan("edge.down", "app-redis"), stack, "i1")
    with pytest.raises(BadInput, match="nobody has agreed"):
        handler.apply(unconfirmed.model_dump(mode="json"))
    assert stack.closed == set()
    confirmed = plan_injection(_plan("edge.down", "app-redis"), stack, "i1", confirmed=True)
    handler.apply(confirmed.model_dump(mode="json"))
    assert stack.closed == {"app-redis"}


limits = st.builds(Limits, longest=st.floats(0, 1e4), share=st.floats(0.01, 1), at_once=st.integers(1, 9))


@given(limits, limits)
def test_a_drill_can_only_be_stricter_than_its_stack(drill: Limits, stack: Limits) -> None:
    both = drill.within(stack)
    assert both == stack.within(drill)
    assert both.longest <= stack.longest
    assert both.share <= stack.share
    assert both.at_once <= stack.at_once
