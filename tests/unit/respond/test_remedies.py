"""Remedies do what an operator does, and put back what they changed, from the record alone."""

import json

import pytest
from tests.fake_redis_client import FakeRedisClient
from tests.fakes import FakeStack

from tocsin.errors import BadInput, StackGone
from tocsin.model.hypothesis import RemedyStep
from tocsin.model.remedy import RemedyRecord
from tocsin.model.stack import Stack, StackReference
from tocsin.respond.handler import RemedyHandler
from tocsin.respond.registry import REMEDIES, check_step, plan_remedy


def _step(remedy: str, target: str = "{target}", **parameters: object) -> RemedyStep:
    return RemedyStep.model_validate({"remedy": remedy, "target": target, "with": parameters, "why": "because"})


def _done(stack: FakeStack, step: RemedyStep, target: str) -> RemedyRecord:
    record = plan_remedy(step, target, stack, "a1")
    RemedyHandler(lambda _: stack).apply(json.loads(record.model_dump_json()))
    return record


def _undo(stack: FakeStack, record: RemedyRecord) -> None:
    RemedyHandler(lambda _: stack).revert(json.loads(record.model_dump_json()))


def _residue(stack: FakeStack, record: RemedyRecord) -> list[str]:
    return RemedyHandler(lambda _: stack).residue(json.loads(record.model_dump_json()))


def test_the_remedies_of_the_issue_are_there() -> None:
    first = {"restart", "scale_out", "raise_cpu", "warm_cache", "set_flag", "shed_load"}
    assert first | {"end_blockers", "raise_maxmemory"} == set(REMEDIES)


