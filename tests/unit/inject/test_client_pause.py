"""redis.client_pause: it bites, is undone twice, and would end by itself."""

import json
from collections.abc import Iterator

import pytest
from tests.fake_redis import FakeRedis, redis_server
from tests.fakes import FakeStack

from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin.model.stack import Address

PLAN = FaultPlan.model_validate({"fault": "redis.client_pause", "target": "redis", "for": "30s"})


@pytest.fixture
def paused(stack: FakeStack) -> Iterator[Injection]:
    """The record of a pause of a Redis that is there."""
    with redis_server() as port:
        stack.address_of["redis"] = Address(host="127.0.0.1", port=port)
        yield plan_injection(PLAN, stack, "i1")


def test_it_bites_and_is_undone(stack: FakeStack, paused: Injection) -> None:
    fault = load_fault("redis.client_pause")
    assert not probe_bite(stack, paused).holds
    fault.apply(stack, paused)
    proof = probe_bite(stack, paused)
    assert proof.holds
    assert proof.evidence.startswith("PING answered; a write waits")
    assert residue_of(stack, paused) == ["redis still keeps writers waiting"]
    for _ in range(2):
        fault.revert(stack, Injection.model_validate(json.loads(paused.model_dump_json())))
    assert residue_of(stack, paused) == []


def test_the_server_ends_it_by_itself_a_while_after_its_time(paused: Injection) -> None:
    assert load_fault("redis.client_pause").spec.undo == "expires"
    assert paused.prior["expires_ms"] == 60_000


def test_a_server_that_answers_nothing_proves_no_pause(stack: FakeStack, paused: Injection) -> None:
    FakeRedis.mute.set()
    assert not probe_bite(stack, paused).holds
    assert residue_of(stack, paused) == ["redis still keeps writers waiting"]
