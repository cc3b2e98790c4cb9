"""Scaling efficiency: what more replicas of one service brought, against what they would bring if it were linear."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.retro.comparison.side import Side
from tocsin.retro.scale import consumers, partition_count

LINEAR = 0.85
"""Efficiency from which on scaling counts as linear; below, something else than their number holds them back."""
_BUSY = 20.0
"""Records of backlog that are the least of which anything is said."""


@dataclass(frozen=True)
class Scaled:
    """One run: how many consumers, what they worked off while they had a backlog, and how long all of it took.

    ``speedup`` and ``efficiency`` are against the first run: S(N) = X(N) / X(N0), E(N) = S(N) · N0 / N (Grama et al.,
    Introduction to Parallel Computing, 2003, section 5.2). ``predicted`` is the rate by min(C, P)·mu, with mu of the
    first run. Rates in records/s; None where there never was a backlog. ``scaled`` is False where consumers and
    partitions are as many as in the first run, and what it brought comes from something else.
    """

    label: str
    count: int
    partitions: int
    rate: float | None
    predicted: float | None
    speedup: float | None
    efficiency: float | None
    highest: float
    processing: float | None
    scaled: bool

    @property
    def judged(self) -> str:
        """Whether it scaled (nearly) linearly, in a word or two."""
        if self.efficiency is None:
            return "no backlog: cannot be said"
        if not self.scaled:
            return "not scaled"
        return "yes" if self.efficiency >= LINEAR else "no"


@dataclass(frozen=True)
class Scaling:
    """The runs by number of consumers of one service."""

    service: str
    rows: list[Scaled]


def scaling(of: Sequence[Side]) -> Scaling | None:
    """How a consumer service scaled, where the runs differ in how many of it, or its partitions, there were."""
    for service in consumers(of[0].meta):
        counts = [(replicas(side, service), partition_count(side.meta, side.window)) for side in of]
        if len(set(counts)) > 1:
            return Scaling(service, _rows(of, counts))
    return None


def replicas(side: Side, service: str) -> int:
    """How many of a service the run began with."""
    variant = side.meta.drill.variants[side.meta.variant] if side.meta.variant else None
    changed = variant.stack_scale.get(service) if variant else None
    return changed or side.meta.topology.services[service].replicas


def _rows(of: Sequence[Side], counts: list[tuple[int, int]]) -> list[Scaled]:
    rates = [busy_rate(side) for side in of]
    base, (base_count, base_partitions) = rates[0], counts[0]
    each = None if base is None else base / min(base_count, base_partitions)
    rows = []
    for side, (count, partitions), rate in zip(of, counts, rates, strict=True):
        speedup = None if rate is None or not base else rate / base
        rows.append(
            Scaled(
                label=side.label,
                count=count,
                partitions=partitions,
                rate=rate,
                predicted=None if each is None else each * min(count, partitions),
                speedup=speedup,
                efficiency=None if speedup is None else speedup * base_count / count,
                highest=float(np.nanmax(_backlog(side), initial=0.0)),
                processing=_processing(side),
                scaled=(count, partitions) != counts[0],
            )
        )
    return rows


def busy_rate(side: Side) -> float | None:
    """Median of the records/s of busy seconds; a rebalance cannot sway it. None where hardly any second was busy.

    A second is busy when it began and ended with more waiting than was worked off in it: then nobody was ever without
    work, and the rate is what the consumers can do, and not what came in.
    """
    backlog = _backlog(side)
    done = side.window.total("partition_progress")
    enough = np.maximum(np.nan_to_num(done[1:]), _BUSY)
    busy = np.isfinite(done[1:]) & (backlog[1:] >= enough) & (backlog[:-1] >= enough)
    rates = done[1:][busy]
    return float(np.median(rates)) if rates.size >= 5 else None


def _processing(side: Side) -> float | None:
    """Seconds from the first record to the last one worked off; None when a backlog was left at the end."""
    done = np.nan_to_num(side.window.total("partition_progress"))
    at_work = np.flatnonzero(done > 0)
    backlog = _backlog(side)
    if not at_work.size or (backlog.size and np.nan_to_num(backlog[-1]) >= _BUSY):
        return None
    return float(at_work[-1] - at_work[0] + 1)


def _backlog(side: Side) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    rows = list(side.window.levels("partition_lag").values())
    if not rows:
        return np.zeros(len(side.window.seconds))
    total: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.nansum(np.vstack(rows), axis=0)
    return total
