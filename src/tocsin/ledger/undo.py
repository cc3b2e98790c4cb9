"""Applying with the entry written first, and undoing what is open, each result read back.

The load ends first, so that what is undone can settle; then everything in reverse order. What a handler calls may be
anybody's code: it may raise anything or never come back, and the rest is undone all the same.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.errors import describe
from tocsin.ledger.entry import BEING_UNDONE, Entry, Handler, Kind, State
from tocsin.ledger.store import Ledger

Handlers = Mapping[Kind, Handler]
Report = Callable[[str], None]

_ATTEMPTS = 2
REVERT_WITHIN = 60.0
"""Seconds after which a revert that has not come back counts as failed; it is not tried again."""


@dataclass
class Undone:
    """What undoing came to: entries verified, and what is left of those that were not."""

    verified: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)


def apply_entry(
    ledger: Ledger, handlers: Handlers, entry_id: str, kind: Kind, record: dict[str, Any]
) -> dict[str, Any]:
    """Write the entry, do it, mark it applied."""
    ledger.intend(entry_id, kind, record)
    result = handlers[kind].apply(record)
    ledger.mark(entry_id, "applied")
    return result


def revert_entry(ledger: Ledger, handlers: Handlers, entry: Entry) -> list[str]:
    """Undo one entry and read back the result; a second attempt is made when the first fails. Returns residue."""
    if not entry.is_open:
        return []
    handler = handlers[entry.kind]
    _mark(ledger, entry, entry.state, BEING_UNDONE)
    residue: list[str] = []
    for _ in range(_ATTEMPTS):
        attempt = _Attempt(ledger, handler, entry)
        residue = attempt.outcome()
        if not residue:
            _mark(ledger, entry, "verified")
            return []
        if not attempt.came_back:
            break
    residue = residue + _by_hand(handler, entry)
    _mark(ledger, entry, "applied", "; ".join(residue))
    return residue


class _Attempt:
    """One revert and its reading back, in a thread of its own, because it may hang."""

    def __init__(self, ledger: Ledger, handler: Handler, entry: Entry) -> None:
        self._ledger, self._handler, self._entry = ledger, handler, entry
        self._residue = [f"{entry.kind} {entry.id} could not be undone: no answer within {REVERT_WITHIN:g} s"]
        self.came_back = False

    def outcome(self) -> list[str]:
        """What is left after it."""
        thread = threading.Thread(target=self._run, daemon=True, name=f"revert {self._entry.id}")
        thread.start()
        thread.join(REVERT_WITHIN)
        return self._residue

    def _run(self) -> None:
        try:
            self._handler.revert(self._entry.record)
            _mark(self._ledger, self._entry, "reverted")
            residue = self._handler.residue(self._entry.record)
        except Exception as error:  # noqa: BLE001 - a fault may be anybody's code, and the rest must be undone
            residue = [f"{self._entry.kind} {self._entry.id} could not be undone: {describe(error)}"]
        self._residue, self.came_back = residue, True


def _by_hand(handler: Handler, entry: Entry) -> list[str]:
    try:
        return [f"by hand: {command}" for command in handler.by_hand(entry.record)]
    except Exception:  # noqa: BLE001 - the stack is too broken even to tell
        return []


def _mark(ledger: Ledger, entry: Entry, state: State, detail: str = "") -> None:
    """Write a state down if the disk takes it: failing to record must not keep the rest from being undone.

    The entry then stays open on disk, and `tocsin recover` undoes it once more, which is harmless.
    """
    with contextlib.suppress(OSError):
        ledger.mark(entry.id, state, detail)


def undo_all(ledger: Ledger, handlers: Handlers, report: Report) -> Undone:
    """Undo every open entry, loads first, then in reverse order; one that fails does not keep the others from it."""
    undone = Undone()
    for entry in sorted(ledger.open_entries(), key=lambda entry: entry.kind != "load"):
        residue = revert_entry(ledger, handlers, entry)
        name = entry.kind if entry.id == entry.kind else f"{entry.kind} {entry.id}"
        if residue:
            undone.residue += residue
            _tell(report, f"{name}: {'; '.join(residue)}")
        else:
            undone.verified.append(entry.id)
            _tell(report, f"{name}: undone and verified")
    return undone


def _tell(report: Report, text: str) -> None:
    """Failing to tell (a tape on a full disk, a closed terminal) must not keep the rest from being undone."""
    with contextlib.suppress(Exception):
        report(text)
