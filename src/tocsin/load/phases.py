"""The course of a load over time: phases with a name, a length, and a level at their beginning and end."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isinf, sqrt


@dataclass(frozen=True)
class Phase:
    """A phase as a profile declares it: seconds, and requests/s or users from beginning to end, all at full size."""

    name: str
    seconds: float
    first: float
    last: float


@dataclass(frozen=True)
class Span:
    """A phase as it is played: from and to which second of the load, scaled and compressed; ``end`` may be infinite."""

    name: str
    begin: float
    end: float
    first: float
    last: float

    @property
    def mass(self) -> float:
        """Requests that arrive in it, or seconds of users: the level times the time."""
        return (self.end - self.begin) * (self.first + self.last) / 2

    def level(self, second: float) -> float:
        """The level at a second of the load."""
        if self.first == self.last:
            return self.first
        return self.first + (self.last - self.first) * (second - self.begin) / (self.end - self.begin)

    def reached(self, mass: float) -> float:
        """The second of the load at which that much of its mass has come (the inverse of the cumulative level)."""
        if mass <= 0:
            return self.begin
        growth = 0.0 if isinf(self.end) else (self.last - self.first) / (self.end - self.begin)
        if growth == 0:
            return self.begin + mass / self.first
        return self.begin + 2 * mass / (self.first + sqrt(max(0.0, self.first**2 + 2 * growth * mass)))


@dataclass(frozen=True)
class Course:
    """Spans one after the other, without a gap, from second 0."""

    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """When the last one is over; infinite when it goes on as long as it is let."""
        return self.spans[-1].end

    @cached_property
    def _begins(self) -> list[float]:
        return [span.begin for span in self.spans]

    def place(self, second: float) -> int:
        """Which span a second of the load is in, by its index; the nearest for one before or after all of them."""
        return max(0, bisect_right(self._begins, second) - 1)


def planned(phases: Sequence[Phase], scale: float, compress: float) -> Course:
    """Phases as they are played: ``scale`` multiplies levels, ``compress`` divides lengths."""
    spans: list[Span] = []
    begin = 0.0
    for phase in phases:
        end = begin + phase.seconds / compress
        spans.append(Span(phase.name, begin, end, phase.first * scale, phase.last * scale))
        begin = end
    return Course(tuple(spans))


def going_on(level: float, ramp: float) -> Course:
    """A load without end: up to ``level`` within ``ramp`` seconds, and on."""
    steady = Span("steady", ramp, inf, level, level)
    return Course((Span("ramp", 0.0, ramp, 0.0, level), steady) if ramp > 0 else (steady,))
