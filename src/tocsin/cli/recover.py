"""``tocsin recover``: finish undoing what a run that died left open."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import results, say
from tocsin.director.gate import unfinished_ledgers
from tocsin.errors import UndoFailed
from tocsin.handlers import handlers
from tocsin.ledger.store import Ledger, read_ledger
from tocsin.ledger.undo import undo_all
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(recover)


def recover(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be undone, do nothing")] = False,
) -> None:
    """Undo what a run that died left open, read back each result, and say so; harmless when there is nothing."""
    ledgers = unfinished_ledgers(Workspace.find())
    if not ledgers:
        results.print("Nothing to recover: every ledger is closed.")
        return
    residue: list[str] = []
    for path in ledgers:
        results.print(f"run {path.parent.name}:")
        residue += _show(path) if dry_run else _undo(path)
    if residue and not dry_run:
        raise UndoFailed(
            "some things could not be undone:\n" + "\n".join(f"  {line}" for line in residue),
            hint="Mend what is named, then run `tocsin recover` again.",
        )


def _show(path: Path) -> list[str]:
    for entry in reversed(read_ledger(path)):
        if entry.is_open:
            results.print(f"  would undo {entry.kind} {entry.id} ({entry.state})")
    return []


def _undo(path: Path) -> list[str]:
    ledger = Ledger(path)
    try:
        undone = undo_all(ledger, handlers(say), lambda text: results.print(f"  {text}"))
    finally:
        ledger.close()
    return undone.residue
