"""Curves that the charts draw: shares, rates and latency percentiles per second, from the tape's samples."""

import numpy as np

from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo
from tocsin.model.window import Array, SampleWindow

SMOOTH = 5
"""Seconds over which shares and percentiles are taken, as the pages are."""


def bad_share(slo: Slo, window: SampleWindow) -> Array:
    """Bad share of an SLO over the last five seconds, by second."""
    bad, total = sli_seconds(slo, window)
    events = trailing(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Array = np.where(events > 0, trailing(bad) / events, np.nan)
    return share


def latency_percentiles(window: SampleWindow, part: str, wanted: tuple[float, ...]) -> dict[float, Array]:
    """Percentiles of a histogram over five seconds, in its own unit, interpolated within buckets.

    ``part`` names a signal whose entities end in ``|le``. The last finite bound stands for whatever is beyond it, as
    in Prometheus's histogram_quantile.
    """
    by_bound: dict[float, Array] = {}
    for entity, values in window.increments(part).items():
        bound = float(entity.rpartition("|")[2])
        by_bound[bound] = by_bound.get(bound, np.zeros(len(window.seconds))) + np.nan_to_num(values)
    if len(by_bound) < 2:
        return {}
    bounds = sorted(by_bound)
    counts = np.vstack([trailing(by_bound[bound]) for bound in bounds])
    finite = np.array([bound for bound in bounds if np.isfinite(bound)])
    return {share: _percentile(counts, finite, share) for share in wanted}


def trailing(values: Array) -> Array:
    """Sum over the last five seconds; unknown seconds count as nought."""
    total = np.concatenate(([0.0], np.cumsum(np.nan_to_num(values))))
    index = np.arange(values.size) + 1
    summed: Array = total[index] - total[np.maximum(index - SMOOTH, 0)]
    return summed


def _percentile(counts: Array, bounds: Array, share: float) -> Array:
    found = np.full(counts.shape[1], np.nan)
    lower = np.concatenate(([0.0], bounds[:-1]))
    for second in range(counts.shape[1]):
        column = counts[:, second]
        if column[-1] <= 0:
            continue
        rank = share * column[-1]
        place = min(int(np.searchsorted(column, rank)), bounds.size - 1)
        below = column[place - 1] if place else 0.0
        inside = column[place] - below
        part = min(1.0, (rank - below) / inside) if inside > 0 else 1.0
        found[second] = lower[place] + (bounds[place] - lower[place]) * part
    return found
