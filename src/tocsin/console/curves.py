"""Figures of a run by the second, grown with its tape: what plots, tiles and topology draw.

Computed once for each second; the last few are computed again, because samples of one second come at several moments.
"""

from dataclasses import dataclass, field

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.model.signal import Signal, part_key
from tocsin.model.sli import sli_seconds
from tocsin.model.slo import Deadline, Slo
from tocsin.model.window import Array, SampleWindow
from tocsin.tape.follow import TapeFollower

_AGAIN = 6
"""Seconds at the end that are computed again with every look."""

_SMOOTH = 5
"""Seconds over which rates of bad requests and percentiles are taken."""

_RATES = {"scheduled": "load_scheduled", "completed": "load_completed", "failed": "load_failed"}
_BUCKETS = "load_bucket"
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

Key = tuple[str, str, str]
"""(kind, name, entity) of one curve: kinds are rate, latency, signal, bad and total."""


@dataclass
class Curves:
    """Arrays by second from the start of the run; what is not known is NaN."""

    meta: RunMeta
    seconds: int = 0
    """How many seconds are known."""
    _arrays: dict[Key, Array] = field(default_factory=dict)
    _levels: dict[tuple[str, str, tuple[int, int]], float] = field(default_factory=dict)

    def get(self, kind: str, name: str, entity: str = "") -> Array:
        """One curve, as long as ``seconds``; empty when there is none."""
        found = self._arrays.get((kind, name, entity))
        return np.empty(0) if found is None else found[: self.seconds]

    def entities(self, name: str) -> list[str]:
        """The entities that a signal speaks of so far."""
        return [entity for kind, known, entity in self._arrays if kind == "signal" and known == name]

    def healthy(self, name: str, entity: str, span: tuple[int, int]) -> float:
        """The median of a signal over a healthy stretch, computed once; NaN when nothing is known of it."""
        key = (name, entity, span)
        if key not in self._levels:
            values = self.get("signal", name, entity)[span[0] : span[1]]
            known = values[~np.isnan(values)]
            self._levels[key] = float(np.median(known)) if known.size else float("nan")
        return self._levels[key]

    def extend(self, tape: TapeFollower) -> None:
        """Take in what a tape has told since the last time."""
        end = tape.whole_seconds
        if end <= 0:
            return
        first = max(0, self.seconds - _AGAIN)
        window = tape.window(max(0, first - _SMOOTH), end, _parts(self.meta))
        for key, values in self._told(window).items():
            self._put(key, values[first - window.start :], first)
        for name, slo in self.meta.slos.slos.items():
            whole = window if not isinstance(slo.sli, Deadline) else tape.window(0, end, _sli_parts(slo))
            bad, total = sli_seconds(slo, whole)
            self._put(("bad", name, ""), bad[first - whole.start :], first)
            self._put(("total", name, ""), total[first - whole.start :], first)
        self.seconds = end

    def _told(self, window: SampleWindow) -> dict[Key, Array]:
        found: dict[Key, Array] = {}
        for name, part in _RATES.items():
            if part in window.series:
                found["rate", name, ""] = window.total(part)
        for name, values in _percentiles(window).items():
            found["latency", name, ""] = values
        for name, signal in self.meta.signals.items():
            if signal.family is not None:
                for entity, values in window.of(name, signal).items():
                    found["signal", name, entity] = values
        return found

    def _put(self, key: Key, values: Array, first: int) -> None:
        known = self._arrays.get(key)
        end = first + values.size
        if known is None or known.size < end:
            grown = np.full(max(256, 2 * end), np.nan)
            if known is not None:
                grown[: known.size] = known
            known = self._arrays[key] = grown
        known[first:end] = values


def _parts(meta: RunMeta) -> set[str]:
    """The raw parts of signals that anything is drawn from."""
    wanted = {*_RATES.values(), _BUCKETS}
    for slo in meta.slos.slos.values():
        wanted |= _sli_parts(slo)
    for name, signal in meta.signals.items():
        if signal.family is not None:
            wanted |= _signal_parts(name, signal)
    return wanted


def _signal_parts(name: str, signal: Signal) -> set[str]:
    return {part_key(name, part) for part in signal.selectors}


def _sli_parts(slo: Slo) -> set[str]:
    return {value for value in slo.sli.model_dump().values() if isinstance(value, str)}


def _percentiles(window: SampleWindow) -> dict[str, Array]:
    """Percentiles of the load's histogram over five seconds, in milliseconds, interpolated within buckets."""
    by_bound: dict[float, Array] = {}
    for entity, values in window.increments(_BUCKETS).items():
        bound = float(entity.rpartition("|")[2])
        by_bound[bound] = by_bound.get(bound, np.zeros(values.size)) + np.nan_to_num(values)
    finite = np.array([bound for bound in sorted(by_bound) if np.isfinite(bound)])
    if finite.size < 1 or len(by_bound) < 2:
        return {}
    counts = np.vstack([_trailing(by_bound[bound]) for bound in sorted(by_bound)])
    return {name: 1000.0 * _percentile(counts, finite, share) for name, share in _SHARES.items()}


def _trailing(values: Array) -> Array:
    total = np.concatenate(([0.0], np.cumsum(values)))
    index = np.arange(values.size) + 1
    summed: Array = total[index] - total[np.maximum(index - _SMOOTH, 0)]
    return summed


def _percentile(counts: Array, bounds: Array, share: float) -> Array:
    """By column of cumulative counts; the last finite bound stands for whatever is beyond it."""
    whole = counts[-1]
    rank = share * whole
    place = np.minimum((counts < rank).sum(axis=0), bounds.size - 1)
    column = np.arange(whole.size)
    below = np.where(place > 0, counts[np.maximum(place - 1, 0), column], 0.0)
    inside = counts[place, column] - below
    lower = np.where(place > 0, bounds[np.maximum(place - 1, 0)], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(inside > 0, np.clip((rank - below) / inside, 0.0, 1.0), 1.0)
    found: Array = np.where(whole > 0, lower + (bounds[place] - lower) * part, np.nan)
    return found
