"""The director's pen: events onto the tape with the run's own clock, and to whoever watches."""

from collections.abc import Callable

from tocsin import clock
from tocsin.model.event import Event, EventData, Note
from tocsin.tape.store import Tape

Watcher = Callable[[Event], None]


class RunClock:
    """Seconds since the start of the run, on a clock that does not jump."""

    def __init__(self) -> None:
        self.started_wall = clock.wall()
        self._started = clock.monotonic()

    def now(self) -> float:
        """Seconds since the start."""
        return clock.monotonic() - self._started

    def at(self, monotonic: float) -> float:
        """Seconds since the start at a moment of ``clock.monotonic``, as another process of this machine told it."""
        return monotonic - self._started

    def wall(self) -> float:
        """Seconds since the epoch on the same clock: start plus elapsed."""
        return self.started_wall + self.now()


class Recorder:
    """Writes events and samples to the tape."""

    def __init__(self, tape: Tape, run_clock: RunClock, watcher: Watcher) -> None:
        self.tape = tape
        self.clock = run_clock
        self._watcher = watcher
        self.events: list[Event] = []

    def say(self, data: EventData, *, at: float | None = None) -> Event:
        """Record an event, now or at a stated second of the run."""
        t = self.clock.now() if at is None else at
        event = self.tape.append(t, self.clock.started_wall + t, data)
        self.events.append(event)
        self._watcher(event)
        return event

    def note(self, text: str) -> None:
        """Record something worth telling."""
        self.say(Note(text=text))
