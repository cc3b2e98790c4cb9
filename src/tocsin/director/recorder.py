"""The director's pen: events onto the tape with the run's own clock, and to whoever watches."""

from collections.abc import Callable

from tocsin import clock
from tocsin.model.event import Event, EventData, Note
from tocsin.tape.store import Tape, TapeFailed

_JUMP = 2.0
"""Seconds between the wall clock and the steady one from which on a run cannot be judged."""

Watcher = Callable[[Event], None]


class RunClock:
    """Seconds since the start of the run, on a clock that does not jump."""

    def __init__(self) -> None:
        self.started_wall = clock.wall()
        self.started_monotonic = clock.monotonic()

    def now(self) -> float:
        """Seconds since the start."""
        return clock.monotonic() - self.started_monotonic

    def at(self, monotonic: float) -> float:
        """Seconds since the start at a moment of ``clock.monotonic``, as another process of this machine told it."""
        return monotonic - self.started_monotonic

    def wall(self) -> float:
        """Seconds since the epoch on the same clock: start plus elapsed."""
        return self.started_wall + self.now()

    def jumped(self) -> str:
        """What is wrong with the machine's clock; empty when it has run evenly since the start.

        Prometheus stamps its samples by that clock: those before and after a jump do not fit together.
        """
        jump = clock.wall() - self.wall()
        return f"the machine's clock jumped by {jump:+.1f} s (or it slept)" if abs(jump) > _JUMP else ""


class Recorder:
    """Writes events and samples to the tape."""

    def __init__(self, tape: Tape, run_clock: RunClock, watcher: Watcher) -> None:
        self.tape = tape
        self.clock = run_clock
        self._watcher = watcher
        self.events: list[Event] = []
        self.lenient = False  # True once everything is being undone: then a tape that cannot be written stops nothing

    def say(self, data: EventData, *, at: float | None = None) -> Event:
        """Record an event, now or at a stated second of the run.

        Raises:
            TapeFailed: when the tape cannot be written, unless ``lenient``.
        """
        t = self.clock.now() if at is None else at
        wall = self.clock.started_wall + t
        try:
            event = self.tape.append(t, wall, data)
        except TapeFailed:
            if not self.lenient:
                raise
            event = Event(seq=len(self.events) + 1, t=round(t, 3), wall=round(wall, 3), data=data)
        self.events.append(event)
        self._watcher(event)
        return event

    def note(self, text: str) -> None:
        """Record something worth telling."""
        self.say(Note(text=text))
