"""``tocsin status``: what runs, what is injected, what is left over, and whether starts are blocked."""

from typing import Annotated, Any

import typer

from tocsin.cli.output import print_json, results
from tocsin.director.blocking import stop_reason
from tocsin.director.gate import unfinished_ledgers
from tocsin.director.places import stack_places
from tocsin.ledger.store import is_held, read_ledger
from tocsin.stack.local.lifecycle import leftovers, running
from tocsin.stack.residue import stack_residue
from tocsin.workspace import Workspace

Name = Annotated[str | None, typer.Argument(help="the stack; the workspace's default when left out")]


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(status)


def status(
    stack: Name = None, as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False
) -> None:
    """Show the stack's services, open injections, residue, and whether starts are blocked."""
    workspace = Workspace.find()
    found = _status(workspace, stack or workspace.default_stack)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _status(workspace: Workspace, name: str) -> dict[str, Any]:
    places = stack_places(workspace, name)
    live = running(places)
    services = []
    if live is not None:
        for replica in live.state.replicas:
            alive, frozen = live.is_alive(replica.replica), live.is_frozen(replica.replica)
            state = "frozen" if frozen else "running" if alive else "gone"
            services.append({"service": replica.service, "replica": replica.name, "pid": replica.pid, "state": state})
    return {
        "stack": name,
        "running": live is not None,
        "services": services,
        "injections": _injections(workspace),
        "residue": (stack_residue(live) if live is not None else leftovers(places)),
        "to_recover": [path.parent.name for path in unfinished_ledgers(workspace)],
        "blocked": stop_reason(workspace),
    }


def _injections(workspace: Workspace) -> list[dict[str, Any]]:
    rows = []
    for path in workspace.ledgers():
        for entry in read_ledger(path):
            if entry.kind == "injection" and entry.is_open:
                record = entry.record
                row = {"id": entry.id, "fault": record["fault"], "target": record["target"], "state": entry.state}
                rows.append(row | {"run": path.parent.name, "guarded": is_held(path)})
    return rows


def _show(found: dict[str, Any]) -> None:
    results.print(f"stack {found['stack']}: {'running' if found['running'] else 'not running'}")
    for row in found["services"]:
        style = {"running": "green", "frozen": "red", "gone": "red"}[row["state"]]
        results.print(f"  {row['replica']:<22} [{style}]{row['state']}[/{style}]  pid {row['pid']}")
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
