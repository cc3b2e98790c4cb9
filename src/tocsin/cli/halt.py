"""``tocsin stop`` and ``tocsin resume``: halt everything now and block new starts; allow them again."""

from typing import Annotated

import typer

from tocsin.cli.output import results
from tocsin.director.gate import allow_starts, block_starts
from tocsin.workspace import Workspace


def register(application: typer.Typer) -> None:
    """Add both verbs."""
    application.command()(stop)
    application.command()(resume)


def stop(
    reason: Annotated[str, typer.Option(help="kept with the run and shown to whoever wants to start")] = "",
) -> None:
    """Halt running drills and injections now, undo everything, and block new starts until `tocsin resume`."""
    block_starts(Workspace.find(), reason or "somebody called `tocsin stop`")
    results.print("Everything is being halted and undone; new starts are blocked until `tocsin resume`.")


def resume() -> None:
    """Allow starts again."""
    blocked = allow_starts(Workspace.find())
    results.print("Starts are allowed again." if blocked else "Starts were not blocked.")
