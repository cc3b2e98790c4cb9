"""What rounds of kills came to, by kind, and what they may come to at most."""

from dataclasses import dataclass, field

import numpy as np

BOUND = 2.0
"""Seconds from death to the verified revert that 95 of 100 must keep."""
HALTED_WITHIN = 2.0
"""Seconds from the call of ``tocsin stop``, its own start included, in which everything must be at a halt."""


@dataclass
class Figures:
    """What the rounds of one kind came to."""

    rounds: int = 0
    before: int = 0  # rounds that ended before anything was applied
    seconds: list[float] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)
    bound: float | None = BOUND
    halts: list[float] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    @property
    def p95(self) -> float:
        """The 95th percentile of the seconds."""
        return float(np.percentile(self.seconds, 95)) if self.seconds else 0.0

    @property
    def failed(self) -> bool:
        """True when something was left, or took too long."""
        late = self.bound is not None and self.p95 > self.bound
        return bool(self.residue) or late or max(self.halts, default=0.0) > HALTED_WITHIN

    def line(self, name: str) -> str:
        """One line for people."""
        slowest = f" ({self.slowest[1]})" if self.slowest[1] else ""
        halts = f"; seconds to the halt {_spread(self.halts)}" if self.halts else ""
        return (
            f"{name}: {self.rounds} rounds ({self.before} before anything was applied), {len(self.residue)} residue; "
            f"seconds to the verified revert {_spread(self.seconds)}{slowest}{halts}"
        )


def _spread(seconds: list[float]) -> str:
    p50, p95, most = (float(np.percentile(seconds, share)) if seconds else 0.0 for share in (50, 95, 100))
    return f"({len(seconds)}): p50 {p50:.2f}, p95 {p95:.2f}, most {most:.2f}"
