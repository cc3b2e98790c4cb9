"""What every phase of a run goes by: the heartbeat, the questions to the guardian, and the ground under its feet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tocsin import clock
from tocsin.director.control.desk import Desk
from tocsin.director.interrupts import Interrupts
from tocsin.director.recorder import Recorder
from tocsin.director.watch import Watch
from tocsin.errors import TocsinError
from tocsin.ledger.client import GuardianClient
from tocsin.ledger.entry import Kind
from tocsin.model.event import Phase
from tocsin.stack.running import RunningStack

_SLICE = 0.05
"""Longest wait, in seconds, before people and interruptions are looked at again."""


@dataclass
class Ground:
    """What the run stands on so far: its stack, whether it started it, who watches it, and since when it is loaded."""

    stack: RunningStack | None = None
    own_stack: bool = False
    watch: Watch | None = None
    load_started: float = 0.0  # seconds since the start of the run

    @property
    def running(self) -> RunningStack:
        """The stack.

        Raises:
            TocsinError: when there is none yet.
        """
        if self.stack is None:
            raise TocsinError("the stack is not running")
        return self.stack

    @property
    def live(self) -> Watch:
        """Who watches it.

        Raises:
            TocsinError: when nobody does yet.
        """
        if self.watch is None:
            raise TocsinError("nothing is being watched yet")
        return self.watch


@dataclass
class Pace:
    """The heartbeat of a run: the guardian's lease, interruptions, and a look at the system once a second."""

    recorder: Recorder
    guardian: GuardianClient
    interrupts: Interrupts
    show_progress: Callable[[str], None]  # one changing line, for people who wait
    desk: Desk

    def phase(self, name: str, detail: str = "") -> None:
        """A phase begins."""
        self.desk.phase = name
        self.recorder.say(Phase(name=name, detail=detail))

    def meanwhile(self) -> None:
        """What goes on whatever is waited for: people are served, and may want the run to end.

        Raises:
            Aborted: when somebody wants the run to end.
        """
        self.desk.serve()
        self.interrupts.check()

    def tick(self, watch: Watch | None) -> None:
        """One second: show life, look for interruptions, fetch what is new.

        Raises:
            Aborted: when somebody wants the run to end, or the machine's clock cannot be trusted.
            GuardianLost: when there is nobody to ask any more.
        """
        until = clock.monotonic() + 1.0
        while (left := until - clock.monotonic()) > 0:
            self.meanwhile()
            self.guardian.pump(min(_SLICE, left))
            self.desk.wait(min(_SLICE, left))  # a talkative guardian must not make this a busy loop
        self.interrupts.limit(self.recorder.clock.jumped())
        if watch is not None:
            watch.poll()

    def apply(self, entry: str, kind: Kind, record: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Have something written to the ledger and done; the handler's answer."""
        result: dict[str, Any] = self.wait(self.guardian.apply(entry, kind, record), timeout)["result"]
        return result

    def wait(self, request: int, timeout: float) -> dict[str, Any]:
        """The guardian's answer; waiting for it can be interrupted."""
        return self.guardian.wait(request, timeout=timeout, interrupted=self.meanwhile)
