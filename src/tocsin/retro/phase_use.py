"""Use of CPU and memory by service and phase of the load, and which service was at its limit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.model.event import LoadPhase
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.comparison.side import Side
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.resources import family_by_service, limit_of, mean_between
from tocsin.retro.scale import THROTTLED

FULL = 0.9
"""Share of its CPU limit from which a service counts as being at it."""
_LEFT_OUT = "monitoring"


@dataclass(frozen=True)
class PhaseUse:
    """One service in one phase: CPU in cores and over its limit, share of periods held back, memory in bytes."""

    phase: str
    cpu: float | None
    of_limit: float | None
    held_back: float | None
    memory: float | None


@dataclass(frozen=True)
class ServiceUse:
    """A service over the phases of the load; ``limit`` in cores, None where there is none."""

    service: str
    limit: float | None
    phases: list[PhaseUse]


def use_by_phase(side: Side) -> list[ServiceUse]:
    """Every service but monitoring that shows any CPU use, in the order of the compose file."""
    families = {
        name: family_by_service(side.meta, side.window, name, add=name != "cpu_throttle")
        for name in ("cpu", "cpu_throttle", "memory")
    }
    found = []
    for service, node in side.meta.topology.services.items():
        if node.component == _LEFT_OUT or service not in families["cpu"]:
            continue
        limit = limit_of(side.meta, service)
        own = {name: rows[service] for name, rows in families.items() if service in rows}
        found.append(ServiceUse(service, limit, [_in_phase(side, phase, own, limit) for phase in _phases(side)]))
    return found


def limit_reached(side: Side, uses: Sequence[ServiceUse], say: Language = ENGLISH) -> str:
    """A sentence: which services were at their CPU limit in the busiest phase, or which came nearest."""
    busiest = max(_phases(side), key=_asked, default=None)
    if busiest is None:
        return say("limit.none")
    here = {use.service: cell for use in uses for cell in use.phases if cell.phase == busiest.name}
    cores = sum(cell.cpu or 0.0 for cell in here.values())
    together = say("limit.together", cores=cores, of=side.meta.machine.cores)
    full = {service: cell for service, cell in here.items() if _is_full(cell)}
    if full:
        named = ", ".join(f"{service} ({_told(cell, say)})" for service, cell in full.items())
        return say("limit.full", phase=busiest.name, services=named, together=together)
    shares = {service: cell.of_limit for service, cell in here.items() if cell.of_limit is not None}
    if not shares:
        return say("limit.bare", phase=busiest.name, together=together)
    nearest = max(shares, key=lambda service: shares[service])
    return say("limit.nearest", phase=busiest.name, service=nearest, share=shares[nearest], together=together)


def _phases(side: Side) -> list[LoadPhase]:
    return list(side.state.load.phases) if side.state.load is not None else []


def _in_phase(side: Side, phase: LoadPhase, own: dict[str, Array], limit: float | None) -> PhaseUse:
    stretch = (side.begun + phase.begin, side.begun + phase.end)
    cpu = mean_between(side.window, own["cpu"], stretch)
    return PhaseUse(
        phase=phase.name,
        cpu=cpu,
        of_limit=None if limit is None or cpu is None else cpu / limit,
        held_back=mean_between(side.window, own["cpu_throttle"], stretch) if "cpu_throttle" in own else None,
        memory=_most(side.window, own["memory"], stretch) if "memory" in own else None,
    )


def _most(window: SampleWindow, values: Array, stretch: tuple[float, float]) -> float | None:
    start, end = (max(0, int(moment) - window.start) for moment in stretch)
    known = values[start:end][~np.isnan(values[start:end])]
    return float(known.max()) if known.size else None


def _asked(phase: LoadPhase) -> float:
    return phase.scheduled / max(phase.end - phase.begin, 1.0)


def _is_full(cell: PhaseUse) -> bool:
    return (cell.of_limit or 0.0) >= FULL or (cell.held_back or 0.0) > THROTTLED


def _told(cell: PhaseUse, say: Language) -> str:
    share = cell.of_limit or 0.0
    return (
        say("limit.held_back", share=share, periods=cell.held_back)
        if cell.held_back
        else say("limit.share", share=share)
    )
