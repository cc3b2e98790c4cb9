"""What is compared second by second: figures of the load, of links and of services, on the clock of the load."""

import numpy as np

from tocsin.model.window import Array, SampleWindow
from tocsin.retro.comparison.side import ASIDE, Side
from tocsin.retro.resources import family_by_service


def per_second(side: Side) -> dict[str, tuple[str, Array]]:
    """(unit, values per second of load) by name; seconds that are not known are NaN."""
    found = _requests(side) | _links(side) | _cpu(side)
    first = side.begun - side.window.start
    return {name: (unit, values[first : first + side.seconds]) for name, (unit, values) in found.items()}


def _requests(side: Side) -> dict[str, tuple[str, Array]]:
    window = side.window
    parts = {"answers": "load_completed", "failed requests": "load_failed"}
    found = {name: ("requests/s", window.total(part)) for name, part in parts.items() if part in window.series}
    if "load_duration:sum" in window.series:
        found["mean latency"] = ("ms", _ratio(window, "load_duration", 1000.0))
    return found


def _links(side: Side) -> dict[str, tuple[str, Array]]:
    """Work that waits on a link, and the time that links take."""
    window = side.window
    found: dict[str, tuple[str, Array]] = {}
    for name, signal in side.meta.signals.items():
        if signal.gauge and "{partition}" in signal.entity and name in window.series:
            found["waiting records"] = ("records", _sum(window.levels(name), window))
        elif signal.family == "edge_latency" and signal.mean is not None and f"{name}:sum" in window.series:
            factor = 1000.0 if signal.unit == "s" else 1e-6
            found[f"time on {signal.entity}"] = ("ms", _ratio(window, name, factor))
    return found


def _cpu(side: Side) -> dict[str, tuple[str, Array]]:
    services = side.meta.topology.services
    rows = family_by_service(side.meta, side.window, "cpu", add=True).items()
    return {f"CPU of {name}": ("cores", v) for name, v in rows if services[name].component not in ASIDE}


def _ratio(window: SampleWindow, name: str, factor: float) -> Array:
    """Mean of all entities together, weighted by their counts."""
    top, bottom = (window.total(f"{name}:{part}") for part in ("sum", "count"))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Array = np.where(bottom > 0, top / bottom * factor, np.nan)
    return mean


def _sum(rows: dict[str, Array], window: SampleWindow) -> Array:
    if not rows:
        return np.full(len(window.seconds), np.nan)
    table = np.vstack(list(rows.values()))
    total: Array = np.nansum(table, axis=0)
    total[np.isnan(table).all(axis=0)] = np.nan
    return total
