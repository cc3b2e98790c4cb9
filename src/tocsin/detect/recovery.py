"""Since when the system is well again: mitigated, and resolved."""

from collections.abc import Mapping
from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tocsin.detect.judge import paging
from tocsin.detect.silence import silences
from tocsin.detect.track import Flags, Track, tracks, trailing_sum
from tocsin.model.signal import Signal
from tocsin.model.slo import SloFile, Stalled
from tocsin.model.window import Array, SampleWindow

SLICE = 10
"""Seconds of a slice in which one bad second is forgiven."""
KNOWN_SHARE = 0.8
"""Share of a stretch's seconds that must be known: the newest may be incomplete."""


def mitigated_since(
    slo_file: SloFile, signals: Mapping[str, Signal], window: SampleWindow, *, after: float, hold: int = 10
) -> float | None:
    """Start of the first ``hold`` seconds from ``after`` on with every SLO met; None when there were none yet.

    A stretch of ``hold`` seconds counts when

    - its first second is within the budget of every SLO;
    - in each slice of 10 s of it, the bad share with the worst second left out is within the budget: one noisy
      second is forgiven, two are not;
    - in its last second no page is active;
    - no silence rule is broken in any of its seconds;
    - at least 80 % of its seconds are known.
    """
    calm = _calm(slo_file, signals, window, hold)
    return _first(calm, window.start, after)


def resolved_since(
    slo_file: SloFile,
    signals: Mapping[str, Signal],
    window: SampleWindow,
    *,
    after: float,
    baseline: tuple[int, int],
    hold: int = 30,
) -> float | None:
    """Start of the first ``hold`` seconds from ``after`` on with every SLO met and every lag drained.

    "Met" as in ``mitigated_since``. The lags are those that the stack's ``stalled`` rules name. One is drained in a
    second when in most of the five seconds up to it it was at most max(``at_least`` of the rule, three times the 95th
    percentile of the healthy seconds ``baseline``); it must be drained in each second of the stretch. A lag that is
    not known is not drained.
    """
    calm = _calm(slo_file, signals, window, hold)
    for rule in slo_file.silences.values():
        if isinstance(rule, Stalled):
            for lag in window.levels(rule.lag).values():
                calm &= _always(_drained(lag, baseline, window.start, rule.at_least), hold)
    return _first(calm, window.start, after)


def _calm(slo_file: SloFile, signals: Mapping[str, Signal], window: SampleWindow, hold: int) -> Flags:
    """True where the ``hold`` seconds from that second on count as met; as long as there are such stretches."""
    calm = np.ones(max(window.end - window.start - hold + 1, 0), dtype=bool)
    if not calm.size:
        return calm
    for track in tracks(slo_file, window).values():
        calm &= _met_from(track, hold)
    for quiet in silences(slo_file, signals, window):
        if quiet.silent:
            calm &= _always(~quiet.any_silent, hold)
    return calm


def _met_from(track: Track, hold: int) -> Flags:
    known = track.known > 0
    excess = np.where(known, track.bad - track.slo.budget * track.total, 0.0)  # bad events beyond the budget
    length = min(hold, SLICE)
    slices = sliding_window_view(excess, length)
    fine = slices.sum(axis=1) - np.maximum(slices.max(axis=1), 0.0) <= 1e-9
    enough = sliding_window_view(known, hold).mean(axis=1) >= KNOWN_SHARE
    starts = enough.size
    met: Flags = _always(fine, hold - length + 1) & enough & (excess[:starts] <= 1e-9) & ~paging(track)[hold - 1 :]
    return met


def _drained(lag: Array, baseline: tuple[int, int], start: int, floor: float) -> Flags:
    healthy = lag[max(baseline[0] - start, 0) : max(baseline[1] - start, 0)]
    healthy = healthy[np.isfinite(healthy)]
    limit = max(floor, 3.0 * float(np.percentile(healthy, 95))) if healthy.size else floor
    within: Flags = trailing_sum((lag <= limit).astype(np.float64), 5) >= 3
    return within


def _always(flags: Flags, seconds: int) -> Flags:
    """True where the flag holds for ``seconds`` from there on."""
    together: Flags = np.all(sliding_window_view(flags, seconds), axis=1)
    return together


def _first(calm: Flags, start: int, after: float) -> float | None:
    found = np.flatnonzero(calm & (start + np.arange(calm.size) >= ceil(after)))
    return float(start + found[0]) if found.size else None
