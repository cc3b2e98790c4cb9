"""How long the incident stood at each severity."""

from dataclasses import dataclass

from tocsin.tape.state import RunState


@dataclass(frozen=True)
class SeveritySpan:
    """A declared severity, from when to when (seconds since the start), and what it was declared for."""

    severity: str
    start: float
    end: float
    slo: str
    bad_share: float

    @property
    def seconds(self) -> float:
        """How long it stood."""
        return self.end - self.start


def severities(state: RunState, end: float) -> list[SeveritySpan]:
    """Every declaration until the next one; the last stands until the incident was resolved, or until ``end``."""
    last = state.stamps.resolved if state.stamps.resolved is not None else end
    starts = [t for t, _ in state.declarations]
    ends = [*starts[1:], max(last, starts[-1])] if starts else []
    return [
        SeveritySpan(told.severity, start, until, told.slo, told.bad_share)
        for (start, told), until in zip(state.declarations, ends, strict=True)
    ]
