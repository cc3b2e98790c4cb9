"""Hard facts, as far as Prometheus shows them: unresponsive, gone, restarted, OOM-killed, CPU use at a standstill."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tocsin.classify.score import Score, vanished
from tocsin.model.window import Array

Flags = NDArray[np.bool_]

FACT = 10.0
"""Score of a fact that holds."""

_Judge = Callable[[Array, Array, Flags, float], Score | None]


def fact(family: str) -> _Judge | None:
    """The judge of a family that is a matter of fact; None for a family that is measured.

    A judge is given the healthy seconds, the recent ones, for each recent second whether the signal was known of any
    entity, and the signal's floor.
    """
    return _JUDGES.get(family)


def _unresponsive(healthy: Array, recent: Array, measured: Flags, _floor: float) -> Score | None:
    """Up when healthy; 0 or missing in three recent seconds in which others were known."""
    if not (healthy > 0.5).any() or not measured.any():
        return None
    down = ~(recent > 0.5) & measured
    return Score(float(not down[-3:].any()), 1.0, FACT if down.sum() >= 3 else 0.0)


def _gone(healthy: Array, recent: Array, measured: Flags, _floor: float) -> Score | None:
    """Listed when healthy; not listed any more in the last two seconds in which others were."""
    last = recent[measured][-2:]
    if not np.isfinite(healthy).any() or last.size < 2:
        return None
    absent = bool(np.isnan(last).all())
    return Score(float(not absent), 1.0, FACT if absent else 0.0)


def _restarted(healthy: Array, recent: Array, _measured: Flags, floor: float) -> Score | None:
    """The start time is a later one than when healthy."""
    before, now = healthy[np.isfinite(healthy)], recent[np.isfinite(recent)]
    if not before.size or not now.size:
        return None
    later = now[-1] - before[-1] > max(floor, 1.0)
    return Score(float(now[-1]), float(before[-1]), FACT if later else 0.0)


def _standstill(healthy: Array, recent: Array, _measured: Flags, floor: float) -> Score | None:
    """It always used some CPU when healthy, and uses none now."""
    before, now = healthy[np.isfinite(healthy)], recent[np.isfinite(recent)]
    if not before.size or not now.size:
        return None
    still = vanished(healthy, recent, floor)
    return Score(float(now[-3:].min()), float(np.median(before)), FACT if still else 0.0)


def _lost(healthy: Array, recent: Array, _measured: Flags, floor: float) -> Score | None:
    """At some moment of the incident less than half was left of what was there in 95 % of the healthy seconds."""
    before, now = healthy[np.isfinite(healthy)], recent[np.isfinite(recent)]
    if not before.size or not now.size:
        return None
    usual, lowest = float(np.percentile(before, 5)), float(now.min())
    gone = lowest < 0.5 * usual and usual - lowest > floor
    return Score(lowest, float(np.median(before)), FACT if gone else 0.0)


def _oom_killed(healthy: Array, recent: Array, _measured: Flags, _floor: float) -> Score | None:
    """The kernel killed in it, for want of memory, at some moment of the incident."""
    now = recent[np.isfinite(recent)]
    if not now.size:
        return None
    kills = float(now.sum())
    return Score(kills, float(np.nansum(healthy)), FACT if kills > 0.5 else 0.0)


def _evictions(healthy: Array, recent: Array, _measured: Flags, floor: float) -> Score | None:
    """In some second of the incident more was thrown out than the floor, and far more than in the worst healthy one.

    The busiest second counts: a limit far too low throws everything out at once, and then there is nothing left.
    """
    before, now = healthy[np.isfinite(healthy)], recent[np.isfinite(recent)]
    if not before.size or not now.size:
        return None
    usual, most = float(before.max()), float(now.max())
    return Score(most, usual, FACT if most > max(floor, 3.0 * usual) else 0.0)


_JUDGES: Mapping[str, _Judge] = {
    "unresponsive": _unresponsive,
    "gone": _gone,
    "restarted": _restarted,
    "standstill": _standstill,
    "keys_lost": _lost,
    "oom_killed": _oom_killed,
    "evictions": _evictions,
}
WHOLE = frozenset({"keys_lost", "oom_killed", "evictions"})
"""Families judged over the whole incident: such a thing is a moment, and what heals it afterwards does not undo it."""
FACTS = frozenset(_JUDGES)
"""Families that are matters of fact."""
