"""People at the desk: what they say becomes one event each, remedies go the way of automatic ones, the rest is told."""

from typing import Any

import pytest
from tests.unit.director.conftest import EMPTY, Room

from tocsin import clock
from tocsin.director.people import planning as planning_module
from tocsin.ledger.client import GuardianLost
from tocsin.model.command import Answer, command_data
from tocsin.model.run import RunMeta
from tocsin.tape.fold import fold


def test_a_whole_incident_by_people(room: Room) -> None:
    room.page()
    assert room.ask("acknowledge").ok
    assert room.ask("declare", severity="SEV2").ok
    assert room.ask("hypothesise", cause="kafka.consumer_pause", target="coupon-issuer", confidence=0.8).ok
    told = room.ask("preview", remedy="restart", target="coupon-issuer").result
    assert told["dangerous"]
    assert told["will"]
    assert "docker compose" in told["command"]
    assert told["touches"]
    assert told["undo"]
    begun = room.ask("remedy", remedy="restart", target="coupon-issuer", confirmed=True)
    assert begun.result == {"action": "a1"}
    room.second()
    assert room.ask("update", text="coupons come again").ok
    assert room.ask("mitigated").ok
    assert room.ask("resolved").ok
    assert [kind for kind in room.kinds if kind not in ("hypotheses", "classified")] == [
        "breach", "acknowledged", "declared", "hypothesis_stated", "remedy_previewed", "action_started", "action_done",
        "update_posted", "mitigation_declared", "resolution_declared",
    ]  # fmt: skip
    state = fold(room.meta, room.recorder.events)
    assert (state.acknowledged_by, state.actions[0].who, state.actions[0].confirmed) == ("Ann", "Ann", True)
    assert state.classified is not None
    assert (state.classified.cause, state.classified.confidence) == ("kafka.consumer_pause", 0.8)
    assert room.guardian.asked == [("apply", "a1")]
    assert room.people.resolved


def test_what_the_tool_thinks_is_hidden(room: Room) -> None:
    room.page()
    for _ in range(4):
        room.second(0.9)
    state = fold(room.meta, room.recorder.events)
    assert (state.hypotheses, state.classified) == ([], None)
    assert state.tool_hypotheses
    assert state.tool_classified is not None


@pytest.mark.parametrize(
    ("command", "arguments", "why"),
    [
        ("acknowledge", {}, "nothing has paged"),
        ("mitigated", {}, "nothing has paged"),
        ("resolved", {}, "nothing has paged"),
        ("hint", {}, "nothing to hint at"),
        ("hypothesise", {"cause": "redis.flsh", "confidence": 0.5}, "did you mean 'redis.flush'"),
        ("hypothesise", {"cause": "redis.flush", "target": "reddis", "confidence": 0.5}, "did you mean 'redis'"),
        ("remedy", {"remedy": "restrt", "target": "redis"}, "did you mean 'restart'"),
        ("remedy", {"remedy": "restart", "target": "nobody"}, "unknown target 'nobody'"),
        ("remedy", {"remedy": "restart"}, "needs a target"),
        ("remedy", {"remedy": "restart", "target": "mysql"}, "no playbook has restart for mysql"),
        ("remedy", {"remedy": "restart", "target": "redis"}, "has to be confirmed"),
        ("remedy", {"remedy": "shed_load", "target": "app"}, "forbidden"),
        ("remedy", {"remedy": "scale_out", "target": "coupon-issuer", "with": {"to": 99}}, "remedy scale_out: to"),
        ("preview", {"remedy": "warm_cache", "target": "redis", "cause": "redis.none"}, "no playbook for"),
    ],
)
def test_what_is_refused_is_answered_and_leaves_no_event(
    room: Room, command: str, arguments: dict[str, Any], why: str
) -> None:
    answer = room.ask(command, **arguments)
    assert not answer.ok
    assert why in answer.error
    assert room.kinds == []
    assert room.guardian.asked == []


def test_a_page_is_taken_once_and_an_incident_resolved_once(room: Room) -> None:
    room.page()
    assert room.ask("acknowledge").ok
    assert "Ann has taken the page" in room.ask("acknowledge", who="Bob").error
    assert room.ask("resolved").ok
    assert "already" in room.ask("resolved").error


def test_an_unneeded_remedy_before_any_page_is_carried_out_and_stands_there(room: Room) -> None:
    assert room.ask("remedy", remedy="warm_cache", target="redis").ok
    state = fold(room.meta, room.recorder.events)
    assert [action.remedy for action in state.actions] == ["warm_cache"]
    assert state.classified is None


def test_the_same_remedy_is_not_run_twice_at_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = room.guardian.answer
    monkeypatch.setattr(room.guardian, "answer", lambda _: None)  # it takes its time
    assert room.ask("remedy", remedy="warm_cache", target="redis").ok
    room.actions.step(EMPTY)
    assert "under way already" in room.ask("remedy", remedy="warm_cache", target="redis").error
    monkeypatch.setattr(room.guardian, "answer", answers)
    room.actions.step(EMPTY)
    assert room.ask("remedy", remedy="warm_cache", target="redis").result == {"action": "a2"}


