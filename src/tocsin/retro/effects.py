"""What each remedy did to every SLO, from the samples before and after it: helped, did nothing, or made it worse."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo
from tocsin.model.window import SampleWindow
from tocsin.tape.fold import ActionState, RunState

BEFORE, SETTLE, AFTER = 10.0, 10.0, 10.0
"""Seconds looked at before a remedy, left to settle after it, and looked at then."""
NOTICEABLE = 0.02
"""Rise of a bad share from which a remedy has made an SLO worse."""
LESS = 0.75
"""Share of what was bad before that may be left for a remedy to have helped in part."""

Outcome = Literal["helped", "helped in part", "did nothing", "made it worse", "failed", "nothing to mend", "not known"]


@dataclass(frozen=True)
class SloEffect:
    """Bad share of one SLO before a remedy, while it was carried out and settled, and after that."""

    name: str
    before: float
    meanwhile: float
    after: float
    budget: float

    @property
    def worse(self) -> bool:
        """Over its budget, and noticeably more than before."""
        return self.after > max(self.budget, self.before + NOTICEABLE)

    @property
    def hurt(self) -> bool:
        """Within its budget before and after, but noticeably over it meanwhile: the price of the remedy."""
        over = self.meanwhile > max(self.budget, self.before + NOTICEABLE)
        return over and not self.broken and not self.worse

    @property
    def broken(self) -> bool:
        """Over its budget when the remedy was begun."""
        return self.before > self.budget

    @property
    def healed(self) -> bool:
        """Over its budget before and within it after."""
        return self.broken and self.after <= self.budget

    @property
    def eased(self) -> bool:
        """Clearly less bad than before."""
        return self.broken and self.after < LESS * self.before

    def __str__(self) -> str:
        """In one phrase."""
        return f"{self.name} went from {self.before:.1%} to {self.after:.1%} bad"


@dataclass(frozen=True)
class Effect:
    """What a remedy did; ``caveat`` names what else happened in the seconds that are compared."""

    action: ActionState
    outcome: Outcome
    slos: list[SloEffect]
    caveat: str = ""

    @property
    def telling(self) -> list[SloEffect]:
        """The SLOs that the outcome rests on."""
        worse = [one for one in self.slos if one.worse]
        return worse if self.outcome == "made it worse" else [one for one in self.slos if one.broken]

    @property
    def text(self) -> str:
        """The outcome with its figures, in one phrase."""
        figures = ", ".join(str(one) for one in self.telling)
        return f"{self.action.remedy} of {self.action.target} {self.outcome}" + (f": {figures}" if figures else "")

    @property
    def price(self) -> str:
        """What got worse for the seconds of the remedy itself, in one phrase; empty when nothing did."""
        hurt = [f"{one.name} rose from {one.before:.1%} to {one.meanwhile:.1%} bad" for one in self.slos if one.hurt]
        return f"while {self.action.remedy} of {self.action.target} was under way, {', '.join(hurt)}" if hurt else ""


def effects(state: RunState, slos: dict[str, Slo], window: SampleWindow) -> list[Effect]:
    """The effect of every remedy, in order."""
    return [_effect(action, state, slos, window) for action in state.actions]


def _effect(action: ActionState, state: RunState, slos: dict[str, Slo], window: SampleWindow) -> Effect:
    if action.error or action.done is None:
        return Effect(action, "failed", [])
    impact = state.stamps.impact or 0.0
    before = (max(action.at - BEFORE, min(impact, action.at - 1.0)), action.at)
    after = (action.done + SETTLE, action.done + SETTLE + AFTER)
    rows = []
    for name, slo in slos.items():
        first, meanwhile, last = (_share(slo, window, stretch) for stretch in (before, (action.at, after[0]), after))
        if first is not None and meanwhile is not None and last is not None:
            rows.append(SloEffect(name, first, meanwhile, last, slo.budget))
    return Effect(action, outcome(rows), rows, _caveat(action, state, after[1]))


def outcome(rows: list[SloEffect]) -> Outcome:
    """What the shares before and after come to."""
    broken = [row for row in rows if row.broken]
    if not rows:
        return "not known"
    if any(row.worse for row in rows):
        return "made it worse"
    if not broken:
        return "nothing to mend"
    if all(row.healed for row in broken):
        return "helped"
    return "helped in part" if any(row.healed or row.eased for row in broken) else "did nothing"


def _caveat(action: ActionState, state: RunState, until: float) -> str:
    """The drill's own revert, or another remedy, in the seconds that are compared: the credit may be theirs."""
    found = [
        f"the drill itself took {one.fault} away at {one.reverted:.1f} s"
        for one in state.injections
        if one.lifted is None and one.reverted is not None and action.at <= one.reverted < until
    ]
    found += [
        f"{other.remedy} of {other.target} was begun at {other.at:.1f} s"
        for other in state.actions
        if other.id != action.id and action.at <= other.at < until
    ]
    return "; ".join(found)


def _share(slo: Slo, window: SampleWindow, stretch: tuple[float, float]) -> float | None:
    bad, total = sli_seconds(slo, window)
    picked = np.logical_and(window.seconds >= np.floor(stretch[0]), window.seconds < np.floor(stretch[1]))
    events = float(np.nansum(total[picked]))
    return min(1.0, float(np.nansum(bad[picked])) / events) if events > 0 else None
