"""Customer minutes: how long users went without, and how long they would have if nobody had done anything.

One customer minute of an SLO is a minute in which every event is bad, or two in which every second one is.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tocsin.model.event import Event, Injected
from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo
from tocsin.model.window import Array, SampleWindow
from tocsin.tape.state import RunState

Missing = Literal["no_harm", "at_once", "no_time"]
"""Why nothing can be said of doing nothing: no SLO was over budget; acted on before users felt it; no time was left."""


@dataclass(frozen=True)
class Stretch:
    """The incident in seconds since the start: users feel it, somebody acts, the drill takes its fault away, over."""

    impact: float
    acted: float
    planned: float
    over: float


@dataclass(frozen=True)
class Minutes:
    """Customer minutes over the SLOs that were hit: spent, and what doing nothing would have cost (with its range)."""

    spent: float
    untouched: float
    low: float
    high: float

    @property
    def saved(self) -> float:
        """The share of what doing nothing would have cost that was saved, 0 to 1."""
        return _saved(self.spent, self.untouched)

    @property
    def range(self) -> tuple[float, float]:
        """The same with the lowest and the highest cost of doing nothing."""
        return _saved(self.spent, self.low), _saved(self.spent, self.high)


def _saved(spent: float, untouched: float) -> float:
    return min(1.0, max(0.0, 1.0 - spent / untouched)) if untouched > 0 else 0.0


def stretch_of(state: RunState, events: list[Event], end: float) -> Stretch | None:
    """The incident's seconds; None when users felt nothing, or nothing was broken."""
    impact = state.stamps.impact
    planned = [event.t + event.data.duration for event in events if isinstance(event.data, Injected)]
    if impact is None or not planned:
        return None
    paused = sum((one.end or end) - one.start for one in state.people.paused)
    acts = (state.stamps.first_action, state.stamps.mitigated, state.stamps.fault_removed)
    acted = min((t for t in acts if t is not None), default=max(planned) + paused)
    over = state.stamps.resolved if state.stamps.resolved is not None else end
    return Stretch(impact, acted, max(planned) + paused, max(over, acted))


def bad_seconds(slos: dict[str, Slo], window: SampleWindow, start: float, over: float) -> dict[str, Array]:
    """Bad share of every second of every SLO that was over its budget for a second at least."""
    seconds = window.seconds
    inside = np.logical_and(seconds >= np.floor(start), seconds < np.floor(over))
    found = {}
    for name, slo in slos.items():
        bad, total = sli_seconds(slo, window)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares: Array = np.clip(np.nan_to_num(np.where(total > 0, bad / total, 0.0)), 0.0, 1.0)
        if (shares[inside] > slo.budget).any():
            found[name] = shares[inside]
    return found


def minutes_of(shares: dict[str, Array], stretch: Stretch) -> Minutes | Missing:
    """Customer minutes spent, and those of doing nothing: the seconds before anybody acted, gone on with.

    The mean bad share of the seconds from the impact to the first action stands for every second from then until the
    drill would have taken its own fault away; the range takes their lower and their upper quartile.
    """
    if not shares:
        return "no_harm"
    seen = int(np.floor(stretch.acted)) - int(np.floor(stretch.impact))
    if seen < 1:
        return "at_once"
    rest = stretch.planned - stretch.acted
    if rest <= 0:
        return "no_time"
    before = np.vstack([values[:seen] for values in shares.values()])
    begun = float(before.sum())
    levels = (before.mean(axis=1), np.quantile(before, 0.25, axis=1), np.quantile(before, 0.75, axis=1))
    untouched, low, high = (begun + float(level.sum()) * rest for level in levels)
    spent = sum(float(values.sum()) for values in shares.values())
    return Minutes(spent / 60.0, untouched / 60.0, min(low, untouched) / 60.0, max(high, untouched) / 60.0)
