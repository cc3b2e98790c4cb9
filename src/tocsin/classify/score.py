"""How far a series is from its healthy self: a robust one-sided z, in units of the healthy spread."""

from dataclasses import dataclass
from math import copysign, log, sqrt

import numpy as np

from tocsin.model.signal import Worse
from tocsin.model.window import Array

FLOOR_RELATIVE = 0.1
"""Smallest spread, as a share of the healthy median."""
LARGEST = 1000.0
"""A score is not told more exactly than this."""
VANISHED = 10.0
"""The least score of a quantity that was steadily there and is now nought."""
FEWEST = 10
"""Known healthy seconds that a spread needs."""
SUSTAINED = 3
"""The third most extreme second counts, so that two odd seconds are none."""


@dataclass(frozen=True)
class Score:
    """What a series reads now, what it read when healthy, and the distance."""

    value: float
    baseline: float
    z: float


def robust(healthy: Array, recent: Array, floor: float, worse: Worse) -> Score | None:
    """One-sided z of the third most extreme recent second against the healthy ones; None where data is missing.

    z = (x - median) / max(IQR, 0.1 median, floor), with the sign turned for what is worse when it falls. After BARO's
    RobustScorer (Pham et al., FSE 2024), with the floors whose absence makes it put quiet series first. A quantity
    that can only fall to nought gets no large z from that; if it was never near nought and now is, the score is 10.
    """
    base = np.sort(healthy[np.isfinite(healthy)])
    value = _sustained(recent, worse)
    if base.size < FEWEST or value is None:
        return None
    low, median, high = (_quantile(base, share) for share in (0.25, 0.5, 0.75))
    spread = max(high - low, FLOOR_RELATIVE * abs(median), floor, 1e-12)
    z = (value - median) / spread if worse == "up" else (median - value) / spread
    if worse == "down" and vanished(healthy, recent, floor):
        z = max(z, VANISHED)
    return Score(value, median, float(np.clip(z, -LARGEST, LARGEST)))


def vanished(healthy: Array, recent: Array, floor: float) -> bool:
    """True when what was there in 95 % of the healthy seconds has been nought in three recent ones."""
    base = np.sort(healthy[np.isfinite(healthy)])
    value = _sustained(recent, "down")
    if base.size < FEWEST or value is None:
        return False
    median, lowest = _quantile(base, 0.5), _quantile(base, 0.05)
    return median > floor and lowest > 0.1 * median and value <= 0.02 * median


def poisson(healthy: Array, recent: Array, floor: float) -> Score | None:
    """Score of a counter that stands still when healthy, such as errors: a Poisson test instead of a z.

    With N events in T known seconds and mu = T max((N_healthy + 0.5) / T_healthy, floor) expected ones, the signed
    root of the deviance, sqrt(2 (N ln(N/mu) - (N - mu))), is about a standard normal deviate. Fewer than three
    seconds with an event score nought. A counter that did not exist when healthy is one that had counted nothing.
    """
    base, now = healthy[np.isfinite(healthy)], recent[np.isfinite(recent)]
    if not now.size:
        return None
    before, events = float(base.sum()), float(now.sum())
    rate = before / base.size if base.size else 0.0
    expected = now.size * max((before + 0.5) / max(base.size, healthy.size, 1), floor, 1e-9)
    deviance = 2.0 * ((events * log(events / expected) if events > 0 else 0.0) - (events - expected))
    enough = np.count_nonzero(now > 0) >= SUSTAINED
    z = copysign(sqrt(max(deviance, 0.0)), events - expected) if enough else 0.0
    return Score(events / now.size, rate, min(z, LARGEST))


def _sustained(recent: Array, worse: Worse) -> float | None:
    known = np.sort(recent[np.isfinite(recent)])
    if not known.size:
        return None
    ordered = known[::-1] if worse == "up" else known
    return float(ordered[min(SUSTAINED, known.size) - 1])


def _quantile(ordered: Array, share: float) -> float:
    place = share * (ordered.size - 1)
    below = int(place)
    above = min(below + 1, ordered.size - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))
