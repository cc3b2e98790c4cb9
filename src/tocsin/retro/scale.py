"""Grounds for scaling out, scaling up, or neither: every figure from the tape, every formula with its source."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.capacity import consumers_needed, drain_seconds, pool_connections, utilisation
from tocsin.model.run import RunMeta
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.resources import ResourceUse, mean_between

DRAIN_TARGET = 30.0
"""Seconds within which a backlog should be gone when the number of consumers is asked for."""
BUSY = 0.7
"""Utilisation above which a resource needs more of itself: at 0.7 an M/M/1 queue already takes 3.3 service times."""
THROTTLED = 0.25
"""Share of throttled scheduler periods above which a CPU limit is too low."""


@dataclass(frozen=True)
class Ground:
    """One line of reasoning: what, formula, the formula with its figures, and what it came to."""

    what: str
    formula: str
    figures: str
    result: str


@dataclass(frozen=True)
class Decision:
    """What follows for one service: OUT, UP or NEITHER, with its reason and grounds."""

    service: str
    verdict: str
    reason: str
    grounds: list[Ground]


@dataclass(frozen=True)
class Stretches:
    """The healthy seconds and the seconds of the incident, in seconds since the start."""

    healthy: tuple[float, float]
    incident: tuple[float, float]


def scale_decisions(
    meta: RunMeta, window: SampleWindow, stretches: Stretches, uses: list[ResourceUse]
) -> list[Decision]:
    """Decisions for the consumers, and for every service with a CPU limit."""
    found = [consumer_decision(meta, window, stretches, name) for name in consumers(meta)]
    found += [cpu_decision(meta, window, stretches, use) for use in uses if use.limit is not None]
    return [decision for decision in found if decision is not None]


def consumers(meta: RunMeta) -> list[str]:
    """Services that work off a topic."""
    return [name for name, node in meta.topology.services.items() if node.component == "consumer"]


def consumer_decision(meta: RunMeta, window: SampleWindow, stretches: Stretches, service: str) -> Decision | None:
    """Flow balance of a consumer group: backlog, arrivals, what one consumer can do, and how many are needed."""
    arriving = _family_mean(meta, window, "progress", service, stretches.healthy)
    taken = _family_mean(meta, window, "latency", service, stretches.healthy)
    peak = _family_peak(meta, window, "lag", service, stretches.incident)
    if arriving is None or taken is None or peak is None or taken <= 0:
        return None
    partitions = partition_count(meta, window)
    replicas = meta.drill.variants[meta.variant].stack_scale.get(service, 0) if meta.variant else 0
    count = replicas or meta.topology.services[service].replicas
    each = 1.0 / taken
    drain = drain_seconds(peak, count, partitions, each, arriving)
    needed = consumers_needed(peak, arriving, each, DRAIN_TARGET)
    busy = utilisation(arriving, min(count, partitions) * each)
    grounds = [
        Ground("records/s one consumer can work off", "mu = 1 / mean listener time",
               f"1 / {taken:.4f} s", f"{each:.0f}/s"),
        Ground("utilisation of the group", "rho = lambda / (min(C, P)·mu)",
               f"{arriving:.1f} / ({min(count, partitions)}·{each:.0f})", f"{busy:.0%}"),
        Ground("time to drain the highest backlog", "T = L / (min(C, P)·mu - lambda)",
               f"{peak:.0f} / ({min(count, partitions)}·{each:.0f} - {arriving:.1f})", f"{drain:.1f} s"),
        Ground(f"consumers to drain it in {DRAIN_TARGET:.0f} s", "C = ceil((lambda + L/T) / mu), at most P",
               f"ceil(({arriving:.1f} + {peak:.0f}/{DRAIN_TARGET:.0f}) / {each:.0f})", f"{needed} (P = {partitions})"),
    ]  # fmt: skip
    verdict, reason = _consumers_verdict(busy, needed, count, partitions)
    return Decision(service, verdict, reason, grounds)


def cpu_decision(meta: RunMeta, window: SampleWindow, stretches: Stretches, use: ResourceUse) -> Decision | None:
    """Utilisation law of one service under its CPU limit, and Little's law for its connection pool."""
    if use.limit is None or use.cpu_incident is None or use.cpu_healthy is None:
        return None
    before, during = utilisation(use.cpu_healthy, use.limit), utilisation(use.cpu_incident, use.limit)
    throttled = use.throttled_incident or 0.0
    grounds = [
        Ground("CPU utilisation, healthy", "rho = U / c", f"{use.cpu_healthy:.3f} / {use.limit:.3f}", f"{before:.0%}"),
        Ground(
            "CPU utilisation, incident", "rho = U / c", f"{use.cpu_incident:.3f} / {use.limit:.3f}", f"{during:.0%}"
        ),
        Ground("scheduler periods held back, incident", "throttled / periods", "cgroup counters", f"{throttled:.0%}"),
    ]
    grounds += _pool_ground(meta, window, stretches, use.service)
    verdict, reason = _cpu_verdict(before, during, throttled, use.service)
    return Decision(use.service, verdict, reason, grounds)


