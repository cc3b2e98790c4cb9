"""The tasks of an incident, each rated as exercises rate them (HSEEP).

P: performed without challenges, S: with some, M: with major ones, U: not performed. Nobody is asked for what they
could not do: the automatic responder posts no updates, and an incident that is over in a minute needs none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tocsin.tape.state import RunState

Rating = Literal["P", "S", "M", "U"]
Task = Literal["acknowledge", "declare", "severity", "updates", "exit"]

WORTH: dict[Rating, float] = {"P": 1.0, "S": 2 / 3, "M": 1 / 3, "U": 0.0}
ACKNOWLEDGED = (30.0, 60.0)
"""Seconds after the page up to which it is P, and S."""
DECLARED = (60.0, 120.0)
"""The same for the declaration."""
UPDATED = (120.0, 300.0)
"""The same for the longest silence between page, updates and the end."""
SHORT = 60.0
"""Seconds of an incident that needs no update."""
EXIT = 120.0
"""Seconds after the end of the incident within which it should be declared over."""


@dataclass(frozen=True)
class Rated:
    """One task with its rating; ``seconds`` is what it rests on, None where that is no duration."""

    task: Task
    rating: Rating
    seconds: float | None = None


def rate(state: RunState, end: float, *, people: bool) -> list[Rated]:
    """The tasks that there were; none when nothing paged. ``end`` in seconds since the start."""
    page = state.stamps.detected
    if page is None:
        return []
    found = [
        _timely("acknowledge", page, state.stamps.acknowledged, ACKNOWLEDGED),
        _timely("declare", page, state.stamps.declared, DECLARED),
        *_severity(state),
    ]
    return [*found, *_updates(state, page, end), *_exit(state)] if people else found


def share(rated: list[Rated]) -> float | None:
    """0 to 1 over all tasks; None without any."""
    return sum(WORTH[one.rating] for one in rated) / len(rated) if rated else None


def _timely(task: Task, begun: float, at: float | None, limits: tuple[float, float]) -> Rated:
    if at is None:
        return Rated(task, "U")
    took = max(0.0, at - begun)
    return Rated(task, "P" if took <= limits[0] else "S" if took <= limits[1] else "M", took)


def _severity(state: RunState) -> Iterator[Rated]:
    """The severity that stood at the end beside the gravest that a rule judged."""
    if state.declared is None or not state.breaches:
        return
    judged = min(int(breach.severity[-1]) for breach in state.breaches)
    off = abs(int(state.declared.severity[-1]) - judged)
    yield Rated("severity", "P" if off == 0 else "S" if off == 1 else "M")


def _updates(state: RunState, page: float, end: float) -> Iterator[Rated]:
    """The longest that those who wait were told nothing."""
    over = state.stamps.resolved if state.stamps.resolved is not None else end
    if over - page < SHORT:
        return
    told = [t for t, _ in state.people.updates if page <= t <= over]
    if not told:
        yield Rated("updates", "U")
        return
    moments = [page, *told, over]
    yield _timely("updates", 0.0, max(later - earlier for earlier, later in pairwise(moments)), UPDATED)


def _exit(state: RunState) -> Iterator[Rated]:
    """Declared over once it was, and not before."""
    well = state.stamps.resolved
    said = state.people.resolved[-1][0] if state.people.resolved else None
    if said is None:
        if well is not None:
            yield Rated("exit", "U")
    elif well is None or said < well:
        yield Rated("exit", "M", None if well is None else said - well)
    else:
        yield Rated("exit", "P" if said - well <= EXIT else "S", said - well)
