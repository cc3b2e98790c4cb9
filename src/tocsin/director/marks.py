"""Which events of a run are marked in dashboards, and how: a moment, or the beginning or end of a stretch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin.model import event as e
from tocsin.model.event import Event
from tocsin.tape.replay import describe

TAG = "tocsin"
"""The tag by which the dashboards ask for annotations."""
RUN = "run"
"""The stretch of the whole run."""


@dataclass(frozen=True)
class Mark:
    """What is to be written of an event; ``at`` in seconds since the epoch.

    ``begins`` and ``ends`` name a stretch. What ends one that has begun is written by giving that one its end.
    """

    text: str
    tags: list[str]
    at: float
    begins: str = ""
    ends: str = ""


def mark_of(event: Event, drill: str) -> Mark | None:
    """The mark of an event of a drill; None for what is of no interest on a dashboard."""
    rule = _RULES.get(event.data.kind)
    if rule is None:
        return None
    word, begins, ends = rule(event.data)
    return Mark(describe(event), [TAG, drill, event.lane, word], _moment(event), begins, ends)


def begin_of(event: Event, drill: str, title: str) -> Mark:
    """The mark of the run itself, from its first event on."""
    return Mark(f"drill: {title}", [TAG, drill, "run", "start"], event.wall, begins=RUN)


def _moment(event: Event) -> float:
    """When it was: a mitigation is told ten seconds after it began."""
    if isinstance(event.data, e.Mitigated):
        return event.wall - event.t + event.data.since
    return event.wall


_RULES: dict[str, Callable[[Any], tuple[str, str, str]]] = {  # (word, stretch that begins, stretch that ends)
    "injected": lambda data: ("injected", data.injection, ""),
    "bit": lambda _: ("bit", "", ""),
    "breach": lambda _: ("detected", "", ""),
    "classified": lambda _: ("classified", "", ""),
    "action_started": lambda data: ("remedy", data.action, ""),
    "action_done": lambda data: ("remedy", "", data.action),
    "mitigated": lambda _: ("mitigated", "", ""),
    "reverted": lambda data: ("removed", "", data.injection),
    "verdict": lambda _: ("end", "", RUN),
}
