"""One SLO by the second: bad events, all events, and shares of them over sliding stretches."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Slo, SloFile
from tocsin.model.window import Array, SampleWindow

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Track:
    """Bad and total events of one SLO per second, from second ``start`` on; NaN where unknown."""

    name: str
    slo: Slo
    start: int
    bad: Array
    total: Array

    @cached_property
    def known(self) -> Array:
        """1.0 where both counts of a second are known, else 0.0."""
        known: Array = (np.isfinite(self.bad) & np.isfinite(self.total)).astype(np.float64)
        return known

    @cached_property
    def _sums(self) -> tuple[Array, Array, Array]:
        """Running sums of bad events, of all events and of known seconds."""
        known = self.known > 0
        return (
            _running(np.where(known, self.bad, 0.0)),
            _running(np.where(known, self.total, 0.0)),
            _running(self.known),
        )

    @property
    def over(self) -> Array:
        """1.0 where the bad share of that very second is over the budget, 0.0 where it is not, NaN if unknown."""
        return _flags(self.shares(1), self.slo.budget)

    def between(self, start: int, end: int) -> "Track":
        """The same track, cut to the seconds ``start .. end``."""
        first, last = max(start - self.start, 0), max(end - self.start, 0)
        return Track(self.name, self.slo, self.start + first, self.bad[first:last], self.total[first:last])

    def shares(self, seconds: int) -> Array:
        """Bad share of the ``seconds`` that end with each second (0 without events, NaN if all are unknown)."""
        bad, total, known = (_trailing(added, seconds) for added in self._sums)
        share = _share(bad, total)
        share[known == 0] = np.nan
        return share

    def share(self) -> float:
        """Bad share of the whole track; NaN when nothing is known."""
        return float(self.shares(self.bad.size)[-1]) if self.bad.size else float("nan")


def tracks(slo_file: SloFile, window: SampleWindow) -> Mapping[str, Track]:
    """Every SLO of the file, read from the window."""
    found = {}
    for name, slo in slo_file.slos.items():
        bad, total = sli_seconds(slo, window)
        found[name] = Track(name, slo, window.start, np.maximum(bad, 0.0), np.maximum(total, 0.0))
    return found


def trailing_sum(values: Array, seconds: int) -> Array:
    """Sum of each second and the ``seconds - 1`` before it (fewer at the beginning)."""
    return _trailing(_running(values), seconds)


def runs(flags: Array) -> Array:
    """How many seconds in a row have been 1 so far; 0 ends a run, NaN neither lengthens nor ends it."""
    ones = np.cumsum(flags == 1.0)
    ended = np.maximum.accumulate(np.where(flags == 0.0, ones, 0)) if ones.size else ones
    lengths: Array = (ones - ended).astype(np.float64)
    return lengths


def _running(values: Array) -> Array:
    return np.concatenate(([0.0], np.cumsum(values)))


def _trailing(added: Array, seconds: int) -> Array:
    total = added[1:].copy()
    total[seconds:] -= added[1:-seconds]
    total[np.abs(total) < 1e-9] = 0.0  # noise that differences of sums leave
    return total


def _share(bad: Array, total: Array) -> Array:
    """Share of bad events; what is judged bad a second after it was scheduled cannot make it more than 1."""
    whole = np.maximum(total, bad)
    share: Array = np.divide(bad, whole, out=np.zeros_like(whole), where=whole > 0)
    return share


def _flags(shares: Array, budget: float) -> Array:
    flags: Array = np.where(np.isnan(shares), np.nan, (shares > budget).astype(np.float64))
    return flags


def over_flags(track: Track, seconds: int) -> Array:
    """1.0 where the share over the last ``seconds`` is over the budget, 0.0 where not, NaN if unknown."""
    return _flags(track.shares(seconds), track.slo.budget)
