"""People at the desk: what they say becomes one event each, remedies go the way of automatic ones, the rest is told."""

from typing import Any

import pytest
from tests.conftest import breach, hypothesis
from tests.fakes import TOPOLOGY, FakeStack
from tests.unit.director.conftest import EMPTY, Given, WillingGuardian

from tocsin import clock
from tocsin.director import injector as injector_module
from tocsin.director.actions import Actions
from tocsin.director.control.desk import Desk
from tocsin.director.drillclock import PAUSE_AT_MOST, DrillClock
from tocsin.director.incident import Incident
from tocsin.director.injector import Injector
from tocsin.director.interrupts import Interrupts
from tocsin.director.people import planning as planning_module
from tocsin.director.people.chair import PlayChair
from tocsin.director.people.planning import Planning
from tocsin.director.people.response import PeopleResponse
from tocsin.director.people.script import ScriptAtDesk
from tocsin.director.plan import Plan, causes_of
from tocsin.errors import Aborted, TocsinError
from tocsin.ledger.client import GuardianLost
from tocsin.model.command import Answer, command_data
from tocsin.model.fault import Proof
from tocsin.model.limits import Limits
from tocsin.model.person import Role
from tocsin.model.run import RunMeta
from tocsin.model.script import Script
from tocsin.respond.script import ScriptPlayer
from tocsin.tape.fold import fold


class Room:
    """A drill that is being played on a stack in memory, with everybody who may be in it."""

    def __init__(self, plan: Plan, meta: RunMeta, incident: Incident, stack: FakeStack, given_: Given) -> None:
        self.meta, self.recorder, self.incident, self.given_ = meta, incident.recorder, incident, given_
        incident.hidden = True
        self.stack = stack
        self.guardian = WillingGuardian()
        guardian: Any = self.guardian
        self.actions = Actions(incident.rules, incident, guardian, self.recorder)
        self.people = PeopleResponse(
            incident=incident,
            actions=self.actions,
            planning=Planning(stack),
            recorder=self.recorder,
            forbid=["shed_load"],
            causes=causes_of(plan.playbooks),
            window=lambda: EMPTY,
        )
        self.clock = DrillClock(lambda: given_.now)
        self.injector = Injector([], Limits(), stack, guardian, self.recorder)
        self.interrupts = Interrupts(plan.workspace)
        self.desk = Desk(meta, self.recorder, self.interrupts)
        self.chair = PlayChair(
            clock=self.clock,
            injector=self.injector,
            recorder=self.recorder,
            limits=Limits(longest=60.0),
            topology=TOPOLOGY,
            mode="human",
            people=self.people,
        )
        self.desk.chair = self.chair
        self.desk.phase = "drill"

    def ask(self, command: str, role: Role = "responder", who: str = "Ann", **arguments: Any) -> Answer:
        """Say something at the desk; the answer, once there is one."""
        found: list[Answer] = []
        said = {"id": 5, "who": who, "role": role, "command": command, "arguments": arguments}
        self.desk.put(command_data.validate_python(said), found.append)

        def answered() -> bool:
            self.desk.serve()
            return bool(found)

        assert clock.wait_until(answered, timeout=10.0, every=0.01)
        assert len(found) == 1
        assert found[0].id == 5
        return found[0]

    def page(self) -> None:
        """An SLO breaks."""
        self.given_.breaches = [breach()]
        self.second()

    def second(self, ranked: float = 0.5) -> None:
        """One second passes."""
        self.given_.now += 1.0
        self.given_.ranked = [hypothesis("kafka.consumer_pause", ranked)]
        self.incident.step(EMPTY, own_revert=False)
        self.actions.step(EMPTY)

    @property
    def kinds(self) -> list[str]:
        """What stands on the tape."""
        return [event.data.kind for event in self.recorder.events]


@pytest.fixture
def room(plan: Plan, meta: RunMeta, incident: Incident, stack: FakeStack, given_: Given) -> Room:
    given_.breaches = []
    return Room(plan, meta, incident, stack, given_)


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

    answers = room.guardian.answer

    def answer(request: int) -> dict[str, Any]:
        if request == 1:
            raise TocsinError("no such proxy")
        return answers(request)

    monkeypatch.setattr(room.guardian, "answer", answer)
    room.injector.step(room.clock.seconds())
    assert [kind for kind in room.kinds if kind != "injection_ordered"] == ["never_bit"]
    assert room.guardian.asked == [("apply", "i1"), ("revert", "i1")]  # whatever it did before it failed is undone
    assert room.injector.never_bit == []  # the drill proves what it proves


def test_an_order_that_cannot_even_be_planned_is_dropped_alone(room: Room) -> None:
    assert room.ask("inject", "facilitator", "Moe", fault="redis.latency", target="redis").ok  # its edge has no address
    room.injector.step(room.clock.seconds())
    assert room.guardian.asked == []
    assert room.injector.all_over
    assert room.kinds == ["injection_ordered", "never_bit"]


def _script(room: Room, **fields: Any) -> ScriptAtDesk:
    return ScriptAtDesk(ScriptPlayer(Script.model_validate(fields)), room.desk, room.recorder)


def test_a_script_goes_the_same_way(room: Room) -> None:
    script = _script(
        room,
        who="Sam",
        steps=[
            {"on": "detected", "after": 2, "do": "acknowledge"},
            {"on": "acknowledged", "do": "declare", "arguments": {"severity": "SEV3"}},
            {"at": 0, "do": "remedy", "arguments": {"remedy": "restart", "target": "redis"}},
        ],
    )
    room.page()
    for _ in range(6):
        room.second()
        script.step(room.clock.seconds())
        room.desk.serve()
    state = fold(room.meta, room.recorder.events)
    assert state.acknowledged_by == "Sam"
    assert [one.severity for _, one in state.declarations] == ["SEV3"]
    refused = [text for _, text in state.notes]
    assert len(refused) == 1
    assert refused[0].startswith("step 3 of the script (remedy) was refused: restart has to be confirmed")


def test_a_cause_may_be_unknown_and_a_target_left_out(room: Room) -> None:
    assert room.ask("hypothesise", cause="unknown", confidence=0.0).ok
    assert room.kinds == ["hypothesis_stated"]