def partition_count(meta: RunMeta, window: SampleWindow) -> int:
    """Partitions that show a lag of their own; 1 when none is visible."""
    gauges = ((name, s) for name, s in meta.signals.items() if s.gauge and "{partition}" in s.entity)
    return max((len(window.of(name, signal)) for name, signal in gauges), default=0) or 1


def _consumers_verdict(busy: float, needed: int, count: int, partitions: int) -> tuple[str, str]:
    if needed <= count and busy <= BUSY:
        return "NEITHER", (
            f"{count} consumers at {busy:.0%} have room: the backlog came from work that stood still, not from too few"
        )
    if count < partitions:
        return "OUT", f"{needed} consumers are needed and {partitions} partitions allow up to {partitions}"
    return "UP", f"{count} consumers already share {partitions} partitions: more partitions, or less work per record"


def _cpu_verdict(before: float, during: float, throttled: float, service: str) -> tuple[str, str]:
    if throttled >= THROTTLED and before < BUSY:
        return "UP", f"{throttled:.0%} of periods were held back although {before:.0%} of the planned limit is enough"
    if throttled >= THROTTLED or during > BUSY:
        return "UP", f"at {during:.0%} of its limit with {throttled:.0%} of periods held back {service} has no room"
    return "NEITHER", f"{during:.0%} of its limit with {throttled:.0%} of periods held back: CPU was not the bottleneck"


def _pool_ground(meta: RunMeta, window: SampleWindow, stretches: Stretches, service: str) -> list[Ground]:
    """Little's law for the links out of a service that hold a connection."""
    found = []
    for edge in meta.topology.edges_out_of(service):
        for name, signal in meta.signals.items():
            if signal.entity != edge.entity or signal.mean is None or "connections" not in signal.mean.count:
                continue
            held = _mean_over(window.of(name, signal), window, stretches.incident)
            rate = _mean_over(window.increments(f"{name}:count"), window, stretches.incident)
            if held is not None and rate is not None:
                busy = pool_connections(rate, held)
                found.append(
                    Ground(f"connections in use on {edge.entity}, incident", "L = X·W (Little 1961)",
                           f"{rate:.1f}/s · {held:.4f} s", f"{busy:.2f}")
                )  # fmt: skip
    return found


def _mean_over(rows: dict[str, Array], window: SampleWindow, stretch: tuple[float, float]) -> float | None:
    means = [mean for values in rows.values() if (mean := mean_between(window, values, stretch)) is not None]
    return sum(means) if means else None


def _family_mean(
    meta: RunMeta, window: SampleWindow, family: str, service: str, stretch: tuple[float, float]
) -> float | None:
    rows = _family_rows(meta, window, family, service)
    means = [mean for values in rows if (mean := mean_between(window, values, stretch)) is not None]
    return max(means) if means else None


def _family_peak(
    meta: RunMeta, window: SampleWindow, family: str, service: str, stretch: tuple[float, float]
) -> float | None:
    start, end = (max(0, int(moment) - window.start) for moment in stretch)
    peaks = []
    for values in _family_rows(meta, window, family, service):
        known = values[start:end][~np.isnan(values[start:end])]
        if known.size:
            peaks.append(float(known.max()))
    return max(peaks) if peaks else None


def _family_rows(meta: RunMeta, window: SampleWindow, family: str, service: str) -> list[Array]:
    return [
        values
        for name, signal in meta.signals.items()
        if signal.family == family
        for entity, values in window.of(name, signal).items()
        if meta.topology.service_of(entity) == service
    ]
