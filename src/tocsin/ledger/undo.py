"""Applying with the entry written first, and undoing what is open, last first, each result read back."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.errors import TocsinError
from tocsin.ledger.entry import Entry, Handler, Kind, State
from tocsin.ledger.store import Ledger

Handlers = Mapping[Kind, Handler]
Report = Callable[[str], None]

_ATTEMPTS = 2
_EXPECTED = (TocsinError, OSError, ValueError, LookupError, RuntimeError)
"""What a handler may raise when the world is not as it should be; anything else is a bug and is shown as one."""


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
    residue: list[str] = []
    for _ in range(_ATTEMPTS):
        try:
            handler.revert(entry.record)
            _mark(ledger, entry, "reverted")
            residue = handler.residue(entry.record)
        except _EXPECTED as error:
            residue = [f"{entry.kind} {entry.id} could not be undone: {error}"]
        if not residue:
            _mark(ledger, entry, "verified")
            return []
    residue += _by_hand(handler, entry)
    _mark(ledger, entry, "applied", "; ".join(residue))
    return residue


def _by_hand(handler: Handler, entry: Entry) -> list[str]:
    try:
        return [f"by hand: {command}" for command in handler.by_hand(entry.record)]
    except _EXPECTED:  # the stack is too broken even to tell
        return []


def _mark(ledger: Ledger, entry: Entry, state: State, detail: str = "") -> None:
    """Write a state down if the disk takes it: failing to record must not keep the rest from being undone.

    The entry then stays open on disk, and `tocsin recover` undoes it once more, which is harmless.
    """
    with contextlib.suppress(OSError):
        ledger.mark(entry.id, state, detail)


def undo_all(ledger: Ledger, handlers: Handlers, report: Report) -> Undone:
    """Undo every open entry in reverse order; one that fails does not keep the others from being undone."""
    undone = Undone()
    for entry in ledger.open_entries():
        residue = revert_entry(ledger, handlers, entry)
        name = entry.kind if entry.id == entry.kind else f"{entry.kind} {entry.id}"
        if residue:
            undone.residue += residue
            report(f"{name}: {'; '.join(residue)}")
        else:
            undone.verified.append(entry.id)
            report(f"{name}: undone and verified")
    return undone
