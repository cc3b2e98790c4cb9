"""``tocsin recover``: finish undoing what a run that died left open."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.output import results, say
from tocsin.director.gate import stack_lock, stacks_of, unfinished_ledgers
from tocsin.director.places import all_places
from tocsin.errors import UndoFailed
from tocsin.guards import take_from_guardian
from tocsin.handlers import handlers
from tocsin.ledger.store import Ledger, read_ledger
from tocsin.stack.backends import running
from tocsin.stack.residue import stack_residue
from tocsin.undoing import undo_for_the_dead
from tocsin.workspace import Workspace

_REASON = "the director and its guardian were gone; `tocsin recover` undid what they had left open"


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(recover)


def recover(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be undone, do nothing")] = False,
) -> None:
    """Undo what a run that died left open, read back each result, and say so; harmless when there is nothing."""
    workspace = Workspace.find()
    ledgers = unfinished_ledgers(workspace)
    if not ledgers:
        results.print("Nothing to recover: every ledger is closed.")
        return
    residue: list[str] = []
    for path in ledgers:
        results.print(f"run {path.parent.name}:")
        if dry_run:
            _show(path)
        else:
            residue += _undo(workspace, path)
    if residue:
        raise UndoFailed(
            "some things could not be undone:\n" + "\n".join(f"  {line}" for line in residue),
            hint="Mend what is named, then run `tocsin recover` again.",
        )


def _show(path: Path) -> None:
    for entry in reversed(read_ledger(path)):
        if entry.is_open:
            results.print(f"  would undo {entry.kind} {entry.id} ({entry.state})")


def _undo(workspace: Workspace, path: Path) -> list[str]:
    """Undo one ledger with its stacks held, so that nobody starts on them meanwhile; ends with a look at the stacks."""
    take_from_guardian(path, say)
    with ExitStack() as held:
        stacks = sorted(stacks_of(path) & set(workspace.stacks()))
        for stack in stacks:
            held.enter_context(stack_lock(workspace, stack))
        ledger = Ledger(path)
        held.callback(ledger.close)
        undone = undo_for_the_dead(
            ledger, handlers(say), "tocsin recover", _REASON, lambda text: results.print(f"  {text}")
        )
        return undone.residue + [line for stack in stacks for line in _scan(workspace, stack)]


def _scan(workspace: Workspace, stack: str) -> list[str]:
    every = [running(places) for places in all_places(workspace, stack)]
    found = [line for live in every if live is not None for line in stack_residue(live)]
    results.print(f"  residue scan of {stack}: {'; '.join(found) or 'none'}")
    return found
