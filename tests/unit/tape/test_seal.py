"""The seal: who takes part sees nothing of the cause before the verdict; the facilitator sees everything."""

from collections.abc import Callable

import pytest
from tests.conftest import hypothesis

from tocsin.model import event as e
from tocsin.model.event import Event, EventData
from tocsin.model.person import Role
from tocsin.model.run import RunMeta
from tocsin.tape.replay import describe
from tocsin.tape.seal import Seal, is_over, sealed_meta

Story = list[tuple[float, EventData]]

TELLING: list[EventData] = [
    e.Hypotheses(hypotheses=[hypothesis("kafka.consumer_pause", 0.9)], hidden=True),
    e.Classified(hypothesis=hypothesis("kafka.consumer_pause", 0.9), reason="first", hidden=True),
    e.Note(text="the time of i1 is over: Kafka.Consumer_Pause is reverted"),
    e.AbortRequested(by="x", reason="kafka.consumer_pause would take the whole of coupon-issuer"),
    e.Phase(name="drill", detail="kafka.consumer_pause"),
    e.ExpectationJudged(name="classified_as", want="kafka.consumer_pause", got=None, met=False),
    e.ResidueFound(residue=["coupon-issuer 1 is frozen"]),
    e.InjectionOrdered(who="Moe", role="facilitator", injection="x1", fault="f", target="t", duration=1.0),
    e.PersonNoted(who="Moe", role="facilitator", text="nobody looks at the issuers"),
]


@pytest.fixture
def blind(meta: RunMeta) -> RunMeta:
    return meta.model_copy(update={"drill": meta.drill.model_copy(update={"blind": True})})


@pytest.mark.parametrize("role", ["responder", "commander", "scribe", "observer"])
def test_nothing_that_is_shown_names_the_fault(
    blind: RunMeta, story: Story, tell: Callable[[Story], list[Event]], role: Role
) -> None:
    seal = Seal(blind, role)
    unseen = [(200.0 + n, data) for n, data in enumerate(TELLING)]
    auto = (e.Hypotheses, e.Classified)  # the automatic responder's own belief is shown: nobody else is rehearsing
    shown = [
        event for event in tell([*story, *unseen]) if not seal.hides(event.data) and not isinstance(event.data, auto)
    ]
    assert {event.data.kind for event in shown} >= {"breach", "phase", "acknowledged", "action_started"}
    assert "truth" not in {event.lane for event in shown}
    assert not [line for line in map(describe, shown) if "pause" in line.lower() or "frozen" in line.lower()]


def test_the_facilitator_and_the_retrospective_see_everything(blind: RunMeta, story: Story) -> None:
    everything = [data for _, data in story] + TELLING
    assert not any(Seal(blind, "facilitator").hides(data) for data in everything)
    assert not any(Seal(blind, "observer", over=True).hides(data) for data in everything)


def test_a_run_is_over_with_its_verdict(story: Story, tell: Callable[[Story], list[Event]]) -> None:
    events = tell(story)
    assert is_over(events)
    assert not is_over(events[:-1])


def test_the_meta_of_a_blind_run_does_not_tell_the_fault(blind: RunMeta, meta: RunMeta) -> None:
    shown = sealed_meta(blind, "responder").model_copy(update={"playbooks": [], "topology": None, "signals": {}})
    text = shown.model_dump_json()
    assert "consumer_pause" not in text
    assert "consumer-pause" not in text
    assert meta.drill.title not in text
    assert sealed_meta(blind, "facilitator") == blind
    assert sealed_meta(blind, "responder", over=True) == blind
    assert sealed_meta(meta, "responder") == meta


def test_lines_of_a_log_that_name_the_fault_are_told(blind: RunMeta) -> None:
    seal = Seal(blind, "responder")
    assert seal.tells("applying KAFKA.CONSUMER_PAUSE now")
    assert not seal.tells("consumer group joined")
    assert not Seal(blind, "facilitator").tells("kafka.consumer_pause")
