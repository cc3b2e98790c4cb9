"""How services and edges look at a second: a glance at their signals beside a healthy minute, not a diagnosis."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tocsin.console.curves import Curves
from tocsin.console.reel import Moment
from tocsin.model.signal import Signal
from tocsin.model.window import Array

Look = Literal["well", "strained", "down", "unknown"]
GRAVITY: dict[Look, int] = {"unknown": 0, "well": 1, "strained": 2, "down": 3}

_HEALTHY = 30
"""Seconds before the run was found steady that serve as the healthy ones."""

_LATELY = 5
"""Seconds whose median is compared with the healthy ones."""

_TIMES = 1.5
"""How many times the healthy level, besides the floor, counts as strained."""

_SILENT = ("unresponsive", "gone")


@dataclass(frozen=True)
class Health:
    """Of one entity: how it looks, and the signals that say so."""

    look: Look = "unknown"
    because: tuple[str, ...] = ()

    def worse(self, other: "Health") -> "Health":
        """The graver of two, with the reasons of both when they are equally grave."""
        mine, theirs = GRAVITY[self.look], GRAVITY[other.look]
        if mine == theirs:
            return Health(self.look, tuple(dict.fromkeys((*self.because, *other.because))))
        return self if mine > theirs else other


def health(moment: Moment) -> dict[str, Health]:
    """By entity of the signals: services, replicas and edges ``caller->callee``."""
    found: dict[str, Health] = {}
    steady = moment.state.steady
    for name, signal in moment.meta.signals.items():
        if signal.family is None:
            continue
        for entity in moment.curves.entities(name):
            seen = _judge(moment.curves, name, signal, entity, (moment.second, steady))
            found[entity] = seen if entity not in found else found[entity].worse(seen)
    return found


def by_service(moment: Moment, looks: dict[str, Health]) -> dict[str, Health]:
    """The same by service: the worst of its replicas, of itself and of the breached SLOs that users notice there."""
    found = dict.fromkeys(moment.meta.topology.services, Health())
    for entity, seen in looks.items():
        service = moment.meta.topology.service_of(entity)
        if service is not None:
            found[service] = found[service].worse(seen)
    return found


def _judge(curves: Curves, name: str, signal: Signal, entity: str, when: tuple[int, float | None]) -> Health:
    second, steady = when
    values = curves.get("signal", name, entity)[:second]
    lately = values[-_LATELY:]
    known = lately[~np.isnan(lately)]
    title = signal.title or name
    if signal.family in _SILENT and (known.size or not np.isnan(values).all()):
        silent = not known.size or known[-1] <= 0
        return Health("down", (f"not: {title}",)) if silent else Health("well")
    if not known.size or steady is None:
        return Health()
    level = curves.healthy(name, entity, (max(0, int(steady) - _HEALTHY), int(steady)))
    return Health("strained", (title,)) if _stands_out(signal, level, known) else Health("well")


def _stands_out(signal: Signal, level: float, known: Array) -> bool:
    if np.isnan(level):
        return False
    now = float(np.median(known))
    if signal.worse == "down":
        return now < level / _TIMES - signal.floor
    return now > level * _TIMES + signal.floor
