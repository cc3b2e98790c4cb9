"""Parts to points: weights, what was not measured, deductions, and the sum between 0 and 100."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.model.gameday import ScoreLine

WEIGHTS = {"minutes": 40.0, "diagnosis": 25.0, "safety": 15.0, "process": 10.0, "retro": 10.0}
"""Points of each part when all of them are measured."""


@dataclass(frozen=True)
class Part:
    """One part of a score: its share of the points (0 to 1, None when it was not measured), and why."""

    name: str
    share: float | None
    why: str


@dataclass(frozen=True)
class Deduction:
    """Points taken off, and why."""

    name: str
    points: float
    why: str


@dataclass(frozen=True)
class Score:
    """What somebody scored: 0 to 100, line by line; ``notes`` say how it was estimated and what was not measured."""

    who: str
    total: float
    lines: list[ScoreLine]
    notes: list[str] = field(default_factory=list)


def weights(parts: Sequence[Part]) -> dict[str, float]:
    """Points of every part that was measured: those of the others are spread over them in proportion."""
    measured = [part.name for part in parts if part.share is not None]
    known = sum(WEIGHTS[name] for name in measured)
    return {name: WEIGHTS[name] * 100.0 / known for name in measured} if known else {}


def add_up(who: str, parts: Sequence[Part], deductions: Sequence[Deduction], notes: Sequence[str] = ()) -> Score:
    """The score of somebody: the lines, and their sum within 0 and 100."""
    of = weights(parts)
    lines = []
    for part in parts:
        points = 0.0 if part.share is None else round(of[part.name] * min(1.0, max(0.0, part.share)), 1)
        lines.append(
            ScoreLine(name=part.name, points=points, of=round(of.get(part.name, 0.0), 1), why=part.why, who=who)
        )
    lines += [ScoreLine(name=one.name, points=-one.points, of=0.0, why=one.why, who=who) for one in deductions]
    total = round(min(100.0, max(0.0, sum(line.points for line in lines))), 1)
    return Score(who, total, lines, list(notes))
