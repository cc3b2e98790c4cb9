"""What people did in a run, folded from its events: who was there, what they thought, told, asked for and declared."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tocsin.model import event as e
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.person import Role


@dataclass(frozen=True)
class Presence:
    """Somebody who attached; seconds since the start, ``until`` is None as long as they are there."""

    who: str
    role: Role
    since: float
    until: float | None = None


@dataclass(frozen=True)
class Paused:
    """A stretch in which the drill's clock stood still; seconds since the start, ``end`` is None while it does."""

    start: float
    by: str
    end: float | None = None


@dataclass
class PeopleState:
    """Everything that stands on the tape because a person did it, each with its time in seconds since the start."""

    present: list[Presence] = field(default_factory=list)
    stated: list[tuple[float, e.HypothesisStated]] = field(default_factory=list)
    previews: list[tuple[float, e.RemedyPreviewed]] = field(default_factory=list)
    updates: list[tuple[float, e.UpdatePosted]] = field(default_factory=list)
    hints: list[tuple[float, e.HintTaken]] = field(default_factory=list)
    given_hints: list[tuple[float, e.HintGiven]] = field(default_factory=list)
    notes: list[tuple[float, e.PersonNoted]] = field(default_factory=list)
    ordered: list[tuple[float, e.InjectionOrdered]] = field(default_factory=list)
    paused: list[Paused] = field(default_factory=list)
    mitigated: list[tuple[float, e.MitigationDeclared]] = field(default_factory=list)
    resolved: list[tuple[float, e.ResolutionDeclared]] = field(default_factory=list)

    @property
    def is_paused(self) -> bool:
        """True while the drill's clock stands still."""
        return bool(self.paused) and self.paused[-1].end is None

    @property
    def hint_cost(self) -> float:
        """Points of the score that hints have cost so far."""
        return sum(hint.cost for _, hint in self.hints)

    def arrive(self, who: str, role: Role, t: float) -> None:
        """Somebody attached."""
        self.leave(who, role, t)  # a console that was killed never said goodbye
        self.present.append(Presence(who, role, t))

    def leave(self, who: str, role: Role, t: float) -> None:
        """Somebody detached."""
        self.present = [
            replace(one, until=t) if (one.who, one.role, one.until) == (who, role, None) else one
            for one in self.present
        ]

    def halt(self, by: str, t: float) -> None:
        """The drill's clock is stopped."""
        if not self.is_paused:
            self.paused.append(Paused(t, by))

    def go_on(self, t: float) -> None:
        """The drill's clock goes on."""
        if self.is_paused:
            self.paused[-1] = replace(self.paused[-1], end=t)


def paused_between(paused: Sequence[Paused], start: float, end: float) -> float:
    """Seconds of a stretch in which the drill's clock stood still."""
    spans = ((max(start, one.start), min(end, one.end if one.end is not None else end)) for one in paused)
    return sum(max(0.0, last - first) for first, last in spans)


def ranked(stated: Sequence[e.HypothesisStated]) -> list[Hypothesis]:
    """Statements as one ranked list, the newest of each cause and target; together never surer than certain.

    The newest statement stands as it was made; earlier ones share what confidence it leaves.
    """
    if not stated:
        return []
    newest = stated[-1]
    beliefs = {(one.cause, one.target): one.confidence for one in stated}
    beliefs.pop((newest.cause, newest.target))
    others = sum(beliefs.values())
    share = min(1.0, (1.0 - newest.confidence) / others) if others > 0 else 1.0
    beliefs = {(newest.cause, newest.target): newest.confidence} | {key: own * share for key, own in beliefs.items()}
    order = sorted(beliefs.items(), key=lambda item: -item[1])
    return [
        Hypothesis(rank=number, cause=cause, target=target, confidence=round(own, 6))
        for number, ((cause, target), own) in enumerate(order, start=1)
    ]
