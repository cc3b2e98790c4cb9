"""What people did, folded: their beliefs are the responder's, the tool's stay apart, and the clock may stand still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import STARTED, hypothesis

from tocsin.model import event as e
from tocsin.model.event import Event, EventData
from tocsin.model.person import ByPerson
from tocsin.model.run import RunMeta
from tocsin.tape.fold import fold
from tocsin.tape.people import ranked
from tocsin.tape.replay import describe
from tocsin.tape.state import RunState

Story = list[tuple[float, EventData]]


def _stated(cause: str, confidence: float, target: str = "redis") -> e.HypothesisStated:
    return e.HypothesisStated(who="Ann", cause=cause, target=target, confidence=confidence)


HUMAN: Story = [
    (1.0, e.PersonAttached(who="Ann", role="responder")),
    (2.0, e.PersonAttached(who="Moe", role="facilitator")),
    (96.5, e.Acknowledged(by="Ann", role="responder")),
    (99.0, e.Hypotheses(hypotheses=[hypothesis("redis.flush", 0.9)], hidden=True)),
    (100.0, e.Declared(severity="SEV4", bad_share=0.2, slo="availability", who="Ann", role="responder")),
    (101.0, e.Classified(hypothesis=hypothesis("redis.flush", 0.9), reason="sure", hidden=True)),
    (104.0, _stated("mysql.latency", 0.6, "mysql")),
    (106.0, e.HintTaken(who="Ann", number=1, text="look at the keys", cost=2.0)),
    (107.0, e.HintGiven(who="Moe", role="facilitator", text="keys!")),
    (108.0, _stated("redis.flush", 0.8)),
    (109.0, e.RemedyPreviewed(who="Ann", remedy="warm_cache", target="redis")),
    (110.0, e.Classified(hypothesis=hypothesis("redis.flush", 0.8), reason="stated by Ann", who="Ann")),
    (110.0, e.ActionStarted(
        action="a1", remedy="warm_cache", target="redis", parameters={}, why="keys", before={}, predicted={},
        who="Ann", role="responder", confirmed=True,
    )),
    (111.0, e.DrillPaused(who="Moe", role="facilitator")),
    (115.0, e.DrillResumed(who="Moe", role="facilitator")),
    (116.0, e.InjectionOrdered(who="Moe", role="facilitator", injection="x1", fault="f", target="t", duration=5.0)),
    (117.0, e.PersonNoted(who="Moe", role="facilitator", text="well done")),
    (118.0, e.UpdatePosted(who="Ann", text="coming back")),
    (119.0, e.Mitigated(since=112.0, hidden=True)),
    (120.0, e.MitigationDeclared(who="Ann")),
    (140.0, e.ResolutionDeclared(who="Ann")),
    (141.0, e.PersonDetached(who="Ann", role="responder")),
]  # fmt: skip


@pytest.fixture
def state(meta: RunMeta) -> RunState:
    return fold(meta, [Event(seq=n, t=t, wall=STARTED + t, data=data) for n, (t, data) in enumerate(HUMAN)])


def test_what_people_believe_is_the_responders_belief(state: RunState) -> None:
    assert [(t, [(h.cause, h.confidence) for h in told]) for t, told in state.hypotheses] == [
        (104.0, [("mysql.latency", 0.6)]),
        (108.0, [("redis.flush", 0.8), ("mysql.latency", 0.2)]),
    ]
    assert state.classified is not None
    assert (state.classified.cause, state.stamps.classified) == ("redis.flush", 110.0)


def test_what_the_tool_thinks_stays_apart_and_what_was_measured_is_stamped(state: RunState) -> None:
    assert [told[0].cause for _, told in state.tool_hypotheses] == ["redis.flush"]
    assert state.tool_classified is not None
    assert state.tool_classified[0] == 101.0
    assert state.stamps.mitigated == 112.0


def test_stamps_and_people(state: RunState) -> None:
    people = state.people
    assert (state.stamps.acknowledged, state.acknowledged_by) == (96.5, "Ann")
    assert (state.stamps.declared, state.declared and state.declared.severity) == (100.0, "SEV4")
    assert [(one.start, one.end, one.by) for one in people.paused] == [(111.0, 115.0, "Moe")]
    assert not people.is_paused
    assert people.hint_cost == 2.0
    assert [(one.who, one.since, one.until) for one in people.present] == [("Ann", 1.0, 141.0), ("Moe", 2.0, None)]
    assert [t for t, _ in people.mitigated + people.resolved] == [120.0, 140.0]
    assert (state.actions[0].who, state.actions[0].confirmed) == ("Ann", True)
    assert [len(x) for x in (people.updates, people.notes, people.given_hints, people.ordered, people.previews)] == [
        1
    ] * 5


def test_every_event_of_people_has_a_sentence_that_names_them() -> None:
    for number, (t, data) in enumerate(HUMAN):
        sentence = describe(Event(seq=number, t=t, wall=t, data=data))
        assert "=" not in sentence  # a model printed as it is
        if isinstance(data, ByPerson):
            assert data.who in sentence


def test_a_console_that_was_killed_is_not_there_twice(meta: RunMeta) -> None:
    arrivals = [Event(seq=n, t=t, wall=t, data=e.PersonAttached(who="Ann")) for n, t in enumerate((1.0, 5.0))]
    assert [(one.since, one.until) for one in fold(meta, arrivals).people.present] == [(1.0, 5.0), (5.0, None)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=1, max_size=8))
def test_statements_together_are_never_surer_than_certain(said: list[tuple[str, float]]) -> None:
    found = ranked([_stated(cause, confidence) for cause, confidence in said])
    assert sum(one.confidence for one in found) <= 1.0 + 1e-5
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    assert {one.cause: one.confidence for one in found}[said[-1][0]] == pytest.approx(said[-1][1], abs=1e-5)
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
