"""Remedies do what an operator does, and put back what they changed, from the record alone."""

import json

import pytest
from tests.fakes import FakeStack

from tocsin.errors import BadInput
from tocsin.model.hypothesis import RemedyStep
from tocsin.model.remedy import RemedyRecord
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


def test_the_remedies_of_the_issue_are_there() -> None:
    assert {"restart", "scale_out", "raise_cpu", "warm_cache", "set_flag", "shed_load"} == set(REMEDIES)


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


def test_raise_cpu_lifts_a_starved_limit_and_puts_it_back(stack: FakeStack) -> None:
    stack.limits["mysql"] = 0.02
    record = _done(stack, _step("raise_cpu", cores=1.0), "mysql")
    assert stack.limits["mysql"] == 1.0
    _undo(stack, record)
    assert stack.limits["mysql"] == 0.02


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
