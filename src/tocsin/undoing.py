"""Undoing for a director that is gone: everything open in its ledger, then the journal that its tape is completed with.

Recording comes after undoing, with the times at which things happened.
"""

from tocsin.control.socket import remove_from
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import Handlers, Report, Undone, undo_all
from tocsin.model.event import AbortRequested, EventData, Note, ResidueFound, Reverted, VerdictReached
from tocsin.tape.journal import JOURNAL, Journal, Moment


def undo_for_the_dead(ledger: Ledger, handlers: Handlers, by: str, reason: str, report: Report) -> Undone:
    """Undo every open entry of a ledger whose director is gone, and leave a journal beside it.

    ``by`` is who does it (``guardian``, ``tocsin recover``), ``reason`` why the run ended; ``report`` hears each step.
    """
    told: list[tuple[EventData, Moment]] = [(AbortRequested(by=by, reason=reason), Moment())]
    was_open = {entry.id for entry in ledger.open_entries() if entry.kind == "injection"}

    def note(text: str) -> None:
        told.append((Note(text=text), Moment()))
        report(text)

    remove_from(ledger.path.parent)
    undone = undo_all(ledger, handlers, note)
    journal = Journal(ledger.path.with_name(JOURNAL))
    for data, moment in told:
        journal.record(data, moment)
    for entry in ledger.entries():
        if entry.id in was_open and entry.id in undone.verified:
            journal.record(Reverted(injection=entry.id))
    journal.record(ResidueFound(residue=undone.residue))
    left = [f"left behind: {line}" for line in undone.residue]
    journal.record(VerdictReached(verdict="unclean" if left else "aborted", reasons=left or [reason]))
    return undone
