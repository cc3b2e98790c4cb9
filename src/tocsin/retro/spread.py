"""How the fault spread: when each signal first left its healthy range, measured on the tape."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.model.signal import Signal
from tocsin.model.window import Array, SampleWindow

SPREADS, LASTING = 6.0, 3
"""Healthy spreads (scaled median deviations) and seconds in a row that make a signal out of the ordinary."""
_SHOWN = 14


@dataclass(frozen=True)
class Crossing:
    """A signal that left its healthy range: since when, where, from what to what (mean of the first seconds)."""

    t: float
    entity: str
    signal: str
    title: str
    unit: str
    healthy: float
    then: float


def crossings(
    meta: RunMeta, window: SampleWindow, healthy: tuple[float, float], since: float | None, until: float
) -> list[Crossing]:
    """Signals with a family that left their range between ``since`` and ``until``, the earliest first."""
    if since is None:
        return []
    found = []
    for name, signal in meta.signals.items():
        if signal.family is None:
            continue
        for entity, values in window.of(name, signal).items():
            first = _first(signal, values, window, healthy, (since, until))
            if first is not None:
                second, level, then = first
                found.append(Crossing(float(second), entity, name, signal.title or name, signal.unit, level, then))
    return sorted(found, key=lambda one: (one.t, one.entity, one.signal))[:_SHOWN]


def _first(
    signal: Signal, values: Array, window: SampleWindow, healthy: tuple[float, float], stretch: tuple[float, float]
) -> tuple[int, float, float] | None:
    """(second, healthy level, level then) of the first lasting departure in the worse direction."""
    known = _between(values, window, healthy)
    known = known[np.isfinite(known)]
    if not known.size:
        return None
    level = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - level)))
    sign = 1.0 if signal.worse == "up" else -1.0
    beyond = sign * (np.nan_to_num(values, nan=level) - level) > max(signal.floor, SPREADS * spread, 1e-9)
    start, end = (max(0, int(moment) - window.start) for moment in stretch)
    for place in range(start, min(end, values.size - LASTING + 1)):
        if beyond[place : place + LASTING].all():
            return window.start + place, level, float(np.mean(values[place : place + LASTING]))
    return None


def _between(values: Array, window: SampleWindow, stretch: tuple[float, float]) -> Array:
    start, end = (max(0, int(moment) - window.start) for moment in stretch)
    return values[start:end]
