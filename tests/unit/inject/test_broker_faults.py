"""Faults of the broker: the pause is a pause, and a quota is set for whoever is really in the group, and removed."""

import json
from collections.abc import Iterator

import pytest
from tests.fake_broker import FakeBroker, broker_server
from tests.fakes import FakeStack

from tocsin.errors import BadInput, TocsinError
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.inject.safety import fights
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin.model.stack import Address

QUOTA = FaultPlan.model_validate(
    {"fault": "kafka.client_quota", "target": "kafka", "for": "30s", "with": {"group": "coupon-issuer"}}
)
PAUSE = FaultPlan.model_validate({"fault": "kafka.broker_pause", "target": "kafka", "for": "30s"})


@pytest.fixture
def broker(stack: FakeStack) -> Iterator[type[FakeBroker]]:
    """A broker with a group of three consumers that come under two names."""
    with broker_server() as port:
        stack.address_of["kafka"] = Address(host="127.0.0.1", port=port)
        FakeBroker.groups = {"coupon-issuer": ["issuer-b", "issuer-a", "issuer-a"], "others": ["other"]}
        yield FakeBroker


def _again(injection: Injection) -> Injection:
    return Injection.model_validate(json.loads(injection.model_dump_json()))


def test_a_frozen_broker_runs_again(stack: FakeStack) -> None:
    injection = plan_injection(PAUSE, stack, "i1")
    fault = load_fault("kafka.broker_pause")
    fault.apply(stack, injection)
    assert (injection.cause, probe_bite(stack, injection).holds) == ("kafka.broker_pause", True)
    assert residue_of(stack, injection) == ["kafka-1 is still frozen"]
    fault.revert(stack, _again(injection))
    assert residue_of(stack, injection) == []


def test_a_quota_is_for_the_names_that_the_members_really_bear(stack: FakeStack, broker: type[FakeBroker]) -> None:
    injection = plan_injection(QUOTA, stack, "i1")
    assert injection.prior == {"quotas": {"issuer-a": None, "issuer-b": None}}
    assert broker.quotas == {}
    assert not probe_bite(stack, injection).holds
    load_fault("kafka.client_quota").apply(stack, injection)
    assert broker.quotas == {"issuer-a": 0.01, "issuer-b": 0.01}
    proof = probe_bite(stack, injection)
    assert (proof.holds, proof.evidence) == (True, "kafka puts issuer-a off for 1000 ms after a request")
    assert residue_of(stack, injection) == [
        "the quota of issuer-a at kafka is 0.01, it was None",
        "the quota of issuer-b at kafka is 0.01, it was None",
    ]


def test_it_is_removed_twice_and_the_broker_says_so(stack: FakeStack, broker: type[FakeBroker]) -> None:
    injection = plan_injection(QUOTA, stack, "i1")
    fault = load_fault("kafka.client_quota")
    fault.apply(stack, injection)
    for _ in range(2):
        fault.revert(stack, _again(injection))
    assert broker.quotas == {}
    assert residue_of(stack, injection) == []
    assert not probe_bite(stack, injection).holds


def test_a_quota_that_was_there_is_put_back(stack: FakeStack, broker: type[FakeBroker]) -> None:
    broker.quotas = {"issuer-a": 50.0}
    injection = plan_injection(QUOTA, stack, "i1")
    fault = load_fault("kafka.client_quota")
    fault.apply(stack, injection)
    fault.revert(stack, _again(injection))
    assert broker.quotas == {"issuer-a": 50.0}
    assert residue_of(stack, injection) == []


def test_a_broker_without_quotas_is_said_to_have_none(stack: FakeStack, broker: type[FakeBroker]) -> None:
    broker.has_quotas = False
    with pytest.raises(BadInput, match="has no quotas") as raised:
        plan_injection(QUOTA, stack, "i1")
    assert "--stack compose" in raised.value.hint


def test_a_group_without_members_cannot_be_throttled(stack: FakeStack, broker: type[FakeBroker]) -> None:
    broker.groups = {}
    with pytest.raises(BadInput, match="'coupon-issuer' has no members at kafka"):
        plan_injection(QUOTA, stack, "i1")


def test_a_change_that_the_broker_refuses_is_an_error(stack: FakeStack, broker: type[FakeBroker]) -> None:
    injection = plan_injection(QUOTA, stack, "i1")
    broker.refuses = 31  # CLUSTER_AUTHORIZATION_FAILED
    with pytest.raises(TocsinError, match="ClusterAuthorizationFailed"):
        load_fault("kafka.client_quota").apply(stack, injection)


def test_a_quota_cannot_be_removed_while_the_broker_is_frozen(stack: FakeStack) -> None:
    assert fights([PAUSE, QUOTA], stack.topology)[0][1] == (
        "kafka.client_quota and kafka.broker_pause would fight over the processes of kafka"
    )
