"""What a remedy did is judged from the samples before and after it, and said as it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.conftest import Story, breach, hypothesis

from tocsin.model import event as e
from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.retro.effects import Effect, SloEffect, effects, outcome
from tocsin.retro.followups import action_items
from tocsin.retro.lessons import Material, lessons
from tocsin.tape.fold import fold
from tocsin.tape.store import TapeReader

Tell = Callable[[Story], list[Event]]


def _row(before: float, after: float, meanwhile: float | None = None) -> SloEffect:
    return SloEffect("x", before, before if meanwhile is None else meanwhile, after, 0.05)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([_row(0.9, 0.0)], "helped"),
        ([_row(0.9, 0.4)], "helped in part"),
        ([_row(0.9, 0.0), _row(0.9, 0.9)], "helped in part"),
        ([_row(0.9, 0.88)], "did nothing"),
        ([_row(0.0, 0.0)], "nothing to mend"),
        ([_row(0.9, 0.0), _row(0.0, 0.3)], "made it worse"),
        ([_row(0.0, 0.04)], "nothing to mend"),  # more than before, but within its budget
        ([], "not known"),
    ],
)
def test_an_outcome_follows_from_the_shares(rows: list[SloEffect], said: str) -> None:
    assert outcome(rows) == said


def test_the_price_of_a_remedy_is_what_was_over_budget_only_while_it_was_under_way() -> None:
    assert _row(0.0, 0.0, meanwhile=0.3).hurt
    assert not _row(0.0, 0.0, meanwhile=0.04).hurt  # within its budget
    assert not _row(0.9, 0.0, meanwhile=0.5).hurt  # was broken before: not the remedy's doing
    assert not _row(0.0, 0.3, meanwhile=0.3).hurt  # still so: it made it worse, which is said elsewhere


def test_the_restart_of_the_story_helped(reader: TapeReader) -> None:
    found = effects(fold(reader.meta, reader.events()), reader.meta.slos.slos, reader.window())
    assert [(one.outcome, [row.name for row in one.telling]) for one in found] == [("helped", ["coupon-issue-lag"])]
    assert found[0].caveat == ""


def test_what_the_drill_ended_itself_is_not_credited_without_a_word(reader: TapeReader) -> None:
    state = fold(reader.meta, reader.events())
    state.injections = [replace(state.injections[0], lifted=None, lifted_by="", reverted=106.0)]
    found = effects(state, reader.meta.slos.slos, reader.window())
    assert found[0].caveat == "the drill itself took kafka.consumer_pause away at 106.0 s"


def test_a_failed_remedy_failed(reader: TapeReader) -> None:
    state = fold(reader.meta, reader.events())
    state.actions = [replace(state.actions[0], error="no such container")]
    assert effects(state, reader.meta.slos.slos, reader.window())[0].outcome == "failed"


def _material(meta: RunMeta, tell: Tell, story: Story, row: SloEffect) -> Material:
    state = fold(meta, tell(story))
    return Material(meta, state, [], None, [], [Effect(state.actions[0], outcome([row]), [row])])


def test_a_remedy_that_did_nothing_or_harm_is_told_and_its_step_is_to_be_reviewed(
    meta: RunMeta, tell: Tell, story: Story
) -> None:
    for row, said in ((_row(0.9, 0.9), "did nothing"), (_row(0.0, 0.5), "made it worse")):
        material = _material(meta, tell, story, row)
        assert [text for text in lessons(material).badly if said in text]
        assert [item.text for item in action_items(material) if item.priority == "P1" and said in item.text]
    helped = _material(meta, tell, story, _row(0.9, 0.0))
    assert [text for text in lessons(helped).well if "helped" in text]
    assert not [item for item in action_items(helped) if "Review the step" in item.text]


def test_what_is_in_place_is_not_asked_for(meta: RunMeta, tell: Tell, story: Story) -> None:
    material = _material(meta, tell, story, _row(0.9, 0.0))
    asked = " ".join(item.text for item in action_items(material))
    assert "liveness check" in asked
    assert "Alert on lag" not in asked  # the SLO coupon-issue-lag is that alert
    assert "session" not in asked
    without = meta.model_copy(update={"slos": meta.slos.model_copy(update={"slos": {}})})
    bare = Material(without, material.state, [], None, [], material.effects)
    assert "Alert on lag" in " ".join(item.text for item in action_items(bare))


def test_a_classification_by_guess_alone_still_has_a_playbook_to_review(meta: RunMeta, tell: Tell) -> None:
    told: Story = [
        (96.5, e.Breached(breach=breach())),
        (97.0, e.Classified(hypothesis=hypothesis("kafka.consumer_pause", 0.4), reason="best guess")),
    ]
    state = fold(meta, tell(told))
    assert action_items(Material(meta, state, [], None, []))
