"""Belief as the director records it: what a decision rests on is on the tape, and severity is only ever raised."""

from typing import Any

import numpy as np
import pytest
from tests.conftest import breach, hypothesis
from tests.fakes import FakeStack
from tests.unit.director.conftest import EMPTY, Given, WillingGuardian

from tocsin.detect.met import SloState
from tocsin.director.actions import Actions
from tocsin.director.incident import Incident
from tocsin.director.plan import Plan
from tocsin.director.recorder import Recorder
from tocsin.director.response import AutoResponse
from tocsin.model.event import ActionStarted, ActionUndone, Classified, Declared, Hypotheses
from tocsin.respond.responder import AutoResponder


def _step(incident: Incident, given_: Given, confidence: float) -> None:
    given_.now += 1.0
    given_.ranked = [hypothesis("kafka.consumer_pause", confidence)]
    incident.step(EMPTY, own_revert=False)


def test_the_list_that_a_decision_was_made_from_is_on_the_tape(
    incident: Incident, given_: Given, recorder: Recorder
) -> None:
    for confidence in (0.88, 0.90, 0.92, 0.95):  # no move of 0.1, so that only the decision makes the last one news
        _step(incident, given_, confidence)
    told = [event.data for event in recorder.events if isinstance(event.data, Hypotheses | Classified)]
    assert isinstance(told[-1], Classified)
    assert isinstance(told[-2], Hypotheses)
    assert told[-2].hypotheses[0] == told[-1].hypothesis
    assert [one.hypotheses[0].confidence for one in told if isinstance(one, Hypotheses)] == [0.88, 0.95]


def test_a_list_already_told_is_not_told_again_for_the_decision(
    incident: Incident, given_: Given, recorder: Recorder
) -> None:
    for _ in range(4):
        _step(incident, given_, 0.9)
    kinds = [event.data.kind for event in recorder.events if isinstance(event.data, Hypotheses | Classified)]
    assert kinds == ["hypotheses", "classified"]


def _response(
    plan: Plan, incident: Incident, recorder: Recorder, guardian: Any = None, stack: Any = None
) -> AutoResponse:
    """Neither a stack nor a guardian is needed before the cause is named."""
    actions = Actions(incident.rules, incident, guardian, recorder)
    return AutoResponse(AutoResponder(plan.playbooks, []), incident, actions, stack, recorder)


def _second(response: AutoResponse) -> None:
    response.actions.step(EMPTY)
    response.step(EMPTY)


def _declared(recorder: Recorder) -> list[tuple[str, str]]:
    found = [event.data for event in recorder.events]
    return [(one.severity, one.slo) for one in found if isinstance(one, Declared)]


def test_a_worse_breach_later_raises_the_severity_and_a_milder_one_does_not(
    plan: Plan, incident: Incident, given_: Given, recorder: Recorder
) -> None:
    response = _response(plan, incident, recorder)
    mild = breach(slo="target_down").model_copy(update={"severity": "SEV3", "bad_share": 0.05})
    grave = breach(slo="coupon-issue-lag")
    for known in ([mild], [mild, grave], [mild, grave, mild.model_copy(update={"slo": "coupon_stall"})]):
        given_.breaches = known
        _step(incident, given_, 0.1)
        _second(response)
    assert _declared(recorder) == [("SEV3", "target_down"), ("SEV1", "coupon-issue-lag")]


def test_an_slo_that_gets_worse_after_its_page_raises_the_severity(
    plan: Plan, incident: Incident, given_: Given, recorder: Recorder
) -> None:
    response = _response(plan, incident, recorder)
    given_.breaches = [breach().model_copy(update={"severity": "SEV2", "bad_share": 0.2})]
    for recent in (0.2, 0.3, 0.6, np.nan):
        given_.states = {"coupon-issue-lag": SloState("coupon-issue-lag", 0.2, recent, 0.05, 100.0, paging=True)}
        _step(incident, given_, 0.1)
        _second(response)
    assert _declared(recorder) == [("SEV2", "coupon-issue-lag"), ("SEV1", "coupon-issue-lag")]


@pytest.fixture
def acting(
    plan: Plan, incident: Incident, recorder: Recorder, stack: FakeStack
) -> tuple[AutoResponse, WillingGuardian]:
    guardian = WillingGuardian()
    return _response(plan, incident, recorder, guardian, stack), guardian


def _act_on(response: AutoResponse, incident: Incident, given_: Given, cause: str, target: str) -> None:
    _step(incident, given_, 0.1)
    incident.classified = hypothesis(cause, 0.9, target=target)
    for _ in range(4):
        _second(response)


@pytest.mark.parametrize(
    ("cause", "target", "remedy", "said"),
    [("kafka.consumer_pause", "coupon-issuer", "restart", 0), ("redis.latency", "redis", "set_flag", 1)],
)
def test_what_puts_nothing_back_is_reverted_without_a_word(  # noqa: PLR0917 - five fixtures and four figures
    acting: tuple[AutoResponse, WillingGuardian], incident: Incident, given_: Given, recorder: Recorder,
    cause: str, target: str, remedy: str, said: int,
) -> None:  # fmt: skip
    response, guardian = acting
    _act_on(response, incident, given_, cause, target)
    response.actions.undo(lambda _: {})
    begun = [event.data.remedy for event in recorder.events if isinstance(event.data, ActionStarted)]
    assert begun == [remedy]
    assert guardian.asked == [("apply", "a1"), ("revert", "a1")]  # the ledger's entry is closed either way
    assert sum(isinstance(event.data, ActionUndone) for event in recorder.events) == said


def test_a_remedy_is_judged_by_a_broken_slo_although_silence_paged_first(
    acting: tuple[AutoResponse, WillingGuardian], given_: Given, incident: Incident
) -> None:
    given_.breaches = [breach(at=94.0, slo="target_down"), breach(at=96.0, slo="coupon-issue-lag")]
    _step(incident, given_, 0.1)
    assert acting[0].actions.gravest().slo == "coupon-issue-lag"
    incident.breaches = given_.breaches[:1]
    assert acting[0].actions.gravest().slo == "target_down"
