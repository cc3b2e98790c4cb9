"""Faults that cost Redis its keys: too little memory, and death; both are put back and rebuilt."""

import json
from typing import Any

import pytest
from tests.fake_redis_client import FakeRedisClient
from tests.fakes import FakeStack

from tocsin.errors import BadInput, TocsinError
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection
from tocsin_faults.redis import down, keys, memory_pressure

LASTING, BRIEF = ["coupon:current", "ranking:all"], [f"product:{number}" for number in range(8)]


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> FakeRedisClient:
    """What every client finds: two lasting keys and eight that expire."""
    client = FakeRedisClient()
    _fill(client)
    for module in (down, keys, memory_pressure):
        monkeypatch.setattr(module, "client_of", lambda *_: client)
    return client


@pytest.fixture
def shop(stack: FakeStack, redis: FakeRedisClient, monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """A stack whose hook really rebuilds."""

    def rebuild(name: str, **_: Any) -> dict[str, Any]:
        stack.hooks.append(name)
        _fill(redis)
        return {}

    monkeypatch.setattr(stack, "call_hook", rebuild)
    return stack


def _fill(client: FakeRedisClient) -> None:
    client.keys |= dict.fromkeys(LASTING, -1) | dict.fromkeys(BRIEF, 60)


def _injection(stack: FakeStack, fault: str, **parameters: object) -> Injection:
    words = {"fault": fault, "target": "redis", "for": "30s", "with": parameters}
    return plan_injection(FaultPlan.model_validate(words), stack, "i1")


def _again(injection: Injection) -> Injection:
    return Injection.model_validate(json.loads(injection.model_dump_json()))


def test_too_little_memory_evicts_and_is_given_back(shop: FakeStack, redis: FakeRedisClient) -> None:
    injection = _injection(shop, "redis.memory_pressure", share=0.3)
    fault = load_fault("redis.memory_pressure")
    assert injection.prior["limit"] == 1300
    assert not probe_bite(shop, injection).holds
    for _ in range(2):
        fault.apply(shop, injection)
    proof = probe_bite(shop, injection)
    assert proof.holds
    assert proof.evidence == "7 keys evicted, 1300 of 1300 bytes in use, limit in force: True"
    assert residue_of(shop, injection) == [
        "setting maxmemory of redis is '1300', it was '0'",
        "only 0 of 2 lasting keys are back",
    ]
    for _ in range(2):
        fault.revert(shop, _again(injection))
    assert redis.settings == {"maxmemory": "0", "maxmemory-policy": "allkeys-lru"}
    assert residue_of(shop, injection) == []
    assert shop.hooks == ["rebuild", "rebuild"]


def test_a_limit_that_an_operator_has_raised_bites_no_more(shop: FakeStack, redis: FakeRedisClient) -> None:
    injection = _injection(shop, "redis.memory_pressure", share=0.3)
    load_fault("redis.memory_pressure").apply(shop, injection)
    redis.config_set("maxmemory", 10_000)
    assert not probe_bite(shop, injection).holds


def test_a_full_server_that_evicts_nothing_is_under_pressure_as_well(shop: FakeStack, redis: FakeRedisClient) -> None:
    redis.settings["maxmemory-policy"] = "noeviction"
    injection = _injection(shop, "redis.memory_pressure", share=0.9)
    load_fault("redis.memory_pressure").apply(shop, injection)
    assert redis.evicted == 0
    assert probe_bite(shop, injection).holds


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_a_share_is_a_share(shop: FakeStack, share: float) -> None:
    with pytest.raises(BadInput):
        _injection(shop, "redis.memory_pressure", share=share)


def test_a_dead_redis_is_started_again_and_rebuilt(
    shop: FakeStack, redis: FakeRedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = [False]
    monkeypatch.setattr(down, "_refuses", lambda *_: refuses[0])
    injection = _injection(shop, "redis.down")
    fault = load_fault("redis.down")
    assert not probe_bite(shop, injection).holds
    fault.apply(shop, injection)
    redis.keys.clear()
    assert not probe_bite(shop, injection).holds  # gone, and yet somebody answers there
    refuses[0] = True
    proof = probe_bite(shop, injection)
    assert proof.holds
    assert proof.evidence == "1 of 1 chosen replicas are gone; a connection is refused"
    assert residue_of(shop, injection) == ["redis-1 is still gone"]
    for _ in range(2):
        fault.revert(shop, _again(injection))
    assert residue_of(shop, injection) == []
    assert shop.generation["redis"] == 1  # once


def test_a_redis_that_runs_again_without_its_keys_is_not_back(shop: FakeStack, redis: FakeRedisClient) -> None:
    injection = _injection(shop, "redis.down")
    load_fault("redis.down").apply(shop, injection)
    redis.keys.clear()
    shop.restart("redis")
    assert residue_of(shop, injection) == ["only 0 of 2 lasting keys are back"]


def test_a_rebuild_that_fails_at_first_is_tried_again(shop: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Exception | None] = [TocsinError("503"), None]

    def hook(_: str) -> dict[str, Any]:
        error = answers.pop(0)
        if error is not None:
            raise error
        return {}

    monkeypatch.setattr(shop, "call_hook", hook)
    monkeypatch.setattr("tocsin.clock.pause", lambda _: None)
    keys.rebuild(shop)
    assert answers == []
    answers[:] = [TocsinError("503")]
    monkeypatch.setattr(keys, "_REBUILT_WITHIN", -1.0)
    with pytest.raises(TocsinError, match="503"):
        keys.rebuild(shop)
