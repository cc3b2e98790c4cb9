"""A run as far as its tape tells it, and its state at any moment.

Folded forwards event by event, and from scratch only when somebody goes back.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.console.curves import Curves
from tocsin.console.seal import Curtain, is_sealed
from tocsin.model.event import Event
from tocsin.model.person import Role
from tocsin.model.run import RunMeta
from tocsin.tape.fold import Folder
from tocsin.tape.follow import LogLine
from tocsin.tape.state import RunState


@dataclass(frozen=True)
class Moment:
    """What there is to draw at ``t`` seconds after the start of the run."""

    meta: RunMeta
    t: float
    state: RunState
    events: list[Event]
    """What may be shown of what has happened so far, the newest last."""
    logs: list[LogLine]
    curves: Curves
    second: int
    """How many seconds of the curves are known at this moment."""
    sealed: bool
    live: bool = False


class Reel:
    """Events, log lines and curves of one run, wound to a moment."""

    def __init__(self, meta: RunMeta, role: Role = "observer", *, truth: bool = True) -> None:
        """Begin with nothing.

        Args:
            meta: What the tape begins with.
            role: Of whoever looks; the facilitator knows the cause.
            truth: Whether the truth lane is shown once nothing is sealed any more.
        """
        self.meta = meta
        self.curves = Curves(meta)
        self._role: Role = role
        self._curtain = Curtain(meta, role)
        self._truth = truth
        self._events: list[Event] = []
        self._logs: list[LogLine] = []
        self._rewind()

    def _rewind(self) -> None:
        self._folder = Folder(self.meta)
        self._taken = 0
        self._told = 0
        self._shown: list[Event] = []
        self._lines: list[LogLine] = []
        self._sealed = is_sealed(self.meta, self._folder.state, self._role)

    def grow(self, events: Iterable[Event], logs: Iterable[LogLine]) -> None:
        """Add what has come; what came late (out of a journal) is put where it belongs."""
        fresh = list(events)
        if not fresh:
            self._logs.extend(logs)
            return
        late = bool(self._events) and fresh[0].t < self._events[-1].t
        self._events.extend(fresh)
        if late:
            self._events.sort(key=lambda event: (event.t, event.seq))
            self._rewind()
        self._logs.extend(logs)

    @property
    def end(self) -> float:
        """Seconds since the start of the last thing that is known."""
        last = self._events[-1].t if self._events else 0.0
        return max(last, float(self.curves.seconds))

    @property
    def truth(self) -> bool:
        """Whether the truth lane is wanted."""
        return self._truth

    def want_truth(self, *, wanted: bool) -> None:
        """Show the truth lane or leave it out; a seal goes before."""
        self._truth = wanted
        self._rewind()

    def event_times(self, t: float) -> tuple[float | None, float | None]:
        """The moments of the last event that is shown before ``t`` and of the first one after it."""
        times = [event.t for event in self._events if self._visible(event)]
        before = [one for one in times if one < t - 0.001]
        after = [one for one in times if one > t + 0.001]
        return (before[-1] if before else None), (after[0] if after else None)

    def at(self, t: float, *, live: bool = False) -> Moment:
        """The run as it was known at ``t``."""
        if self._taken and self._events[self._taken - 1].t > t:
            self._rewind()
        end = bisect_right(self._events, t, lo=self._taken, key=lambda event: event.t)
        for event in self._events[self._taken : end]:
            self._folder.take(event.data, event.t)
        fresh, self._taken = self._events[self._taken : end], end
        self._show(fresh)
        self._tell(t)
        second = min(self.curves.seconds, max(0, int(t)))
        return Moment(
            self.meta, t, self._folder.state, self._shown, self._lines, self.curves, second, self._sealed, live
        )

    def _show(self, fresh: list[Event]) -> None:
        sealed = is_sealed(self.meta, self._folder.state, self._role)
        if sealed != self._sealed:  # the retrospective begins: everything is told
            self._sealed, self._told, self._lines = sealed, 0, []
            fresh, self._shown = self._events[: self._taken], []
        self._shown.extend(event for event in fresh if self._visible(event))

    def _visible(self, event: Event) -> bool:
        return self._curtain.shows(event) if self._sealed else self._truth or event.lane != "truth"

    def _tell(self, t: float) -> None:
        if self._lines and self._lines[-1].t > t:
            self._told, self._lines = 0, []
        end = bisect_right(self._logs, t, lo=self._told, key=lambda line: line.t)
        fresh = self._logs[self._told : end]
        self._lines.extend(x for x in fresh if not self._sealed or self._curtain.shows_log(x.service, x.line))
        self._told = end
