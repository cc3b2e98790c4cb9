"""The arithmetic of SLIs: good, bad and total events per second, shared by detection and documents."""

import numpy as np

from tocsin.model.slo import BadOfTotal, Deadline, Slo
from tocsin.model.window import Array, SampleWindow


def sli_seconds(slo: Slo, window: SampleWindow) -> tuple[Array, Array]:
    """(bad, total) events per second of the window; NaN where unknown.

    A ratio SLI reads them from its counters. For a ``Deadline``, work accepted at ``s`` is judged at ``s + within``:
    total is what was accepted then, bad is the growth of the highest backlog of overdue work so far. Overdue work is
    accepted(s - within) - on_time(s), both cumulative, where on_time counts only what was done within the deadline:
    it can fall short for a moment (work done ahead of its deadline makes it negative, which is nobody's credit for
    later), but an acceptance once counted as bad is not taken back and none is counted twice.
    """
    sli = slo.sli
    if isinstance(sli, Deadline):
        return _overdue(window.total(sli.accepted), window.total(sli.on_time), sli.within)
    if isinstance(sli, BadOfTotal):
        bad, total = window.total(sli.bad), window.total(sli.total)
        return np.minimum(bad, total), total
    good, total = window.total(sli.good), window.total(sli.total)
    return np.maximum(total - good, 0.0), total


def _overdue(accepted: Array, on_time: Array, within: float) -> tuple[Array, Array]:
    total = _shifted(accepted, within)
    known = ~np.isnan(total)
    backlog = np.cumsum(np.where(known, total, 0.0)) - np.cumsum(np.where(np.isnan(on_time), 0.0, on_time))
    peak = np.maximum.accumulate(np.maximum(backlog, 0.0))
    bad = np.diff(peak, prepend=0.0)
    return np.where(known, np.minimum(bad, np.maximum(total, 0.0)), np.nan), total


def _shifted(increments: Array, seconds: float) -> Array:
    """What happened ``seconds`` earlier, interpolated on the cumulative curve; NaN before it is known."""
    if not increments.size:
        return increments
    edges = np.arange(increments.size + 1, dtype=np.float64)
    known = np.where(np.isnan(increments), 0.0, increments)
    curve = np.concatenate(([0.0], np.cumsum(known)))
    moved = np.diff(np.interp(edges - seconds, edges, curve))
    unknown = np.isnan(increments)
    first = int(np.argmin(unknown)) if not unknown.all() else increments.size
    moved[: min(increments.size, first + int(np.ceil(seconds)))] = np.nan
    return moved