def test_the_newest_hypothesis_says_whose_step_is_meant(room: Room) -> None:
    room.page()
    room.ask("hypothesise", cause="redis.memory_pressure", target="redis", confidence=0.6)
    believed = room.ask("preview", remedy="warm_cache", target="redis").result
    named = room.ask("preview", remedy="warm_cache", target="redis", cause="redis.flush").result
    assert "thrown out" in believed["will"]
    assert "recomputes" in named["will"]


def test_a_wrong_diagnosis_acted_on_stays_the_diagnosis(room: Room) -> None:
    room.page()
    room.ask("hypothesise", cause="redis.flush", target="redis", confidence=0.9)
    room.ask("remedy", remedy="warm_cache", target="redis")
    room.ask("hypothesise", cause="kafka.consumer_pause", target="coupon-issuer", confidence=0.9)
    room.ask("remedy", remedy="restart", target="coupon-issuer", confirmed=True)
    state = fold(room.meta, room.recorder.events)
    assert state.classified is not None
    assert state.classified.cause == "redis.flush"
    assert room.kinds.count("classified") == 1


def test_a_cause_that_heals_by_itself_is_named_with_the_resolution(room: Room) -> None:
    room.page()
    room.ask("hypothesise", cause="redis.latency", target="redis", confidence=0.6)
    room.ask("resolved")
    assert room.kinds[-2:] == ["classified", "resolution_declared"]


def test_hints_say_more_each_time_and_cost_more(room: Room) -> None:
    room.page()
    answers = [room.ask("hint").result for _ in range(4)]
    assert [one["cost"] for one in answers] == [2.0, 4.0, 8.0, 12.0]
    assert [one["left"] for one in answers] == [3, 2, 1, 0]
    assert "no record handled" in answers[0]["text"]
    assert "kafka.consumer_pause" not in answers[0]["text"]
    assert "kafka.consumer_pause on coupon-issuer" in answers[2]["text"]
    assert "restart of coupon-issuer" in answers[3]["text"]
    assert "no more hints" in room.ask("hint").error
    assert fold(room.meta, room.recorder.events).people.hint_cost == 26.0


def test_a_system_that_does_not_answer_holds_nobody_up(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning_module, "PLANNED_WITHIN", 0.0)
    never = clock.monotonic() + 5.0

    def hang(*_: Any) -> Any:
        clock.wait_until(lambda: clock.monotonic() > never, timeout=5.0)

    monkeypatch.setattr(planning_module, "plan_remedy", hang)
    answer = room.ask("remedy", remedy="warm_cache", target="redis")
    assert "has not answered" in answer.error
    assert room.guardian.asked == []


def test_a_remedy_that_cannot_be_predicted_does_not_cost_the_drill(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def predict(*_: Any) -> Any:
        raise KeyError("replicas")

    monkeypatch.setattr(room.actions, "predict", predict)
    assert "cannot be done here" in room.ask("remedy", remedy="warm_cache", target="redis").error
    assert "cannot be done here" in room.ask("preview", remedy="warm_cache", target="redis").error
    assert (room.guardian.asked, room.kinds) == ([], [])


def test_a_lost_guardian_is_not_a_refusal(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> int:
        raise GuardianLost("the guardian ended")

    monkeypatch.setattr(room.guardian, "apply", lost)
    with pytest.raises(GuardianLost):
        room.ask("remedy", remedy="warm_cache", target="redis")


def test_who_waits_for_a_plan_when_the_drill_ends_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning_module, "plan_remedy", lambda *_: clock.pause(0.5))
    found: list[Answer] = []
    said = {"who": "Ann", "command": "remedy", "arguments": {"remedy": "warm_cache", "target": "redis"}}
    room.desk.put(command_data.validate_python(said), found.append)
    room.desk.serve()
    room.desk.close()
    assert [answer.error for answer in found] == ["the drill is over"]


@pytest.mark.parametrize(("mode", "why"), [("auto", "the automatic responder responds"), ("none", "nobody responds")])
def test_nobody_responds_beside_the_automatic_responder(room: Room, mode: str, why: str) -> None:
    room.chair.people, room.chair.mode = None, mode
    assert why in room.ask("acknowledge").error
    assert room.ask("update", text="we watch").ok


def test_before_the_drill_one_can_attach_and_write_and_nothing_else(room: Room, meta: RunMeta) -> None:
    room.desk.chair, room.desk.phase = None, "ramp"
    attached = room.ask("attach", role="observer", who="Eve").result
    assert (attached["phase"], attached["commands"]) == ("ramp", ["attach", "detach"])
    assert attached["title"] == meta.drill.title
    assert room.ask("note", role="scribe", text="we begin").ok
    assert "this is the phase ramp" in room.ask("acknowledge").error
    assert room.ask("detach", role="observer", who="Eve").ok
    assert room.kinds == ["attached", "person_noted", "detached"]


def test_who_attaches_to_a_blind_run_is_told_nothing_of_the_cause(room: Room, meta: RunMeta) -> None:
    room.desk.meta = meta.model_copy(update={"drill": meta.drill.model_copy(update={"blind": True})})
    assert room.ask("attach").result["title"] == "A blind drill"
    assert room.ask("attach", role="facilitator").result["title"] == meta.drill.title
