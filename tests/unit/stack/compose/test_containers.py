"""What faults and remedies do to containers, and what undoing leaves of it."""

from typing import Any

import pytest
from tests.fake_docker import FakeDocker

from tocsin.errors import BadInput, StackGone, TocsinError
from tocsin.inject.registry import load_fault
from tocsin.model.fault import Bites, Injection, LeavesResidue
from tocsin.stack.compose.backend import ComposeStack
from tocsin.stack.residue import _limits, _replicas


def injection(stack: ComposeStack, fault: str, target: str, **parameters: Any) -> Injection:
    """A planned record, as it would come back from a ledger."""
    loaded = load_fault(fault)
    given = loaded.Parameters.model_validate(parameters).model_dump()
    record = Injection(id="i1", fault=fault, cause=fault, target=target, parameters=given, stack=stack.reference)
    return Injection.model_validate_json(loaded.plan(stack, record).model_dump_json())


def residue(stack: ComposeStack, record: Injection) -> list[str]:
    fault = load_fault(record.fault)
    assert isinstance(fault, LeavesResidue)
    return fault.residue(stack, record)


def test_a_pause_is_undone_from_its_record_alone(stack: ComposeStack, docker: FakeDocker) -> None:
    record = injection(stack, "service.pause", "coupon-issuer")
    fault = load_fault("service.pause")
    fault.apply(stack, record)
    fault.apply(stack, record)
    assert [one["State"]["Status"] for one in docker.all.values()].count("paused") == 3
    assert isinstance(fault, Bites)
    assert fault.bites(stack, record).holds
    assert _replicas(stack) == [f"coupon-issuer-{n} is frozen" for n in (1, 2, 3)]
    fault.revert(stack, record)
    fault.revert(stack, record)
    assert residue(stack, record) == []
    assert _replicas(stack) == []


def test_a_paused_container_that_a_remedy_restarted_is_another_run(stack: ComposeStack, docker: FakeDocker) -> None:
    record = injection(stack, "service.pause", "coupon-issuer")
    load_fault("service.pause").apply(stack, record)
    stack.restart("coupon-issuer")
    assert not any(stack.is_frozen(replica) for replica in record.replicas)
    assert not any(stack.is_alive(replica) for replica in record.replicas)
    load_fault("service.pause").apply(stack, record)  # late: the run that was meant is over
    assert "paused" not in [one["State"]["Status"] for one in docker.all.values()]
    assert residue(stack, record) == []


def test_a_killed_container_is_started_again_as_the_same_one(stack: ComposeStack, docker: FakeDocker) -> None:
    before = set(docker.all)
    record = injection(stack, "service.kill", "coupon-issuer", replicas=2)
    fault = load_fault("service.kill")
    fault.apply(stack, record)
    fault.apply(stack, record)
    assert residue(stack, record) == ["coupon-issuer-1 is still gone", "coupon-issuer-2 is still gone"]
    fault.revert(stack, record)
    assert residue(stack, record) == []
    assert set(docker.all) == before


