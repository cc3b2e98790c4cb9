"""The detection gap, the severities and the spread: figures that can be worked out by hand."""

from collections.abc import Callable

import pytest
from tests.conftest import Story, breach

from tocsin.model import event as e
from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.retro.gap import detection_gap, page_steps
from tocsin.retro.severities import severities
from tocsin.retro.spread import crossings
from tocsin.tape.fold import fold
from tocsin.tape.store import TapeReader

Tell = Callable[[Story], list[Event]]


def test_the_steps_to_a_page_adjoin_and_each_says_why(meta: RunMeta, story: Story, tell: Tell) -> None:
    steps = detection_gap(meta, fold(meta, tell(story)))  # injected 92.4, impact 92.5, second 94.5, judged 96.5
    found = [(one.name, one.start, one.end) for one in steps]
    assert found == [("no trace yet", 92.4, 92.5), ("rule", 92.5, 95.5), ("reading", 95.5, 96.5)]
    assert "deadline of 1 s" in steps[0].why
    assert "CUSUM" in steps[1].why


def test_a_silence_waits_for_as_long_as_its_rule_says(meta: RunMeta, story: Story, tell: Tell) -> None:
    state = fold(meta, tell(story))
    silent = breach(slo="target_down").model_copy(update={"rule": "target_absent"})
    assert "lasted 3 s" in page_steps(meta, state, silent)[1].why


def test_a_page_before_any_fault_has_no_step_from_the_fault(meta: RunMeta, tell: Tell) -> None:
    alone: Story = [(96.5, e.Breached(breach=breach()))]
    assert [one.name for one in detection_gap(meta, fold(meta, tell(alone)))] == ["rule", "reading"]
    assert detection_gap(meta, fold(meta, [])) == []


def test_severities_stand_until_they_are_raised(meta: RunMeta, story: Story, tell: Tell) -> None:
    mild = [(t, d.model_copy(update={"severity": "SEV2"}) if isinstance(d, e.Declared) else d) for t, d in story]
    raised = [*mild, (100.6, e.Declared(severity="SEV1", bad_share=0.9, slo="coupon-issue-lag"))]
    spans = severities(fold(meta, tell(raised)), 158.0)
    assert [(one.severity, one.start, one.end) for one in spans] == [("SEV2", 96.6, 100.6), ("SEV1", 100.6, 111.0)]
    assert severities(fold(meta, []), 158.0) == []


def test_what_left_its_healthy_range_first_comes_first(reader: TapeReader) -> None:
    found = crossings(reader.meta, reader.window(), (22.0, 82.0), 92.4, 102.6)
    moments = {one.signal: one.t for one in found}
    assert moments["issue_progress"] == 93.0  # nothing is worked off from second 93 on
    assert moments["issue_lag"] == 93.0  # 30 records/s pile up over a floor of 20
    assert [one.t for one in found] == sorted(one.t for one in found)
    assert "cpu" not in moments
    assert crossings(reader.meta, reader.window(), (22.0, 82.0), None, 102.6) == []
    assert found[0].healthy == pytest.approx(30.0, abs=30.0)
