"""``tocsin status``: what runs, what is injected, what is left over, and whether starts are blocked."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.output import print_json, results
from tocsin.cli.which import Backend, Name
from tocsin.director.blocking import stop_reason
from tocsin.director.gate import unfinished_ledgers
from tocsin.director.places import used_places
from tocsin.errors import BadInput, TocsinError
from tocsin.ledger.store import is_held, read_ledger
from tocsin.stack.backends import leftovers, running
from tocsin.stack.residue import stack_residue
from tocsin.tape.seal import SEALED_NAME
from tocsin.tape.store import TapeReader
from tocsin.workspace import Workspace

_STYLES = {"running": "green", "frozen": "red", "gone": "red", SEALED_NAME: "dim"}


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(status)


def status(
    stack: Name = None,
    backend_name: Backend = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Show the stack's services, open injections, residue, and whether starts are blocked."""
    workspace = Workspace.find()
    found = _status(workspace, stack or workspace.default_stack, backend_name)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _status(workspace: Workspace, name: str, backend_name: str | None) -> dict[str, Any]:
    stack = _stack(workspace, name, backend_name)
    if any(map(_is_sealed, workspace.ledgers())):
        stack = _sealed(stack)
    return {
        "stack": name,
        **stack,
        "injections": _injections(workspace),
        "to_recover": [path.parent.name for path in unfinished_ledgers(workspace)],
        "blocked": stop_reason(workspace),
    }


def _stack(workspace: Workspace, name: str, backend_name: str | None) -> dict[str, Any]:
    """What runs and what is left over; that it cannot be seen is something left over too."""
    try:
        places = used_places(workspace, name, backend_name)
        live = running(places)
        looks = live.looks() if live is not None else []
        residue = stack_residue(live) if live is not None else leftovers(places)
    except BadInput:
        raise
    except TocsinError as error:
        told = [line for line in (error.message, error.hint) if line]
        return {"backend": backend_name, "running": False, "services": [], "residue": told}
    services = [
        {"service": one.service, "replica": one.name, "pid": one.pid, "state": one.state, "identity": one.identity}
        for one in looks
    ]
    return {"backend": places.backend, "running": live is not None, "services": services, "residue": residue}


def _sealed(stack: dict[str, Any]) -> dict[str, Any]:
    """What may be told of a stack while people look for the cause: that it runs, not what is the matter with it."""
    services = [one | {"state": SEALED_NAME} for one in stack["services"]]
    return stack | {"services": services, "residue": []}


def _injections(workspace: Workspace) -> list[dict[str, Any]]:
    rows = []
    for path in workspace.ledgers():
        sealed = _is_sealed(path)
        for entry in read_ledger(path):
            if entry.kind == "injection" and entry.is_open:
                record = dict.fromkeys(("fault", "target"), SEALED_NAME) if sealed else entry.record
                row = {"id": entry.id, "fault": record["fault"], "target": record["target"], "state": entry.state}
                rows.append(row | {"run": path.parent.name, "guarded": is_held(path)})
    return rows


def _is_sealed(ledger: Path) -> bool:
    """True for a blind run that somebody still rehearses with: one that nobody guards is for recovery, and told."""
    if not is_held(ledger):
        return False
    try:
        with TapeReader.open(ledger.with_name("tape.db")) as reader:
            return reader.meta.drill.blind
    except BadInput:  # an injection by hand has no tape
        return False


def _show(found: dict[str, Any]) -> None:
    state = f"running ({found['backend']})" if found["running"] else "not running"
    results.print(f"stack {found['stack']}: {state}")
    for row in found["services"]:
        style = _STYLES[row["state"]]
        results.print(f"  {row['replica']:<22} [{style}]{row['state']}[/{style}]  {row['identity']}")
    for row in found["injections"]:
        guard = "guarded" if row["guarded"] else "[red]nobody guards it[/red]"
        results.print(
            f"injection {row['id']} of run {row['run']}: {row['fault']} on {row['target']}, {row['state']}, {guard}"
        )
    results.print("residue: " + ("; ".join(found["residue"]) or "none"))
    if found["to_recover"]:
        results.print(f"[red]unfinished runs: {', '.join(found['to_recover'])}[/red]; `tocsin recover` finishes them")
    blocked = f"blocked: {found['blocked']} (`tocsin resume`)" if found["blocked"] else "allowed"
    results.print(f"starts: {blocked}")
