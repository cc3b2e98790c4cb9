"""Alert thresholds proposed from the healthy seconds of a run, and what they would have said during the rest of it."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.model.signal import Signal
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.spread import LASTING, SPREADS

_LEAST = 20
"""Healthy seconds from which on something can be proposed."""
_ASIDE = ("monitoring", "proxy")


@dataclass(frozen=True)
class Threshold:
    """An alert on one signal of one entity, in the signal's unit.

    The proposal is the healthy median and six scaled median deviations (about 99.9999 % of a normal distribution; the
    robust z of Iglewicz and Hoaglin 1993), not less than the signal's floor and not within what healthy seconds have
    shown, for three seconds in a row. ``fires`` is when it would have fired first after the healthy seconds.
    """

    entity: str
    title: str
    unit: str
    query: str
    above: bool
    healthy: float
    extreme: float
    threshold: float
    fires: float | None


def thresholds(
    meta: RunMeta, window: SampleWindow, healthy: tuple[float, float], until: float | None = None
) -> list[Threshold]:
    """Proposals for every signal that is evidence and shows a level; those that would have fired first, first.

    ``healthy`` and ``until`` are in seconds since the start; ``until`` ends the look for when they would have fired.
    """
    found = []
    for name, signal in meta.signals.items():
        if signal.family is None or _is_switch(signal):
            continue
        for entity, values in window.of(name, signal).items():
            proposed = _propose(signal, entity, values, window, healthy, until) if _concerns(meta, entity) else None
            if proposed is not None:
                found.append(proposed)
    return sorted(found, key=lambda one: (one.fires is None, one.fires or 0.0, one.entity, one.title))


def _is_switch(signal: Signal) -> bool:
    """Up or down, listed or not: that needs a rule for absence, not a threshold."""
    return signal.family in ("unresponsive", "gone", "restarted", "oom_killed", "standstill")


def _concerns(meta: RunMeta, entity: str) -> bool:
    service = meta.topology.service_of(entity)
    return service is None or meta.topology.services[service].component not in _ASIDE


def _propose(
    signal: Signal, entity: str, values: Array, window: SampleWindow, healthy: tuple[float, float], until: float | None
) -> Threshold | None:
    start, end = (max(0, int(moment) - window.start) for moment in healthy)
    known = values[start:end][np.isfinite(values[start:end])]
    if known.size < _LEAST:
        return None
    above = signal.worse == "up"
    sign = 1.0 if above else -1.0
    level = float(np.median(known))
    spread = 1.4826 * float(np.median(np.abs(known - level)))
    extreme = float((known * sign).max()) * sign
    far = level + sign * max(signal.floor, SPREADS * spread)
    threshold = max(far, extreme) if above else min(far, extreme)
    if not above and threshold <= 0:
        return None  # it cannot fall below nought: a rule for silence is what is needed
    last = values.size if until is None else max(0, int(until) - window.start)
    return Threshold(
        entity=entity,
        title=signal.title or entity,
        unit=signal.unit,
        query=signal.promql(entity=entity),
        above=above,
        healthy=level,
        extreme=extreme,
        threshold=threshold,
        fires=_first(values[end:last], threshold, sign, window.start + end),
    )


def _first(values: Array, threshold: float, sign: float, begin: int) -> float | None:
    """The second at which the signal has been beyond its threshold for long enough."""
    beyond = np.nan_to_num(sign * (values - threshold), nan=-1.0) > 0
    for place in range(beyond.size - LASTING + 1):
        if beyond[place : place + LASTING].all():
            return float(begin + place + LASTING)
    return None
