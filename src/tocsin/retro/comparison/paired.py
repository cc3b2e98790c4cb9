"""Paired differences: the same second of the same load in two runs, with an interval that knows seconds hang together.

Neighbouring seconds are alike, so the mean of their differences is far less certain than independence would have it.
The interval therefore comes from a circular block bootstrap (Politis and Romano 1992): whole blocks of seconds are
drawn again, with their likeness inside.
"""

from dataclasses import dataclass

import numpy as np

from tocsin.model.window import Array

RESAMPLES = 2000
LEVEL = 0.95
_SEED = 20260
_LEAST = 10


@dataclass(frozen=True)
class Paired:
    """One figure of a run against the first run's, over ``seconds`` pairs; the interval is of the mean difference."""

    name: str
    unit: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    seconds: int

    @property
    def differs(self) -> bool:
        """True when the interval does not hold nought."""
        return not self.low <= 0.0 <= self.high

    @property
    def change(self) -> float | None:
        """The difference as a share of what it was before; None when that was nought."""
        return self.difference / self.before if self.before else None


def paired(name: str, unit: str, before: Array, after: Array) -> Paired | None:
    """The paired difference of two runs' values per second; None with fewer than ten pairs."""
    length = min(before.size, after.size)
    both = np.isfinite(before[:length]) & np.isfinite(after[:length])
    first, second = before[:length][both], after[:length][both]
    if first.size < _LEAST:
        return None
    low, high = interval(second - first)
    return Paired(
        name=name,
        unit=unit,
        before=float(first.mean()),
        after=float(second.mean()),
        difference=float((second - first).mean()),
        low=low,
        high=high,
        seconds=int(first.size),
    )


def interval(differences: Array) -> tuple[float, float]:
    """The 95 % percentile interval of their mean, by a circular block bootstrap; the same numbers give the same answer.

    Blocks are as long as the cube root of the number of seconds says (the rate that is best for a mean; Hall, Horowitz
    and Jing 1995), but five seconds at least, over which samples are smoothed by the scrapes.
    """
    count = differences.size
    block = min(count, max(5, round(count ** (1 / 3))))
    blocks = -(-count // block)
    starts = np.random.default_rng(_SEED).integers(0, count, size=(RESAMPLES, blocks))
    places = (starts[:, :, None] + np.arange(block)[None, None, :]).reshape(RESAMPLES, -1)[:, :count] % count
    means = differences[places].mean(axis=1)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return float(low), float(high)
