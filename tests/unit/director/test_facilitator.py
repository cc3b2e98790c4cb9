"""The facilitator stops, gives hints, holds the clock and breaks more, within the same guards."""

from typing import Any

import pytest
from tests.unit.director.conftest import Room

from tocsin.director import injector as injector_module
from tocsin.director.drillclock import PAUSE_AT_MOST
from tocsin.errors import Aborted, TocsinError
from tocsin.model.fault import Proof
from tocsin.tape.fold import fold


def test_the_facilitator_stops_the_run(room: Room) -> None:
    assert room.ask("stop", role="facilitator", who="Moe", reason="lunch").ok
    with pytest.raises(Aborted, match="aborted by Moe: lunch"):
        room.interrupts.check()
    assert room.interrupts.role == "facilitator"


def test_the_facilitators_hint_costs_nothing(room: Room) -> None:
    assert room.ask("give_hint", role="facilitator", who="Moe", text="look at the queue").ok
    people = fold(room.meta, room.recorder.events).people
    assert (people.hint_cost, [one.text for _, one in people.given_hints]) == (0.0, ["look at the queue"])


def test_the_drills_clock_stands_still_and_goes_on(room: Room) -> None:
    room.given_.now += 5.0
    assert room.ask("pause", role="facilitator", who="Moe").ok
    room.given_.now += 30.0
    assert "already" in room.ask("pause", role="facilitator", who="Moe").error
    assert room.clock.seconds() == 5.0
    assert room.ask("resume", role="facilitator", who="Moe").ok
    room.given_.now += 2.0
    assert (room.clock.seconds(), room.clock.paused_for) == (7.0, 30.0)
    assert "is going" in room.ask("resume", role="facilitator", who="Moe").error
    state = fold(room.meta, room.recorder.events)
    assert [round(one.end - one.start) for one in state.people.paused if one.end is not None] == [30]


def test_a_pause_ends_by_itself_and_pauses_together_are_bounded(room: Room) -> None:
    room.ask("pause", role="facilitator", who="Moe")
    room.given_.now += PAUSE_AT_MOST + 1.0
    room.desk.serve()
    assert not room.chair.paused
    assert room.kinds[-1] == "drill_resumed"
    assert "all it may" in room.ask("pause", role="facilitator", who="Moe").error


def _play(room: Room, seconds: int) -> None:
    for _ in range(seconds):
        room.given_.now += 1.0
        room.injector.step(room.clock.seconds())


def test_what_is_in_place_stays_while_the_clock_stands_still(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.recorder.clock, "at", lambda _: room.given_.now)
    monkeypatch.setattr(injector_module, "probe_bite", lambda *_: Proof(holds=True, evidence="seen"))
    assert room.ask("inject", "facilitator", "Moe", fault="service.pause", target="coupon-issuer", seconds=20).ok
    _play(room, 3)
    assert room.guardian.asked == [("apply", "i1")]
    room.ask("pause", role="facilitator", who="Moe")
    assert room.guardian.prolonged == [("i1", PAUSE_AT_MOST)]
    _play(room, 60)
    assert room.guardian.asked == [("apply", "i1")]
    room.ask("resume", role="facilitator", who="Moe")
    _play(room, 25)
    assert room.guardian.asked == [("apply", "i1"), ("revert", "i1")]
    assert [kind for kind in room.kinds if kind in ("injection_ordered", "injected", "reverted")] == [
        "injection_ordered", "injected", "reverted",
    ]  # fmt: skip
    room.injector.close()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"fault": "redis.latncy", "target": "redis"}, "did you mean 'redis.latency'"),
        ({"fault": "redis.latency", "target": "app"}, "does not allow"),
        ({"fault": "redis.latency", "target": "redis", "seconds": 61}, "longer than the 60 s"),
        ({"fault": "redis.latency", "target": "redis", "with": {"colour": "blue"}}, "colour"),
    ],
)
def test_the_guards_hold_for_the_facilitator_too(room: Room, arguments: dict[str, Any], why: str) -> None:
    answer = room.ask("inject", "facilitator", "Moe", **arguments)
    assert not answer.ok
    assert why in answer.error
    assert room.kinds == []


def test_two_that_would_fight_are_refused(room: Room) -> None:
    assert room.ask("inject", "facilitator", "Moe", fault="redis.latency", target="redis").ok
    answer = room.ask("inject", "facilitator", "Moe", fault="edge.latency", target="app-redis")
    assert "fight over" in answer.error


def test_an_order_that_cannot_be_carried_out_does_not_cost_the_drill(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert room.ask("inject", "facilitator", "Moe", fault="service.pause", target="coupon-issuer").ok
    room.injector.step(room.clock.seconds())
    undone = room.guardian.answer

    def answer(request: int) -> dict[str, Any]:
        if room.guardian.asked[request - 1][0] == "apply":
            raise TocsinError("no such proxy")
        return undone(request)

    monkeypatch.setattr(room.guardian, "answer", answer)
    room.injector.step(room.clock.seconds())
    assert [kind for kind in room.kinds if kind != "injection_ordered"] == ["never_bit", "reverted"]
    assert room.guardian.asked == [("apply", "i1"), ("revert", "i1")]
    assert room.injector.never_bit == []  # the drill proves what it proves


def test_an_order_that_cannot_even_be_planned_is_dropped_alone(room: Room) -> None:
    assert room.ask("inject", "facilitator", "Moe", fault="redis.latency", target="redis").ok  # its edge has no address
    room.injector.step(room.clock.seconds())
    assert room.guardian.asked == []
    assert room.injector.all_over
    assert room.kinds == ["injection_ordered", "never_bit"]
