"""Faults end at their time; those that a remedy has lifted end before it, when nothing else is left to see."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes import FakeStack
from tests.unit.director.conftest import Given, WillingGuardian

from tocsin import clock
from tocsin.director import injector as module
from tocsin.director.injector import Injector
from tocsin.director.recorder import Recorder
from tocsin.model.drill import FaultPlan
from tocsin.model.fault import Proof
from tocsin.model.limits import Limits


class Bites:
    """Stands for the bite probe."""

    holds = True

    def __call__(self, *_: Any) -> Proof:
        return Proof(holds=self.holds, evidence="looked")


class Bench:
    """An injector, its guardian and its clock."""

    def __init__(self, stack: FakeStack, recorder: Recorder, given: Given) -> None:
        self.stack, self.recorder, self._given = stack, recorder, given
        self.guardian = WillingGuardian()
        self.injector: Injector | None = None
        self._began = given.now

    def plan(self, *faults: tuple[str, float, float]) -> Injector:
        """Faults on the coupon issuers: name, when, how long."""
        plans = [
            FaultPlan.model_validate({"fault": fault, "target": "coupon-issuer", "at": f"{at}s", "for": f"{seconds}s"})
            for fault, at, seconds in faults
        ]
        guardian: Any = self.guardian
        self.injector = Injector(plans, Limits(), self.stack, guardian, self.recorder)
        return self.injector

    @property
    def since_steady(self) -> float:
        return self._given.now - self._began

    def play_until(self, kind: str) -> None:
        """Seconds pass until something is on the tape; a probe in its thread is waited for."""
        injector = self.injector
        assert injector is not None

        def told() -> bool:
            self._given.now += 0.1
            injector.step(self.since_steady)
            injector.look_for_lifted("restart of coupon-issuer", self._given.now)
            return kind in self.kinds

        assert clock.wait_until(told, timeout=10.0, every=0.01)

    @property
    def kinds(self) -> list[str]:
        return [event.data.kind for event in self.recorder.events]


@pytest.fixture
def bites(monkeypatch: pytest.MonkeyPatch) -> Bites:
    found = Bites()
    monkeypatch.setattr(module, "probe_bite", found)
    monkeypatch.setattr(module, "residue_of", lambda *_: ["frozen"])
    return found


@pytest.fixture
def bench(stack: FakeStack, recorder: Recorder, given_: Given, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(recorder.clock, "at", lambda _: given_.now)
    found = Bench(stack, recorder, given_)
    yield found
    if found.injector is not None:
        found.injector.close()


def test_a_lifted_fault_ends_before_its_time(bench: Bench, bites: Bites) -> None:
    injector = bench.plan(("service.pause", 0, 3600))
    bench.play_until("bit")
    bites.holds = False
    bench.play_until("lifted")
    injector.end_lifted()
    bench.play_until("reverted")
    assert bench.since_steady < 3600
    assert injector.all_over
    assert bench.guardian.asked == [("apply", "i1"), ("revert", "i1")]


def test_a_fault_that_is_in_place_keeps_its_time(bench: Bench, bites: Bites) -> None:
    assert bites.holds
    injector = bench.plan(("service.pause", 0, 3600))
    bench.play_until("bit")
    injector.end_lifted()
    injector.step(bench.since_steady)
    assert bench.guardian.asked == [("apply", "i1")]


def test_while_another_fault_is_to_come_the_lifted_one_keeps_its_time(bench: Bench, bites: Bites) -> None:
    injector = bench.plan(("service.pause", 0, 3600), ("service.kill", 3000, 60))
    bench.play_until("bit")
    bites.holds = False
    bench.play_until("lifted")
    injector.end_lifted()
    injector.step(bench.since_steady)
    assert bench.guardian.asked == [("apply", "i1")]
    assert not injector.all_over
