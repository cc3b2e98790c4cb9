"""Expectations and the verdict: what the drill wanted beside what the tape says."""

from tocsin.model.drill import Drill
from tocsin.model.event import ExpectationJudged
from tocsin.model.run import RunMeta
from tocsin.model.verdict import Verdict
from tocsin.tape.fold import RunState

MOST_LATE_MS = 250.0
"""A generator whose 95th percentile start was later than this did not keep its schedule: the run proves nothing."""


def judge_expectations(drill: Drill, state: RunState, responder: str) -> list[ExpectationJudged]:
    """Every expectation of the drill with what was measured; those that need a responder are left out without one."""
    expect, stamps = drill.expect, state.stamps
    judged = []
    if expect.no_breach:
        count = len(state.breaches)
        judged.append(ExpectationJudged(name="no_breach", want=True, got=count == 0, met=count == 0))
    if expect.detected_within is not None:
        took = _between(stamps.impact, stamps.detected)
        judged.append(_within("detected_within", expect.detected_within, took))
    if responder == "none":
        return judged
    if expect.classified_as is not None:
        got = state.classified.cause if state.classified else None
        judged.append(
            ExpectationJudged(name="classified_as", want=expect.classified_as, got=got, met=got == expect.classified_as)
        )
    if expect.mitigated_within is not None:
        took = _between(stamps.detected, stamps.mitigated)
        judged.append(_within("mitigated_within", expect.mitigated_within, took))
    return judged


def _between(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else round(max(0.0, second - first), 3)


def _within(name: str, want: float, took: float | None) -> ExpectationJudged:
    return ExpectationJudged(name=name, want=want, got=took, met=took is not None and took <= want)


def reach_verdict(
    meta: RunMeta, state: RunState, *, aborted: str | None, invalid: list[str], residue: list[str]
) -> tuple[Verdict, list[str]]:
    """The verdict and its reasons; the gravest that applies."""
    if residue:
        return "unclean", [f"left behind: {line}" for line in residue]
    if aborted is not None:
        return "aborted", [aborted]
    reasons = invalid + _load_reasons(state)
    if reasons:
        return "invalid", reasons
    missed = [f"{e.name}: wanted {e.want}, got {_text(e.got)}" for e in state.expectations if not e.met]
    missed += [f"invariant {i.name}: {i.detail}" for i in state.invariants if not i.met]
    if missed:
        return "missed", missed
    met = len(state.expectations) + len(state.invariants)
    return "held", [f"all {met} expectations and invariants of {meta.drill_name} were met"]


def _load_reasons(state: RunState) -> list[str]:
    if state.load is None or state.load.schedule_lag_ms <= MOST_LATE_MS:
        return []
    return [f"the load could not keep its schedule: 95 % of starts were up to {state.load.schedule_lag_ms:.0f} ms late"]


def _text(value: float | str | bool | None) -> str:  # noqa: FBT001 - an expectation's value may be a boolean
    return "nothing" if value is None else str(value)
