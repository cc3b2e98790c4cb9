"""service.memory_limit: lowered, felt, put back; whoever was killed for it is started again."""

import pytest
from tests.fakes import FakeStack

from tocsin.errors import TocsinError
from tocsin.inject.handler import probe_bite, residue_of
from tocsin.inject.plan import plan_injection
from tocsin.inject.registry import load_fault
from tocsin.inject.safety import claims
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Injection

MEGA = 1 << 20


@pytest.fixture
def record(stack: FakeStack) -> Injection:
    plan = FaultPlan.model_validate({"fault": "service.memory_limit", "target": "app", "with": {"spare": 4}})
    return Injection.model_validate_json(plan_injection(plan, stack, "i1").model_dump_json())


def test_it_leaves_a_little_more_than_is_in_use(stack: FakeStack, record: Injection) -> None:
    assert record.prior["limit"] == 104 * MEGA
    load_fault("service.memory_limit").apply(stack, record)
    assert stack.memory["app"] == 104 * MEGA
    assert probe_bite(stack, record).holds  # 100 of 104 MB are in use


def test_a_limit_that_nobody_feels_does_not_bite(stack: FakeStack, record: Injection) -> None:
    load_fault("service.memory_limit").apply(stack, record)
    stack.used["app"] = 20 * MEGA
    assert not probe_bite(stack, record).holds
    stack.kills["app"] = 1
    assert probe_bite(stack, record).holds


def test_undone_it_is_as_before_and_the_killed_are_back(stack: FakeStack, record: Injection) -> None:
    fault = load_fault("service.memory_limit")
    fault.apply(stack, record)
    stack.kill(stack.replicas("app")[0])
    assert residue_of(stack, record) == ["memory limit of app is 109051904, it was 536870912", "app-1 is gone"]
    fault.revert(stack, record)
    fault.revert(stack, record)
    assert residue_of(stack, record) == []
    assert len(stack.replicas("app")) == 1


def test_it_never_raises_a_limit(stack: FakeStack) -> None:
    stack.used["app"] = 511 * MEGA
    plan = FaultPlan.model_validate({"fault": "service.memory_limit", "target": "app", "with": {"spare": 64}})
    assert plan_injection(plan, stack, "i1").prior["limit"] == 512 * MEGA


def test_it_asks_for_no_limit_that_an_engine_refuses(stack: FakeStack) -> None:
    stack.used["app"] = 3 * MEGA
    plan = FaultPlan.model_validate({"fault": "service.memory_limit", "target": "app", "with": {"spare": 1}})
    assert plan_injection(plan, stack, "i1").prior["limit"] == 6 * MEGA


def test_a_service_without_a_limit_is_refused(stack: FakeStack) -> None:
    plan = FaultPlan.model_validate({"fault": "service.memory_limit", "target": "mysql"})
    record = plan_injection(plan, stack, "i1")
    with pytest.raises(TocsinError, match="no memory limit"):
        load_fault("service.memory_limit").apply(stack, record)


def test_it_holds_the_processes_too(stack: FakeStack) -> None:
    plan = FaultPlan.model_validate({"fault": "service.memory_limit", "target": "app"})
    assert claims(plan, stack.topology) == {"the memory limit of app", "the processes of app"}
