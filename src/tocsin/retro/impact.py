"""What users felt: bad requests and budget spent, per SLO and phase of the incident."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.phases import PhaseSpan

_MONTH = 30 * 86400.0
"""Seconds over which a budget is usually given."""


@dataclass(frozen=True)
class Spent:
    """Events of one SLO in one phase; ``budget_seconds`` as in SloImpact."""

    phase: PhaseSpan
    bad: float
    total: float
    budget_seconds: float

    @property
    def share(self) -> float:
        """Bad share of the phase."""
        return self.bad / self.total if self.total else 0.0


@dataclass(frozen=True)
class SloImpact:
    """One SLO over the incident.

    ``budget_seconds`` is how many seconds' worth of budget were spent: bad events over the events that its budget
    allows per second of healthy traffic. ``bad_seconds`` counts seconds whose bad share exceeded the budget.
    """

    name: str
    slo: Slo
    bad: float
    total: float
    worst: float
    bad_seconds: int
    budget_seconds: float
    phases: list[Spent]

    @property
    def share(self) -> float:
        """Bad share over the whole incident."""
        return self.bad / self.total if self.total else 0.0

    @property
    def month_share(self) -> float:
        """Budget spent over the budget of thirty days of healthy traffic."""
        return self.budget_seconds / _MONTH

    @property
    def budget_used(self) -> float:
        """Bad events over those that the budget allowed for the events of the incident."""
        allowed = self.slo.budget * self.total
        return self.bad / allowed if allowed else 0.0


def impacts(
    slos: dict[str, Slo], window: SampleWindow, phases: list[PhaseSpan], healthy: tuple[float, float]
) -> list[SloImpact]:
    """Impact on every SLO, the worst hit first; empty when nothing happened."""
    if not phases:
        return []
    found = [_impact(name, slo, window, phases, healthy) for name, slo in slos.items()]
    return sorted(found, key=lambda one: -one.budget_used)


def requests_during(window: SampleWindow, phases: list[PhaseSpan]) -> tuple[float, float] | None:
    """(scheduled, failed) requests of the incident as clients saw them; None when that was not measured."""
    if not phases or "load_scheduled" not in window.series:
        return None
    picked = _within(window.seconds, phases[0].start, phases[-1].end)
    scheduled, failed = (float(np.nansum(window.total(name)[picked])) for name in ("load_scheduled", "load_failed"))
    return scheduled, failed


def _impact(
    name: str, slo: Slo, window: SampleWindow, phases: list[PhaseSpan], healthy: tuple[float, float]
) -> SloImpact:
    bad, total = sli_seconds(slo, window)
    seconds = window.seconds
    whole = _within(seconds, phases[0].start, phases[-1].end)
    share = _share(bad[whole], total[whole])
    rate = _mean(total[_within(seconds, *healthy)])
    spent_bad = float(np.nansum(bad[whole]))
    allowed = slo.budget * rate
    return SloImpact(
        name=name,
        slo=slo,
        bad=spent_bad,
        total=float(np.nansum(total[whole])),
        worst=float(np.nanmax(share)) if np.isfinite(share).any() else 0.0,
        bad_seconds=int(np.nansum(share > slo.budget)),
        budget_seconds=spent_bad / allowed if allowed > 0 else 0.0,
        phases=[_spent(phase, bad, total, seconds, allowed) for phase in phases],
    )


def _spent(phase: PhaseSpan, bad: Array, total: Array, seconds: Array, allowed: float) -> Spent:
    """``allowed``: bad events that the budget allows per second of healthy traffic."""
    picked = _within(seconds, phase.start, phase.end)
    spent = float(np.nansum(bad[picked]))
    return Spent(phase, spent, float(np.nansum(total[picked])), spent / allowed if allowed > 0 else 0.0)


def _within(seconds: Array, start: float, end: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Whole seconds that belong to ``start .. end``: each belongs to the stretch in which it begins."""
    inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    inside = np.logical_and(seconds >= np.floor(start), seconds < np.floor(end))
    return inside


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0


def _share(bad: Array, total: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Array = np.where(total > 0, bad / total, np.nan)
    return share
