"""The stretches between an incident's moments, and its durations."""

from dataclasses import dataclass
from itertools import pairwise

from tocsin.model.verdict import DURATION_DEFINITIONS, Stamps
from tocsin.tape.state import RunState

_MOMENTS = (
    ("undetected", "impact", "detected"),
    ("unclassified", "detected", "classified"),
    ("undecided", "classified", "first_action"),
    ("acting", "first_action", "mitigated"),
    ("recovering", "mitigated", "resolved"),
)


@dataclass(frozen=True)
class Duration:
    """A duration with its name and definition; ``seconds`` is None when one of its ends did not come."""

    name: str
    meaning: str
    first: str
    second: str
    seconds: float | None


@dataclass(frozen=True)
class PhaseSpan:
    """One phase of the incident, in seconds since the start of the run."""

    name: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


def durations(stamps: Stamps) -> list[Duration]:
    """Every duration that the document defines."""
    found = []
    for name, (first, second, meaning) in DURATION_DEFINITIONS.items():
        begun, ended = getattr(stamps, first), getattr(stamps, second)
        seconds = None if begun is None or ended is None else round(max(0.0, ended - begun), 3)
        found.append(Duration(name, meaning, first, second, seconds))
    return found


def incident_phases(state: RunState, end: float) -> list[PhaseSpan]:
    """Undetected, unclassified, undecided, acting, recovering: adjoining, as far as the incident came.

    A phase whose end never came lasts until the fault was removed, or until ``end``, and is the last but recovering.
    """
    stamps = state.stamps
    if stamps.impact is None:
        return []
    edges: list[tuple[str, float]] = []
    for name, first, _ in _MOMENTS:
        moment = getattr(stamps, first)
        if moment is None and name == "recovering":
            moment = stamps.fault_removed
        if moment is not None:
            edges.append((name, max(moment, edges[-1][1] if edges else moment)))
    last = stamps.resolved if stamps.resolved is not None else end
    closed = [*edges, ("end", max(last, edges[-1][1]))]
    return [PhaseSpan(name, start, following) for (name, start), (_, following) in pairwise(closed)]
