"""Reading figures off a scene: by family and place, over the healthy seconds or the last ones. Pure."""

import numpy as np

from tocsin.model.sli import sli_seconds
from tocsin.model.window import Array, SampleWindow
from tocsin.respond.remedy import Scene

RECENT = 5
"""Seconds that count as "now"."""

SETTLED = 10
"""Seconds with the SLO met after which a remedy's effect counts as seen."""


def now_of(scene: Scene, family: str, place: str, *, add: bool = False) -> float | None:
    """A family's present value at a place: mean over the last seconds of the worst (or the sum of all) signals."""
    end = scene.window.end
    return _read(scene, family, place, end - RECENT, end, add=add)


def healthy_of(scene: Scene, family: str, place: str, *, add: bool = False) -> float | None:
    """A family's value at a place in the healthy seconds."""
    return _read(scene, family, place, *scene.baseline, add=add)


def between(scene: Scene, family: str, place: str, start: int, end: int, *, add: bool = False) -> float | None:
    """A family's mean value at a place between two seconds of the run."""
    return _read(scene, family, place, start, end, add=add)


def bad_share(scene: Scene, start: int, end: int) -> float | None:
    """Bad share of the breached SLO between two seconds; None without events, or for a silence rule."""
    slo = scene.slos.slos.get(scene.breach.slo)
    if slo is None:
        return None
    bad, total = sli_seconds(slo, scene.window)
    picked = _between(scene.window, start, end)
    events = float(np.nansum(total[picked]))
    return float(np.nansum(bad[picked])) / events if events > 0 else None


def seconds_until_met(scene: Scene, after: float) -> float | None:
    """Seconds from ``after`` to the start of the first ten seconds with the breached SLO within its budget."""
    slo = scene.slos.slos.get(scene.breach.slo)
    if slo is None:
        return None
    for start in range(int(after), scene.window.end - SETTLED + 1):
        share = bad_share(scene, start, start + SETTLED)
        if share is not None and share <= slo.budget:
            return max(0.0, start - after)
    return None


def rate_of(scene: Scene, family: str, place: str, start: int, end: int) -> float | None:
    """Mean rate of a family's counters at a place, all signals added up."""
    return _read(scene, family, place, start, end, add=True)


def _read(scene: Scene, family: str, place: str, start: int, end: int, *, add: bool) -> float | None:
    found = []
    for name, signal in scene.signals.items():
        if signal.family != family:
            continue
        for entity, values in scene.window.of(name, signal).items():
            if entity == place or scene.topology.service_of(entity) == place:
                mean = _mean(values[_between(scene.window, start, end)])
                if mean is not None:
                    found.append(mean)
    if not found:
        return None
    return sum(found) if add else max(found)


def _mean(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _between(window: SampleWindow, start: int, end: int) -> slice:
    return slice(max(0, start - window.start), max(0, end - window.start))
