"""The textbook rule, run beside ours so that both times can be printed: multi-window burn rate."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tocsin.detect.track import Track

LONG, SHORT = 3600, 300
"""The two windows in seconds."""
BURN = 14.4
"""How many times the budget: 2 % of a month's budget within the hour."""


@dataclass(frozen=True)
class BurnAlert:
    """The rule fired for an SLO at the end of ``second``, with the burn rates of both windows then."""

    slo: str
    second: float
    long_burn: float
    short_burn: float


def textbook(tracks: Iterable[Track], since: float) -> list[BurnAlert]:
    """First moment from ``since`` on at which 1 h and 5 min both burn an SLO's budget 14.4 times too fast.

    Google's Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts" (the first page rule). The
    windows reach back over the data that exists, as Prometheus's ``rate`` does after a start. Where 14.4 budgets are
    more than 1, that is for an objective below 93.1 %, the rule cannot fire at all.
    """
    return [alert for track in tracks if (alert := _first(track, since)) is not None]


def _first(track: Track, since: float) -> BurnAlert | None:
    long, short = (track.shares(seconds) / track.slo.budget for seconds in (LONG, SHORT))
    fast = (np.nan_to_num(long) > BURN) & (np.nan_to_num(short) > BURN)
    fired = np.flatnonzero(fast & (track.start + np.arange(fast.size) >= since))
    if not fired.size:
        return None
    at = int(fired[0])
    return BurnAlert(track.name, float(track.start + at), float(long[at]), float(short[at]))
