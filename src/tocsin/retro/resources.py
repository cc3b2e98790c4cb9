"""Use, saturation and errors of every service before and during the incident (USE method; Gregg 2013)."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.run import RunMeta
from tocsin.model.window import Array, SampleWindow


@dataclass(frozen=True)
class ResourceUse:
    """CPU of one service over all its replicas, in cores; shares are None where nothing was measured."""

    service: str
    limit: float | None
    cpu_healthy: float | None
    cpu_incident: float | None
    throttled_incident: float | None

    @property
    def utilisation(self) -> float | None:
        """CPU use over limit during the incident; None for an unlimited service."""
        if self.limit is None or self.cpu_incident is None:
            return None
        return self.cpu_incident / self.limit


def resource_use(
    meta: RunMeta, window: SampleWindow, healthy: tuple[float, float], incident: tuple[float, float]
) -> list[ResourceUse]:
    """CPU use of every service that shows any, in the order of the compose file."""
    cpu = family_by_service(meta, window, "cpu", add=True)
    throttled = family_by_service(meta, window, "cpu_throttle", add=False)
    found = []
    for service in meta.topology.services:
        if service not in cpu:
            continue
        found.append(
            ResourceUse(
                service=service,
                limit=limit_of(meta, service),
                cpu_healthy=mean_between(window, cpu[service], healthy),
                cpu_incident=mean_between(window, cpu[service], incident),
                throttled_incident=mean_between(window, throttled[service], incident) if service in throttled else None,
            )
        )
    return found


def limit_of(meta: RunMeta, service: str) -> float | None:
    """Cores that all replicas of a service may use together."""
    each = meta.limits.get(service)
    return None if each is None else each * meta.topology.services[service].replicas


def family_by_service(meta: RunMeta, window: SampleWindow, family: str, *, add: bool) -> dict[str, Array]:
    """A family's values per second by service: added up over replicas, or the highest of them."""
    rows: dict[str, list[Array]] = {}
    for name, signal in meta.signals.items():
        if signal.family != family:
            continue
        for entity, values in window.of(name, signal).items():
            service = meta.topology.service_of(entity)
            if service is not None:
                rows.setdefault(service, []).append(values)
    return {service: _combine(np.vstack(stacked), add=add) for service, stacked in rows.items()}


def mean_between(window: SampleWindow, values: Array, stretch: tuple[float, float]) -> float | None:
    """Mean of the known seconds of a stretch; None without any."""
    start, end = (max(0, int(moment) - window.start) for moment in stretch)
    known = values[start:end][~np.isnan(values[start:end])]
    return float(known.mean()) if known.size else None


def _combine(table: Array, *, add: bool) -> Array:
    known = ~np.isnan(table).all(axis=0)
    combined: Array = np.full(table.shape[1], np.nan)
    columns = table[:, known]
    combined[known] = np.nansum(columns, axis=0) if add else np.nanmax(columns, axis=0)
    return combined
