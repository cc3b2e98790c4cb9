"""The automatic responder: acknowledge, wait for the diagnosis, then the playbook step by step until all is well."""

from dataclasses import replace

import pytest
from tests.conftest import ROOT, hypothesis

from tocsin.model.hypothesis import Playbook
from tocsin.respond.playbooks import choose
from tocsin.respond.responder import AutoResponder, View
from tocsin.yamlfile import load_model

QUIET = View(now=0.0, detected=False, mitigated=False, classified=None, busy=False)
PAGED = replace(QUIET, now=10.0, detected=True)
PAUSED = hypothesis("kafka.consumer_pause", 0.9)


@pytest.fixture
def playbooks() -> list[Playbook]:
    return [load_model(path, Playbook) for path in sorted((ROOT / "runbooks" / "playbooks").glob("*.yaml"))]


def test_nothing_is_done_before_a_page(playbooks: list[Playbook]) -> None:
    assert AutoResponder(playbooks, []).next(QUIET) is None


def test_a_page_is_acknowledged_once_and_then_the_diagnosis_awaited(playbooks: list[Playbook]) -> None:
    responder = AutoResponder(playbooks, [])
    first = responder.next(PAGED)
    assert first is not None
    assert first.what == "acknowledge"
    assert responder.next(PAGED) is None


def test_steps_come_one_by_one_each_with_its_time_to_work(playbooks: list[Playbook]) -> None:
    responder = AutoResponder(playbooks, [])
    responder.next(PAGED)
    known = replace(PAGED, now=15.0, classified=PAUSED)
    first = responder.next(known)
    assert first is not None
    assert first.step is not None
    assert first.step.remedy == "restart"
    assert responder.next(replace(known, now=16.0)) is None  # not carried out yet
    responder.carried_out(first.step, 18.0)
    assert responder.next(replace(known, now=18.0 + first.step.wait - 0.1)) is None
    second = responder.next(replace(known, now=18.0 + first.step.wait))
    assert second is not None
    assert second.step is not None
    assert second.step.remedy == "scale_out"


def test_nothing_more_is_done_once_mitigated(playbooks: list[Playbook]) -> None:
    responder = AutoResponder(playbooks, [])
    responder.next(PAGED)
    assert responder.next(replace(PAGED, classified=PAUSED, mitigated=True)) is None


def test_a_forbidden_remedy_is_told_and_left_out(playbooks: list[Playbook]) -> None:
    steps, told = choose(playbooks, PAUSED, ["restart"])
    assert "restart" not in [step.remedy for step in steps]
    assert told == ["restart is forbidden in this drill"]


def test_an_unknown_cause_has_no_playbook_and_that_is_told_once(playbooks: list[Playbook]) -> None:
    responder = AutoResponder(playbooks, [])
    responder.next(PAGED)
    view = replace(PAGED, classified=hypothesis("unknown", 0.9))
    told = responder.next(view)
    assert told is not None
    assert told.what == "tell"
    assert "no playbook for unknown" in told.text
    responder.next(view)
    assert responder.next(view) is None
