"""When a run is given up by itself: an abort rule, or a clock that cannot be trusted."""

import pytest
from pydantic import ValidationError

from tocsin import clock
from tocsin.director.abort import AbortWatch
from tocsin.director.interrupts import Interrupts
from tocsin.director.plan import Plan
from tocsin.director.recorder import RunClock
from tocsin.errors import Aborted, TocsinError
from tocsin.model.limits import AbortRule
from tocsin.model.window import SampleWindow
from tocsin.observe.expression import Expression
from tocsin.workspace import Workspace


@pytest.mark.parametrize(
    "words",
    [{}, {"slo": "availability"}, {"share": 0.5}, {"slo": "availability", "share": 0.5, "expression": "up"},
     {"slo": "availability", "expression": "up"}],
)  # fmt: skip
def test_a_rule_has_one_condition(words: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either slo and share, or expression"):
        AbortRule.model_validate(words)


def test_an_expression_must_hold_all_the_time(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {10.0: True, 11.0: True, 12.0: False, 13.0: True, 15.0: True, 16.0: True}
    monkeypatch.setattr(Expression, "holds", lambda _, now: answers[now])
    rule = AbortRule.model_validate({"expression": "up == 0", "for": "3s"})
    watch = AbortWatch(rule, plan.files.slos, "http://127.0.0.1:1")
    window = SampleWindow(0, 0, {})
    reasons = [watch.reason(window, now) for now in answers]
    assert reasons[:-1] == [""] * 5
    assert reasons[-1] == "up == 0 held for 3 s"


def test_an_expression_that_nobody_answers_is_an_error() -> None:
    with pytest.raises(TocsinError, match="cannot evaluate 'up'"):
        Expression("http://127.0.0.1:1", "up").holds(0.0)


def test_a_clock_that_jumps_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunClock()
    assert run.jumped() == ""
    wall = clock.wall
    monkeypatch.setattr(clock, "wall", lambda: wall() + 3600.0)
    assert "jumped by +3600.0 s" in run.jumped()
    monkeypatch.setattr(clock, "wall", lambda: wall() - 7.0)
    assert "jumped by -7.0 s" in run.jumped()


def test_a_limit_that_was_met_ends_the_run(workspace: Workspace) -> None:
    interrupts = Interrupts(workspace)
    interrupts.limit("")
    with pytest.raises(Aborted, match="safety limit: too much"):
        interrupts.limit("too much")
    assert interrupts.by == "safety limit"