def _begins_unhealthy(docker: FakeDocker, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its health is not known when it is started: the engine's own check comes seconds later."""
    plain = docker.start

    def start(identity: str) -> None:
        plain(identity)
        docker.state(container)["Health"] = {"Status": "starting"}

    monkeypatch.setattr(docker, "start", start)


def test_a_started_container_is_ready_when_its_check_succeeds_and_not_when_the_engine_comes_round_to_it(
    stack: ComposeStack, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mysql,) = (one for one in docker.all if "mysql" in docker.all[one]["Name"])
    docker.all[mysql]["Config"]["Healthcheck"] = {"Test": ["CMD", "mysqladmin", "ping"]}
    _begins_unhealthy(docker, mysql, monkeypatch)
    stack.restart("mysql")
    assert docker.ran == [["mysqladmin", "ping"]]
    docker.all[mysql]["Config"]["Healthcheck"] = {"Test": ["CMD-SHELL", "mysqladmin ping"]}
    stack.restart("mysql")
    assert docker.ran[-1] == ["/bin/sh", "-c", "mysqladmin ping"]


def test_a_check_that_fails_is_no_readiness(
    stack: ComposeStack, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mysql,) = (one for one in docker.all if "mysql" in docker.all[one]["Name"])
    docker.all[mysql]["Config"]["Healthcheck"] = {"Test": ["CMD", "mysqladmin", "ping"]}
    docker.exit_codes[mysql] = 1
    _begins_unhealthy(docker, mysql, monkeypatch)
    monkeypatch.setattr("tocsin.stack.compose.backend._READY_WITHIN", 0.3)
    with pytest.raises(TocsinError, match="mysql-1 was not ready"):
        stack.restart("mysql")


def test_a_kill_ends_a_paused_container_even_where_the_engine_refuses_at_first(
    stack: ComposeStack, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = stack.replicas("app")[0]
    stack.freeze(replica)
    plain = docker.kill

    def kill(container: str) -> None:
        if docker.state(container)["Paused"]:
            raise TocsinError("Container is paused. Unpause the container before stopping or killing")
        plain(container)

    monkeypatch.setattr(docker, "kill", kill)
    stack.kill(replica)
    assert stack.replicas("app") == []


@pytest.mark.parametrize(("target", "key"), [("mysql", "NanoCpus"), ("coupon-issuer", "CpuQuota")])
def test_a_cpu_limit_goes_back_to_what_the_engine_had(
    stack: ComposeStack, docker: FakeDocker, target: str, key: str
) -> None:
    def limits() -> list[int]:
        return [one["HostConfig"][key] for one in docker.all.values() if f"-{target}-" in one["Name"]]

    before = stack.cpu_limit(target)
    record = injection(stack, "service.cpu_throttle", target, cores=0.05)
    fault = load_fault("service.cpu_throttle")
    fault.apply(stack, record)
    assert stack.cpu_limit(target) == 0.05
    assert _limits(stack)
    fault.revert(stack, record)
    assert residue(stack, record) == []
    assert stack.cpu_limit(target) == before
    assert _limits(stack) == []
    assert set(limits()) == ({400_000_000} if target == "mysql" else {-1})


def test_a_limit_is_put_back_on_a_container_that_has_ended(stack: ComposeStack, docker: FakeDocker) -> None:
    record = injection(stack, "service.cpu_throttle", "mysql", cores=0.05)
    load_fault("service.cpu_throttle").apply(stack, record)
    docker.restart_engine()
    load_fault("service.cpu_throttle").revert(stack, record)
    assert residue(stack, record) == []


def test_an_engine_that_was_restarted_leaves_nothing_paused_and_says_what_is_gone(
    stack: ComposeStack, docker: FakeDocker
) -> None:
    record = injection(stack, "service.pause", "app")
    load_fault("service.pause").apply(stack, record)
    docker.restart_engine()
    load_fault("service.pause").revert(stack, record)
    assert residue(stack, record) == []
    assert "app-1 is gone" in _replicas(stack)
    stack.restart("app")
    assert "app-1 is gone" not in _replicas(stack)


def test_replicas_are_added_like_the_first_and_removed_from_the_end(stack: ComposeStack, docker: FakeDocker) -> None:
    stack.freeze(stack.replicas("coupon-issuer")[1])
    first = {replica.container for replica in stack.replicas("coupon-issuer")}
    stack.set_cpu_limit("coupon-issuer", 0.3)
    stack.scale("coupon-issuer", 5)
    replicas = stack.replicas("coupon-issuer")
    assert [replica.number for replica in replicas] == [1, 2, 3, 4, 5]
    assert first < {replica.container for replica in replicas}
    fifth = docker.all[replicas[4].container]
    assert fifth["Name"] == "/shop-1-coupon-issuer-5"
    assert fifth["HostConfig"]["CpuQuota"] == 30_000
    assert "Hostname" not in fifth["Config"]
    assert "coupon-issuer has 5 replicas, planned are 3" in _replicas(stack)
    stack.scale("coupon-issuer", 3)
    assert {replica.container for replica in stack.replicas("coupon-issuer")} == first
    assert stack.is_frozen(replicas[1])  # scaling has touched nobody who was there


def test_a_replica_that_is_added_gets_a_loopback_port_of_its_own(stack: ComposeStack) -> None:
    stack.scale("app", 2)
    assert stack.address("app").port == 38080
    assert stack.address("app", number=2).port >= 40_000
    with pytest.raises(BadInput, match="app-3 has no port"):
        stack.address("app", number=3)


def test_a_job_that_has_done_its_work_is_no_replica(stack: ComposeStack) -> None:
    assert "data-1" not in [look.name for look in stack.looks()]
    assert stack.unlisted() == []


def test_a_container_that_nobody_wrote_down_is_told(stack: ComposeStack, docker: FakeDocker) -> None:
    docker.add("app", 7, labels={"tocsin.instance": "abc"})
    assert stack.unlisted() == ["container shop-1-app-7 runs as app-7 and is not listed"]


def test_throttled_periods_are_added_up_over_replicas(stack: ComposeStack) -> None:
    assert stack.cpu_throttled("coupon-issuer") == (30, 12)


def test_a_stack_whose_containers_are_gone_is_gone(stack: ComposeStack, docker: FakeDocker) -> None:
    reference = stack.reference
    docker.all.clear()
    with pytest.raises(StackGone):
        ComposeStack.attach(reference, stack._connect)


def test_another_instance_in_its_place_is_another_stack(stack: ComposeStack) -> None:
    other = stack.reference.model_copy(update={"instance": "before"})
    with pytest.raises(StackGone):
        ComposeStack.attach(other, stack._connect)
