"""Whether an SLO is met over a stretch of seconds."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from tocsin.detect.judge import paging
from tocsin.detect.severity import RECENT
from tocsin.detect.track import Track
from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo
from tocsin.model.window import SampleWindow


@dataclass(frozen=True)
class SloState:
    """How an SLO stands: bad share over the stretch and over the last 5 s, budget, events, and the page.

    Shares are NaN when no second of the stretch is known.
    """

    slo: str
    share: float
    recent: float
    budget: float
    events: float
    paging: bool

    @property
    def met(self) -> bool:
        """Bad share of the whole stretch within the budget, and no page active; unknown is not met."""
        return self.share <= self.budget and not self.paging


def state(track: Track, over: int = 10) -> SloState:
    """The SLO over the last ``over`` seconds of its track."""
    end = track.start + track.bad.size
    stretch = track.between(max(end - over, track.start), end)
    active = paging(track)
    return SloState(
        slo=track.name,
        share=stretch.share(),
        recent=track.between(max(end - RECENT, track.start), end).share(),
        budget=track.slo.budget,
        events=float(np.nansum(stretch.total)),
        paging=bool(active[-1]) if active.size else False,
    )


def bad_for(slo: Slo, window: SampleWindow, seconds: float) -> float | None:
    """The lowest 5 s bad share of the last ``seconds``: what was bad at least all that time; None while unknown."""
    bad, total = sli_seconds(slo, window)
    length = ceil(seconds)
    shares = Track("", slo, window.start, bad, total).shares(RECENT)[-length:]
    return float(np.min(shares)) if shares.size == length and np.isfinite(shares).all() else None


def met(slo: Slo, window: SampleWindow, over: int = 10) -> bool:
    """True when the SLO is met over the last ``over`` seconds of the window.

    That is: the bad share of all events of the stretch is within the budget (one bad second is made up for by good
    ones), and neither page rule is active at its end. A stretch without any known second is not met.
    """
    bad, total = sli_seconds(slo, window)
    return state(Track("", slo, window.start, bad, total), over).met
