"""The evidence of a window: how anomalous each family of signals is, per service and per edge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp

import numpy as np

from tocsin.classify.facts import WHOLE, Flags, fact
from tocsin.classify.score import Score, poisson, robust
from tocsin.model.signal import Signal
from tocsin.model.topology import Topology
from tocsin.model.window import Array, SampleWindow

LOOK_BACK = 15
"""Seconds that are looked at before now; more do not make a diagnosis better (published and measured)."""
LEAD = 3
"""Seconds before the first impact that belong to the incident: a cause comes before what it does."""
AT_LEAST = 5
"""Seconds looked at even if the incident is younger."""
HALFWAY, SLOPE = 5.0, 0.8
"""The score that is as likely odd as not, and how gradually that changes."""


@dataclass(frozen=True)
class Feature:
    """One family of signals at one service or edge; ``entity`` is the one (of its replicas) that is oddest.

    ``anomalous`` is the probability that it is out of the ordinary; ``odd`` of ``of`` replicas are.
    """

    where: str
    family: str
    signal: str
    entity: str
    score: Score
    anomalous: float
    odd: int = 1
    of: int = 1


def features(
    signals: Mapping[str, Signal],
    topology: Topology,
    window: SampleWindow,
    *,
    baseline: tuple[int, int],
    since: int,
) -> list[Feature]:
    """All evidence that is known: what is missing is left out, and never counts as nought.

    The recent stretch is the last 15 s, but not before ``since``, and at least the last 5 s; for what is lost in a
    moment it is the whole incident.
    """
    start = min(max(since, window.end - LOOK_BACK), window.end - AT_LEAST)
    healthy = slice(max(baseline[0] - window.start, 0), max(baseline[1] - window.start, 0))
    recent = slice(max(start - window.start, 0), None)
    whole = slice(max(min(start, since - LEAD) - window.start, 0), None)
    found: dict[tuple[str, str], list[Feature]] = {}
    for name, signal in signals.items():
        stretch = whole if signal.family in WHOLE else recent
        for feature in _of_signal(name, signal, window, (healthy, stretch), topology):
            found.setdefault((feature.where, feature.family), []).append(feature)
    return [_together(rows) for rows in found.values()]


def anomalous(z: float) -> float:
    """Probability that a score means something: 0.2 % at 0, a half at 5, 99.8 % at 10."""
    return 1.0 / (1.0 + exp(-(min(max(z, 0.0), 50.0) - HALFWAY) / SLOPE))


def _of_signal(
    name: str, signal: Signal, window: SampleWindow, stretches: tuple[slice, slice], topology: Topology
) -> list[Feature]:
    if signal.family is None:
        return []
    rows = window.of(name, signal)
    if not rows:
        return []
    healthy, recent = stretches
    measured: Flags = np.any(np.isfinite(np.vstack([row[recent] for row in rows.values()])), axis=0)
    found = []
    for entity, row in rows.items():
        score = _score(signal, row[healthy], row[recent], measured)
        if score is not None:
            where = topology.service_of(entity) or entity
            found.append(Feature(where, signal.family, name, entity, score, anomalous(score.z)))
    return found


def _score(signal: Signal, healthy: Array, recent: Array, measured: Flags) -> Score | None:
    judge = fact(signal.family or "")
    if judge is not None:
        return judge(healthy, recent, measured, signal.floor)
    if signal.rate is not None and signal.worse == "up" and _stood_still(healthy):
        return poisson(healthy, recent, signal.floor)
    return robust(healthy, recent, signal.floor, signal.worse)


def _stood_still(healthy: Array) -> bool:
    known = healthy[np.isfinite(healthy)]
    return not known.size or float(np.median(known)) == 0.0


def _together(rows: list[Feature]) -> Feature:
    """The oddest of several replicas or signals speaks for all of them."""
    oddest = max(rows, key=lambda feature: (feature.anomalous, feature.score.z))
    replicas = {row.entity for row in rows if row.signal == oddest.signal}
    odd = {row.entity for row in rows if row.signal == oddest.signal and row.anomalous > 0.5}
    return replace(oddest, odd=len(odd), of=len(replicas))
