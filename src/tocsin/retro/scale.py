"""Grounds for scaling out, scaling up, or neither: every figure from the tape, every formula with its source."""

from dataclasses import dataclass

import numpy as np

from tocsin.model.capacity import consumers_needed, drain_seconds, pool_connections, utilisation
from tocsin.model.run import RunMeta
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.language import ENGLISH, Language
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
    meta: RunMeta, window: SampleWindow, stretches: Stretches, uses: list[ResourceUse], say: Language = ENGLISH
) -> list[Decision]:
    """Decisions for the consumers, and for every service with a CPU limit."""
    found = [consumer_decision(meta, window, stretches, name, say) for name in consumers(meta)]
    found += [cpu_decision(meta, window, stretches, use, say) for use in uses if use.limit is not None]
    return [decision for decision in found if decision is not None]


def consumers(meta: RunMeta) -> list[str]:
    """Services that work off a topic."""
    return [name for name, node in meta.topology.services.items() if node.component == "consumer"]


def consumer_decision(
    meta: RunMeta, window: SampleWindow, stretches: Stretches, service: str, say: Language = ENGLISH
) -> Decision | None:
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
        Ground(say("scale.each"), say("scale.each_formula"), f"1 / {taken:.4f} s", f"{each:.0f}/s"),
        Ground(say("scale.busy"), "rho = lambda / (min(C, P)·mu)",
               f"{arriving:.1f} / ({min(count, partitions)}·{each:.0f})", f"{busy:.0%}"),
        Ground(say("scale.drain"), "T = L / (min(C, P)·mu - lambda)",
               f"{peak:.0f} / ({min(count, partitions)}·{each:.0f} - {arriving:.1f})", f"{drain:.1f} s"),
        Ground(say("scale.needed", target=DRAIN_TARGET), say("scale.needed_formula"),
               f"ceil(({arriving:.1f} + {peak:.0f}/{DRAIN_TARGET:.0f}) / {each:.0f})", f"{needed} (P = {partitions})"),
    ]  # fmt: skip
    verdict, reason = _consumers_verdict(busy, needed, count, partitions, say)
    return Decision(service, verdict, reason, grounds)


def cpu_decision(
    meta: RunMeta, window: SampleWindow, stretches: Stretches, use: ResourceUse, say: Language = ENGLISH
) -> Decision | None:
    """Utilisation law of one service under its CPU limit, and Little's law for its connection pool."""
    if use.limit is None or use.cpu_incident is None or use.cpu_healthy is None:
        return None
    before, during = utilisation(use.cpu_healthy, use.limit), utilisation(use.cpu_incident, use.limit)
    throttled = use.throttled_incident or 0.0
    grounds = [
        Ground(say("scale.cpu_healthy"), "rho = U / c", f"{use.cpu_healthy:.3f} / {use.limit:.3f}", f"{before:.0%}"),
        Ground(say("scale.cpu_incident"), "rho = U / c", f"{use.cpu_incident:.3f} / {use.limit:.3f}", f"{during:.0%}"),
        Ground(
            say("scale.held_back"), say("scale.held_back_formula"), say("scale.held_back_figures"), f"{throttled:.0%}"
        ),
    ]
    grounds += _pool_ground(meta, window, stretches, use.service, say)
    verdict, reason = _cpu_verdict((before, during), throttled, use.service, say)
    return Decision(use.service, verdict, reason, grounds)


def partition_count(meta: RunMeta, window: SampleWindow) -> int:
    """Partitions that show a lag of their own; 1 when none is visible."""
    gauges = ((name, s) for name, s in meta.signals.items() if s.gauge and "{partition}" in s.entity)
    return max((len(window.of(name, signal)) for name, signal in gauges), default=0) or 1


def _consumers_verdict(busy: float, needed: int, count: int, partitions: int, say: Language) -> tuple[str, str]:
    if needed <= count and busy <= BUSY:
        return "NEITHER", say("scale.why.room", count=count, busy=busy)
    if count < partitions:
        return "OUT", say("scale.why.out", needed=needed, partitions=partitions)
    return "UP", say("scale.why.up", count=count, partitions=partitions)


def _cpu_verdict(utilised: tuple[float, float], throttled: float, service: str, say: Language) -> tuple[str, str]:
    before, during = utilised
    if throttled >= THROTTLED and before < BUSY:
        return "UP", say("scale.why.limit", throttled=throttled, before=before)
    if throttled >= THROTTLED or during > BUSY:
        return "UP", say("scale.why.no_room", during=during, throttled=throttled, service=service)
    return "NEITHER", say("scale.why.neither", during=during, throttled=throttled)


def _pool_ground(
    meta: RunMeta, window: SampleWindow, stretches: Stretches, service: str, say: Language
) -> list[Ground]:
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
                    Ground(say("scale.pool", edge=edge.entity), "L = X·W (Little 1961)",
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