def test_only_those_who_still_sit_on_a_transaction_are_ended(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, ended = [[4, 9], [9, 12]], []
    place = "tocsin.respond.remedies.end_blockers"
    monkeypatch.setattr(f"{place}.sitting", lambda *_: looks.pop(0))
    monkeypatch.setattr(f"{place}.end_connections", lambda _address, _login, numbers: ended.extend(numbers))
    record = _done(stack, _step("end_blockers"), "mysql")
    assert record.prior == {"connections": [4, 9]}
    assert ended == [9]
    _undo(stack, record)
    assert _residue(stack, record) == []


@pytest.mark.parametrize(("now", "planned", "raised"), [(1000, 900, 4 << 20), (8 << 20, 900, 8 << 20), (0, 0, 0)])
def test_a_memory_limit_is_raised_and_goes_back_to_what_was_planned(
    stack: FakeStack, monkeypatch: pytest.MonkeyPatch, now: int, planned: int, raised: int
) -> None:
    client = FakeRedisClient()
    client.settings["maxmemory"] = str(now)
    stack.settings["redis"] = {"maxmemory": str(planned)}
    monkeypatch.setattr("tocsin.respond.remedies.raise_maxmemory._client", lambda *_: client)
    record = _done(stack, _step("raise_maxmemory", megabytes=4), "redis")
    assert client.settings["maxmemory"] == str(raised)
    assert bool(_residue(stack, record)) is (raised != planned)
    _undo(stack, record)
    assert client.settings["maxmemory"] == str(planned)
    assert _residue(stack, record) == []
    client.settings["maxmemory"] = "77"  # somebody else's since
    _undo(stack, record)
    assert client.settings["maxmemory"] == "77"


def test_the_target_of_the_diagnosis_takes_its_place(stack: FakeStack) -> None:
    assert plan_remedy(_step("restart"), "coupon-issuer", stack, "a1").target == "coupon-issuer"
    assert plan_remedy(_step("warm_cache", target="app"), "redis", stack, "a1").target == "app"


def test_restart_makes_new_processes(stack: FakeStack) -> None:
    before = stack.replicas("coupon-issuer")
    _done(stack, _step("restart"), "coupon-issuer")
    assert not any(stack.is_alive(replica) for replica in before)


def test_scale_out_goes_back_to_what_there_was(stack: FakeStack) -> None:
    record = _done(stack, _step("scale_out", to=5), "coupon-issuer")
    assert stack.counts["coupon-issuer"] == 5
    _undo(stack, record)
    assert stack.counts["coupon-issuer"] == 3


def test_scale_out_never_scales_in(stack: FakeStack) -> None:
    _done(stack, _step("scale_out", to=1), "coupon-issuer")
    assert stack.counts["coupon-issuer"] == 3


def test_raise_cpu_never_puts_a_starved_limit_back(stack: FakeStack) -> None:
    stack.limits["mysql"] = 0.02  # a fault's doing
    record = _done(stack, _step("raise_cpu", cores=1.0), "mysql")
    assert stack.limits["mysql"] == 1.0
    assert _residue(stack, record) == ["CPU limit of mysql is still 1.0, planned is 0.571"]
    _undo(stack, record)
    assert stack.limits["mysql"] == 0.571
    assert _residue(stack, record) == []


def test_scale_out_counts_the_dead_as_planned(stack: FakeStack) -> None:
    for replica in stack.replicas("coupon-issuer")[:2]:
        stack.kill(replica)  # a fault's doing; its revert starts them again
    record = _done(stack, _step("scale_out", to=5), "coupon-issuer")
    stack.killed.clear()
    assert _residue(stack, record) == ["coupon-issuer has 5 replicas, planned are 3"]
    _undo(stack, record)
    assert stack.counts["coupon-issuer"] == 3
    assert _residue(stack, record) == []


def test_a_flag_goes_back_to_the_plan_and_not_to_what_a_fault_had_made_of_it(stack: FakeStack) -> None:
    stack.switches["cache"] = False  # a fault's doing
    record = _done(stack, _step("set_flag", target="app", flags={"cache": True}), "redis")
    stack.switches["cache"] = False
    assert _residue(stack, record) == ["flag cache is False, planned is True"]
    _undo(stack, record)
    assert stack.switches["cache"] is True
    assert _residue(stack, record) == []


def test_what_was_done_to_a_stack_that_is_gone_is_gone_with_it(stack: FakeStack) -> None:
    record = _done(stack, _step("raise_cpu", cores=1.0), "mysql")
    said: list[str] = []

    def gone(_: StackReference) -> Stack:
        raise StackGone("no such stack")

    handler = RemedyHandler(gone, said.append)
    handler.revert(json.loads(record.model_dump_json()))
    assert handler.residue(json.loads(record.model_dump_json())) == []
    assert said == ["raise_cpu is gone with its stack: no such stack"]
    with pytest.raises(StackGone):
        handler.apply(json.loads(record.model_dump_json()))


def test_raise_cpu_does_not_undo_what_somebody_else_has_set_since(stack: FakeStack) -> None:
    record = _done(stack, _step("raise_cpu", cores=1.0), "mysql")
    stack.limits["mysql"] = 0.571  # the fault's own revert came first
    _undo(stack, record)
    assert stack.limits["mysql"] == 0.571


def test_raise_cpu_never_lowers(stack: FakeStack) -> None:
    _done(stack, _step("raise_cpu", cores=0.1), "mysql")
    assert stack.limits["mysql"] == 0.571


def test_flags_go_back_to_what_they_were(stack: FakeStack) -> None:
    record = _done(stack, _step("set_flag", target="app", flags={"cache": False, "redis_check": False}), "redis")
    assert stack.switches["cache"] is False
    _undo(stack, record)
    assert stack.switches["cache"] is True
    assert stack.switches["redis_check"] is True


def test_shedding_load_ends_with_the_run(stack: FakeStack) -> None:
    record = _done(stack, _step("shed_load", target="app"), "redis")
    assert stack.switches["shed_load"] is True
    _undo(stack, record)
    assert stack.switches["shed_load"] is False


def test_warming_calls_the_stacks_hook(stack: FakeStack) -> None:
    _done(stack, _step("warm_cache", target="app"), "redis")
    assert stack.hooks == ["rebuild"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (_step("restrat"), "did you mean 'restart'"),
        (_step("scale_out", to=0), "greater than or equal to 1"),
        (_step("scale_out"), "Field required"),
        (_step("raise_cpu", cores=1, extra=2), "Extra inputs"),
    ],
)
def test_a_step_that_cannot_work_is_refused_when_it_is_read(step: RemedyStep, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_step(step)
