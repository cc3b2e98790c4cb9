"""Expectations and the verdict: what the drill wanted beside what the tape says."""

from tocsin.model.drill import Drill
from tocsin.model.event import ExpectationJudged
from tocsin.model.run import RunMeta
from tocsin.model.verdict import Verdict
from tocsin.tape.people import paused_between
from tocsin.tape.state import RunState


def judge_expectations(drill: Drill, state: RunState, responder: str) -> list[ExpectationJudged]:
    """Every expectation of the drill with what was measured; those that need a responder are left out without one."""
    expect, stamps = drill.expect, state.stamps
    judged = []
    if expect.no_breach:
        count = len(state.breaches)
        judged.append(ExpectationJudged(name="no_breach", want=True, got=count == 0, met=count == 0))
    if expect.detected_within is not None:
        took = _between(state, stamps.impact, stamps.detected)
        judged.append(_within("detected_within", expect.detected_within, took))
    if responder == "none":
        return judged
    if expect.classified_as is not None:
        got = state.classified.cause if state.classified else None
        judged.append(
            ExpectationJudged(name="classified_as", want=expect.classified_as, got=got, met=got == expect.classified_as)
        )
    if expect.mitigated_within is not None:
        took = _between(state, stamps.detected, stamps.mitigated)
        judged.append(_within("mitigated_within", expect.mitigated_within, took))
    return judged


def _between(state: RunState, first: float | None, second: float | None) -> float | None:
    """Seconds from one moment to another, less those in which a facilitator had stopped the drill's clock."""
    if first is None or second is None:
        return None
    return round(max(0.0, second - first - paused_between(state.people.paused, first, second)), 3)


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
    reasons = invalid + _load_reasons(meta.drill, state)
    if reasons:
        return "invalid", reasons
    missed = [f"{e.name}: wanted {e.want}, got {_text(e.got)}" for e in state.expectations if not e.met]
    missed += [f"invariant {i.name}: {i.detail}" for i in state.invariants if not i.met]
    if missed:
        return "missed", missed
    met = len(state.expectations) + len(state.invariants)
    if not met:
        return "held", [f"{meta.drill_name} measures and expects nothing; its load was as it should be"]
    return "held", [f"all {met} expectations and invariants of {meta.drill_name} were met"]


def _load_reasons(drill: Drill, state: RunState) -> list[str]:
    """Why the load proves nothing: the generator was itself late, or parts of it were lost."""
    load, bound = state.load, drill.load.max_lateness * 1000
    if load is None:
        return []
    reasons = [f"a load worker was lost: {line}" for line in load.lost_workers]
    if load.lateness_p99_ms > bound:
        reasons.append(
            f"the load could not keep its schedule: the generator started 1 % of the requests more than "
            f"{load.lateness_p99_ms:.0f} ms late, and the drill allows {bound:.0f} ms"
        )
    return reasons


def _text(value: float | str | bool | None) -> str:  # noqa: FBT001 - an expectation's value may be a boolean
    return "nothing" if value is None else str(value)
