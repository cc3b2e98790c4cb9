"""Follows a run beside it and marks what happens in the stack's Grafana; never delays a run, and never fails one."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from tocsin.director.marks import Mark, begin_of, mark_of
from tocsin.errors import TocsinError, describe
from tocsin.model.event import Event, VerdictReached
from tocsin.model.run import RunMeta
from tocsin.stack.grafana import Grafana, grafana_of
from tocsin.stack.running import RunningStack
from tocsin.tape.seal import Seal, sealed_meta

_CLOSE_WITHIN = 2.0
"""Seconds that the last marks get when the run is over."""
_GIVE_UP_AFTER = 3
"""Marks in a row that could not be written, after which no more are tried."""


class Annotations:
    """Told every event (as a :data:`Watcher`), and the stack once it is there; what comes before is kept until then.

    Marks are written by a thread of their own. Where people respond, or the drill is blind, nothing that
    would tell them the cause is written before the verdict.
    """

    def __init__(self, meta: RunMeta, find: Callable[[RunningStack], Grafana | None] = grafana_of) -> None:
        told = sealed_meta(meta, "observer")
        self._name = told.drill_name
        self._title = told.drill.title
        self._seal = Seal(meta, "observer", over=not meta.drill.blind and meta.responder != "human")
        self._find = find
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._sealed: list[Event] = []
        self._open: dict[str, int] = {}  # annotations of stretches that have begun
        self._begun = False
        self._failed = 0
        self._trouble = ""

    def __call__(self, event: Event) -> None:
        """Take an event; returns at once."""
        self._events.put(event)

    def follow(self, stack: RunningStack) -> None:
        """Begin to write, if that stack has a Grafana; returns at once."""
        self._thread = threading.Thread(target=self._run, args=(stack,), daemon=True, name="annotations")
        self._thread.start()

    def close(self) -> str:
        """Let go, soon; what could not be written, or nothing."""
        self._events.put(None)
        if self._thread is not None:
            self._thread.join(_CLOSE_WITHIN)
            if self._thread.is_alive():
                return "Grafana is slow: marks of this run are missing there"
        return self._trouble

    def _run(self, stack: RunningStack) -> None:
        try:
            grafana = self._find(stack)
        except Exception as error:  # noqa: BLE001 - dashboards are no reason to trouble a run
            self._trouble = f"Grafana was not found: {describe(error)}"
            return
        if grafana is None:
            return
        while (event := self._events.get()) is not None and self._failed < _GIVE_UP_AFTER:
            for mark in self._marks(event):
                self._write(grafana, mark)

    def _marks(self, event: Event) -> list[Mark]:
        """What an event lets be written now."""
        found = [] if self._begun else [begin_of(event, self._name, self._title)]
        self._begun = True
        if self._seal.hides(event.data):
            self._sealed.append(event)
            return found
        told = [*self._sealed, event] if isinstance(event.data, VerdictReached) else [event]
        return found + [mark for one in told if (mark := mark_of(one, self._name)) is not None]

    def _write(self, grafana: Grafana, mark: Mark) -> None:
        try:
            if mark.ends in self._open:
                grafana.end(self._open.pop(mark.ends), mark.at)
            if not mark.ends or mark.tags[-1] in ("removed", "end"):
                number = grafana.annotate(mark.text, mark.tags, mark.at)
                if mark.begins:
                    self._open[mark.begins] = number
            self._failed = 0
        except (TocsinError, KeyError, TypeError, ValueError) as error:  # also an answer that Grafana would not give
            self._failed += 1
            self._trouble = f"marks of this run are missing in Grafana: {describe(error)}"
