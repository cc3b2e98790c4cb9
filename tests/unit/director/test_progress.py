"""Whoever waits is told where the drill stands, and not what somebody has to find out."""

from dataclasses import replace

import pytest
from tests.unit.director.conftest import Room

from tocsin.director.injector import Injector
from tocsin.director.plan import Plan
from tocsin.director.progress import progress
from tocsin.model.drill import ResponderMode


def _told(plan: Plan, room: Room) -> str:
    return progress(plan, room.clock, room.incident, room.injector, 12.0)


def test_what_is_left_and_what_is_broken_is_told(plan: Plan, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(plan, responder="auto")
    assert _told(plan, room) == "watching: 12 s to go"
    assert room.ask("inject", "facilitator", "Moe", fault="service.pause", target="coupon-issuer", seconds=20).ok
    assert _told(plan, room) == "drill: all SLOs met, 0 s in; faults are over at 20 s, then recovery"
    room.incident.detected = 5.0
    monkeypatch.setattr(Injector, "all_over", True)
    assert _told(plan, room) == "drill: incident, 0 s in; faults are over"
    room.incident.mitigated = 9.0
    assert _told(plan, room) == "drill: well again, 0 s in; faults are over"


@pytest.mark.parametrize(
    ("sight", "responder"), [("blind", "auto"), ("blind", "none"), ("open", "human"), ("open", "script")]
)
def test_where_somebody_has_to_find_out_a_drill_without_a_fault_looks_the_same(
    plan: Plan, room: Room, sight: str, responder: ResponderMode
) -> None:
    plan = replace(plan, responder=responder, drill=plan.drill.model_copy(update={"blind": sight == "blind"}))
    quiet = _told(plan, room)
    assert room.ask("inject", "facilitator", "Moe", fault="service.pause", target="coupon-issuer", seconds=20).ok
    assert _told(plan, room) == quiet == "drill: 0 s in"
    room.incident.detected, room.incident.mitigated = 5.0, 9.0
    assert _told(plan, room) == "drill: 0 s in, paged"


def test_a_clock_that_stands_still_says_until_when(plan: Plan, room: Room) -> None:
    assert room.ask("pause", role="facilitator", who="Moe").ok
    assert "goes on by itself in" in _told(plan, room)
