"""What each remedy did to every SLO, from the samples before and after it: helped, did nothing, or made it worse."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo
from tocsin.model.window import SampleWindow
from tocsin.retro.language import ENGLISH, Language
from tocsin.tape.state import ActionState, RunState

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


@dataclass(frozen=True)
class Effect:
    """What a remedy did; ``caveat`` names what else happened in the seconds that are compared."""

    action: ActionState
    outcome: Outcome
    slos: list[SloEffect]
    caveat: str = ""
    say: Language = ENGLISH

    @property
    def telling(self) -> list[SloEffect]:
        """The SLOs that the outcome rests on."""
        worse = [one for one in self.slos if one.worse]
        return worse if self.outcome == "made it worse" else [one for one in self.slos if one.broken]

    @property
    def result(self) -> str:
        """The outcome with its figures, without the remedy."""
        told = self.say(f"outcome.{self.outcome}")
        figures = ", ".join(
            self.say("effect.slo", slo=one.name, before=one.before, after=one.after) for one in self.telling
        )
        return self.say("effect.result", outcome=told, figures=figures) if figures else told

    @property
    def text(self) -> str:
        """The outcome with its figures, in one phrase."""
        return self.say("effect.text", remedy=self.action.remedy, target=self.action.target, result=self.result)

    @property
    def price(self) -> str:
        """What got worse for the seconds of the remedy itself, in one phrase; empty when nothing did."""
        hurt = ", ".join(
            self.say("effect.hurt", slo=one.name, before=one.before, meanwhile=one.meanwhile)
            for one in self.slos
            if one.hurt
        )
        what = {"remedy": self.action.remedy, "target": self.action.target}
        return self.say("effect.price", **what, hurt=hurt) if hurt else ""


def effects(state: RunState, slos: dict[str, Slo], window: SampleWindow, say: Language = ENGLISH) -> list[Effect]:
    """The effect of every remedy, in order."""
    return [_effect(action, state, slos, window, say) for action in state.actions]


def _effect(action: ActionState, state: RunState, slos: dict[str, Slo], window: SampleWindow, say: Language) -> Effect:
    if action.error or action.done is None:
        return Effect(action, "failed", [], say=say)
    impact = state.stamps.impact or 0.0
    before = (max(action.at - BEFORE, min(impact, action.at - 1.0)), action.at)
    after = (action.done + SETTLE, action.done + SETTLE + AFTER)
    rows = []
    for name, slo in slos.items():
        first, meanwhile, last = (_share(slo, window, stretch) for stretch in (before, (action.at, after[0]), after))
        if first is not None and meanwhile is not None and last is not None:
            rows.append(SloEffect(name, first, meanwhile, last, slo.budget))
    return Effect(action, outcome(rows), rows, _caveat(action, state, after[1], say), say)


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


def _caveat(action: ActionState, state: RunState, until: float, say: Language) -> str:
    """The drill's own revert, or another remedy, in the seconds that are compared: the credit may be theirs."""
    found = [
        say("effect.reverted", fault=one.fault, at=one.reverted)
        for one in state.injections
        if one.lifted is None and one.reverted is not None and action.at <= one.reverted < until
    ]
    found += [
        say("effect.other", remedy=other.remedy, target=other.target, at=other.at)
        for other in state.actions
        if other.id != action.id and action.at <= other.at < until
    ]
    return "; ".join(found)


def _share(slo: Slo, window: SampleWindow, stretch: tuple[float, float]) -> float | None:
    bad, total = sli_seconds(slo, window)
    picked = np.logical_and(window.seconds >= np.floor(stretch[0]), window.seconds < np.floor(stretch[1]))
    events = float(np.nansum(total[picked]))
    return min(1.0, float(np.nansum(bad[picked])) / events) if events > 0 else None
