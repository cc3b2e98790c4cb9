"""Who guards a ledger: which guardian, and for which director. Written by the guardian, read by whoever comes later."""

import json
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tocsin import clock
from tocsin.errors import Blocked
from tocsin.ledger.store import is_held
from tocsin.stack.process import ProcessId, identity, is_same, is_stopped, send

_FILE = "guardian.json"
ENDS_WITHIN = 30.0
"""Seconds that a guardian without a director gets to finish before it is killed for certain."""


@dataclass(frozen=True)
class Guard:
    """A guardian and its director; None = it was gone before it could be written down."""

    guardian: ProcessId | None
    director: ProcessId | None

    @property
    def director_lives(self) -> bool:
        """True while the director exists, frozen or not: its run is its own business."""
        return self.director is not None and is_same(self.director)


def announce(ledger: Path, guardian: int, director: int) -> None:
    """Write down who guards a ledger, by pid; failing to do so keeps nobody from guarding."""
    guard = Guard(identity(guardian), identity(director) if director else None)
    try:
        ledger.with_name(_FILE).write_text(json.dumps(asdict(guard)), encoding="utf-8")
    except OSError:
        return


def guard_of(ledger: Path) -> Guard | None:
    """Who guards a ledger, or guarded it last; None when nobody wrote it down."""
    try:
        found = json.loads(ledger.with_name(_FILE).read_text(encoding="utf-8"))
        who = {name: ProcessId(**value) if value else None for name, value in found.items()}
        return Guard(**who)
    except (OSError, ValueError, TypeError):
        return None


def take_from_guardian(ledger: Path, say: Callable[[str], None]) -> None:
    """Wait until nobody holds a ledger; a guardian without a director that does not end is killed for certain.

    Raises:
        Blocked: when a living director stands behind it, or nobody knows who holds it.
    """
    if not is_held(ledger):
        return
    guard = guard_of(ledger)
    if guard is not None and guard.director_lives:
        raise Blocked(f"the run {ledger.parent.name} is still going on", hint="`tocsin stop` ends it.")
    say(f"the guardian of {ledger.parent.name} is still undoing; it gets {ENDS_WITHIN:g} s unless it is frozen")
    guardian = guard.guardian if guard is not None else None
    if not clock.wait_until(lambda: not is_held(ledger) or _is_frozen(guardian), timeout=ENDS_WITHIN):
        say("it has not ended")
    if not is_held(ledger):
        return
    if guardian is None or not send(guardian, signal.SIGKILL):
        raise Blocked(f"{ledger} is held by an unknown process", hint=f"Find it with: fuser {ledger}")
    say(f"the guardian (pid {guardian.pid}) was killed")
    clock.wait_until(lambda: not is_held(ledger), timeout=5.0)


def _is_frozen(process: ProcessId | None) -> bool:
    return process is not None and is_stopped(process)
