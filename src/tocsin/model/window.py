"""The samples of a stretch of a run, by the second: all that detection and classification are given."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tocsin.model.signal import Signal, part_key

Array = NDArray[np.float64]

STALE_AFTER = 3.0
"""Seconds after which the last value of a gauge no longer counts as its present value."""


@dataclass(frozen=True)
class RawSeries:
    """One Prometheus series: its entity and its samples in time order (seconds since the start, value)."""

    entity: str
    t: Array
    v: Array


_Reader = Callable[[RawSeries], Array]


@dataclass(frozen=True)
class SampleWindow:
    """Raw samples by signal part, read on a grid of whole seconds ``start .. end``.

    Second ``s`` covers ``[s, s+1)``. Arrays are as long as ``seconds``; what is not known is NaN. Series of one
    entity are added up, after each one's resets were taken out.
    """

    start: int
    end: int
    series: Mapping[str, list[RawSeries]]
    _cache: dict[tuple[str, str], dict[str, Array]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def seconds(self) -> Array:
        """The seconds of the grid, each by its beginning."""
        return np.arange(self.start, self.end, dtype=np.float64)

    def increments(self, part: str) -> dict[str, Array]:
        """Increase per second of a raw counter, by entity."""
        return self._cached("increments", part, self._increase)

    def levels(self, part: str) -> dict[str, Array]:
        """Value of a raw gauge at the end of each second, by entity; NaN when older than STALE_AFTER seconds."""
        return self._cached("levels", part, self._level)

    def of(self, name: str, signal: Signal) -> dict[str, Array]:
        """A signal in its own unit, by entity and second, whatever its form."""
        if signal.gauge is not None:
            return self.levels(name)
        if signal.rate is not None:
            return self.increments(name)
        top, bottom = (self.increments(part_key(name, part)) for part in signal.selectors)
        return {entity: _divide(top[entity], bottom[entity]) for entity in bottom if entity in top}

    def total(self, part: str) -> Array:
        """Increase per second of a raw counter over all entities; NaN where no entity is known."""
        return _add(self.increments(part).values(), len(self.seconds))

    def until(self, end: int) -> "SampleWindow":
        """The same samples as they were known when second ``end`` began."""
        cut = {
            part: [RawSeries(s.entity, s.t[s.t <= end], s.v[s.t <= end]) for s in rows if s.t.size and s.t[0] <= end]
            for part, rows in self.series.items()
        }
        return SampleWindow(self.start, min(end, self.end), cut)

    def _cached(self, kind: str, part: str, read: _Reader) -> dict[str, Array]:
        key = (kind, part)
        if key not in self._cache:
            by_entity: dict[str, list[Array]] = {}
            for row in self.series.get(part, []):
                if row.t.size:
                    by_entity.setdefault(row.entity, []).append(read(row))
            self._cache[key] = {name: _add(rows, len(self.seconds)) for name, rows in by_entity.items()}
        return self._cache[key]

    def _increase(self, row: RawSeries) -> Array:
        edges = np.arange(self.start, self.end + 1, dtype=np.float64)
        t, v = row.t, _without_resets(row.v)
        if t[0] > self.start + STALE_AFTER:  # born during the window: it began at nought
            t, v = np.concatenate(([t[0] - 1.0], t)), np.concatenate(([0.0], v))
        return np.diff(np.interp(edges, t, v, left=np.nan, right=np.nan))

    def _level(self, row: RawSeries) -> Array:
        ends = self.seconds + 1.0
        index = np.searchsorted(row.t, ends, side="right") - 1
        known = index >= 0
        age = np.where(known, ends - row.t[np.maximum(index, 0)], np.inf)
        level: Array = np.where(age <= STALE_AFTER, row.v[np.maximum(index, 0)], np.nan)
        return level


def _without_resets(values: Array) -> Array:
    drops = np.where(np.diff(values) < 0, values[:-1], 0.0)
    climbing: Array = values + np.concatenate(([0.0], np.cumsum(drops)))
    return climbing


def _add(rows: Iterable[Array], length: int) -> Array:
    stacked = list(rows)
    if not stacked:
        return np.full(length, np.nan)
    table = np.vstack(stacked)
    added: Array = np.nansum(table, axis=0)
    added[np.isnan(table).all(axis=0)] = np.nan
    return added


def _divide(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Array = np.where(bottom > 0, top / bottom, np.nan)
    return quotient
