"""Folding is pure: order of arrival does not matter, stamps mean the first, and a prefix never takes anything back."""

from collections.abc import Callable
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import breach

from tocsin.model import event as e
from tocsin.model.event import Event, EventData
from tocsin.model.run import RunMeta
from tocsin.tape.fold import fold
from tocsin.tape.replay import describe, replay
from tocsin.tape.result import run_result

Story = list[tuple[float, EventData]]
Tell = Callable[[Story], list[Event]]
_FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@_FIXTURES
@given(seed=st.integers(0, 10_000))
def test_the_order_in_which_events_arrive_does_not_matter(meta: RunMeta, story: Story, tell: Tell, seed: int) -> None:
    events = tell(story)
    shuffled = list(events)
    Random(seed).shuffle(shuffled)
    assert fold(meta, shuffled) == fold(meta, events)


@_FIXTURES
@given(cut=st.integers(0, 40))
def test_a_stamp_once_set_is_never_changed_by_what_follows(meta: RunMeta, story: Story, tell: Tell, cut: int) -> None:
    events = tell(story)
    early, late = fold(meta, events[:cut]).stamps.model_dump(), fold(meta, events).stamps.model_dump()
    assert all(late[name] == value for name, value in early.items() if value is not None)


def test_stamps_of_the_story(meta: RunMeta, story: Story, tell: Tell) -> None:
    stamps = fold(meta, tell(story)).stamps
    assert stamps.model_dump() == {
        "injected": 92.4, "bit": 94.0, "impact": 92.5, "detected": 96.5, "acknowledged": 96.5, "declared": 96.6,
        "classified": 102.5, "first_action": 102.6, "mitigated": 107.0, "fault_removed": 105.0, "resolved": 111.0,
    }  # fmt: skip


def test_an_impact_is_not_stamped_before_the_fault_that_caused_it(meta: RunMeta, story: Story, tell: Tell) -> None:
    smeared = [(t, e.Breached(breach=breach(impact=91.0)) if data.kind == "breach" else data) for t, data in story]
    assert fold(meta, tell(smeared)).stamps.impact == 92.4
    earlier = [(t, e.Breached(breach=breach(impact=80.0)) if data.kind == "breach" else data) for t, data in story]
    assert fold(meta, tell(earlier)).stamps.impact == 80.0  # that was something else


def _with_breaches(story: Story, *more: tuple[float, EventData]) -> Story:
    return sorted([*[line for line in story if line[1].kind != "breach"], *more], key=lambda line: line[0])


def test_the_impact_is_the_earliest_of_a_broken_slo_whatever_silence_came_before(
    meta: RunMeta, story: Story, tell: Tell
) -> None:
    silence = (95.0, e.Breached(breach=breach(at=95.0, slo="target_down", impact=92.4)))
    late = (96.5, e.Breached(breach=breach(slo="coupon-issue-lag", impact=94.0)))
    later = (99.0, e.Breached(breach=breach(at=99.0, slo="availability", impact=93.5)))
    state = fold(meta, tell(_with_breaches(story, silence, late, later)))
    assert (state.stamps.detected, state.stamps.impact) == (95.0, 93.5)
    assert state.felt is not None
    assert state.felt.slo == "availability"


def test_a_silence_is_the_impact_only_where_no_slo_broke(meta: RunMeta, story: Story, tell: Tell) -> None:
    silence = (95.0, e.Breached(breach=breach(at=95.0, slo="target_down", impact=92.6)))
    assert fold(meta, tell(_with_breaches(story, silence))).stamps.impact == 92.6


def test_a_severity_declared_again_stands_and_the_stamp_stays(meta: RunMeta, story: Story, tell: Tell) -> None:
    worse = (99.0, e.Declared(severity="SEV1", bad_share=0.9, slo="coupon-issue-lag"))
    mild = [(t, d.model_copy(update={"severity": "SEV3"}) if isinstance(d, e.Declared) else d) for t, d in story]
    state = fold(meta, tell([*mild, worse]))
    assert state.stamps.declared == 96.6
    assert [(t, one.severity) for t, one in state.declarations] == [(96.6, "SEV3"), (99.0, "SEV1")]
    assert state.declared is not None
    assert state.declared.severity == "SEV1"


def test_a_fault_that_a_remedy_lifted_was_removed_then_and_not_at_its_revert(
    meta: RunMeta, story: Story, tell: Tell
) -> None:
    only = fold(meta, tell(story)).injections[0]
    assert (only.lifted, only.reverted, only.removed) == (105.0, 153.0, 105.0)


def test_the_result_is_the_object_of_the_design(meta: RunMeta, story: Story, tell: Tell) -> None:
    result = run_result(fold(meta, tell(story)), meta, "tape.db", "incident.md").model_dump(mode="json")
    assert list(result) == [
        "run", "drill", "verdict", "stack", "seed", "tape", "document", "stamps", "injections", "breaches",
        "hypotheses", "actions", "expectations", "invariants", "load", "residue", "criteria",
    ]  # fmt: skip
    assert result["verdict"] == "held"
    assert result["hypotheses"][0]["cause"] == "kafka.consumer_pause"
    assert result["actions"][0]["measured"] == {"lag_records": 22.0, "lag_drain_seconds": 9.0}


LOAD_KEYS = {"scheduled", "completed", "failed", "rps", "p50_ms", "p95_ms", "p99_ms"}


def test_the_result_has_every_key_of_the_load_even_when_none_ran(meta: RunMeta, story: Story, tell: Tell) -> None:
    told = run_result(fold(meta, tell(story)), meta, "", "").model_dump(mode="json")["load"]
    assert (told["completed"], told["p95_ms"]) == (20990, 20.0)
    none = run_result(fold(meta, []), meta, "", "").model_dump(mode="json")["load"]
    assert LOAD_KEYS <= set(told) == set(none)
    assert (none["scheduled"], none["rps"], none["p50_ms"]) == (0, 0.0, None)


def test_a_run_without_a_verdict_counts_as_aborted(meta: RunMeta) -> None:
    assert run_result(fold(meta, []), meta, "", "").verdict == "aborted"


def test_every_kind_of_event_has_a_sentence_of_its_own() -> None:
    members = get_args(get_args(EventData)[0])
    from tocsin.tape.replay import _sentence  # noqa: PLC0415 - the dispatch itself is what is looked at

    assert [kind.__name__ for kind in members if kind not in _sentence.registry] == []


def test_replay_keeps_the_distances_and_divides_them_by_the_speed(story: Story, tell: Tell) -> None:
    events = tell(story)
    delays = [delay for delay, _ in replay(events, 10.0)]
    assert delays[0] == 0.0
    assert sum(delays) * 10.0 == pytest.approx(events[-1].t - events[0].t)


def test_a_sentence_names_what_matters() -> None:
    event = Event(seq=1, t=0.0, wall=0.0, data=e.Lifted(injection="i1", by="restart of x", evidence="0 of 3 frozen"))
    assert describe(event) == "the fault was lifted by restart of x: 0 of 3 frozen"
