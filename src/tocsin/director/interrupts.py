"""Why a run or an injection should end before its time: a signal, or ``tocsin stop``."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tocsin.director.blocking import stop_reason
from tocsin.errors import Aborted
from tocsin.model.person import Role
from tocsin.workspace import Workspace


@dataclass
class Interrupts:
    """Why it should end now: a signal, or ``tocsin stop``."""

    workspace: Workspace
    by: str = ""
    reason: str = ""
    role: Role | None = None

    def check(self) -> None:
        """Raise Aborted when somebody wants the run to end."""
        if not self.by:
            stopped = stop_reason(self.workspace)
            if stopped is not None:
                self.by, self.reason = "tocsin stop", stopped
        if self.by:
            raise Aborted(f"aborted by {self.by}: {self.reason}")

    def limit(self, reason: str) -> None:
        """Raise Aborted when a safety limit was met, that is, when ``reason`` is not empty."""
        if reason and not self.by:
            self.by, self.reason = "safety limit", reason
            self.check()

    def stop(self, who: str, role: Role, reason: str) -> None:
        """Somebody ends the run over its control socket; the next ``check`` raises."""
        if not self.by:
            self.by, self.role, self.reason = who, role, reason

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Ctrl-C, SIGTERM and a closed terminal end the run; a second Ctrl-C changes nothing, undoing goes on."""

        def note(number: int, _frame: Any) -> None:
            name = signal.Signals(number).name
            self.by, self.reason = name, "Ctrl-C" if name == "SIGINT" else f"signal {name}"

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, note) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
