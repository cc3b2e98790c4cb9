"""``tocsin stop`` and ``tocsin resume``: halt everything now and block new starts; allow them again."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin import clock
from tocsin.cli.output import results, say
from tocsin.director.blocking import allow_starts, block_starts
from tocsin.errors import UndoFailed
from tocsin.workspace import Workspace

WITHIN = 90.0
"""Seconds that `stop` waits for everything to be undone before it says that something hangs."""


def register(application: typer.Typer) -> None:
    """Add both verbs."""
    application.command()(stop)
    application.command()(resume)


def stop(
    reason: Annotated[str, typer.Option(help="kept with the run and shown to whoever wants to start")] = "",
) -> None:
    """Halt running drills and injections now, undo everything, and block new starts until `tocsin resume`."""
    workspace = Workspace.find()
    begun = clock.monotonic(), clock.wall()
    block_starts(workspace, reason or "somebody called `tocsin stop`")
    from tocsin.director.gate import held_ledgers  # noqa: PLC0415 - only now: the halt must not wait for imports

    held = held_ledgers(workspace)
    for path in held:
        say(f"halting {path.parent.name}")
    for path in held:
        _await_undone(path, begun)
    what = "Everything is halted and undone" if held else "Nothing was running"
    results.print(f"{what}; new starts are blocked until `tocsin resume`.")


def _await_undone(path: Path, begun: tuple[float, float]) -> None:
    from tocsin.ledger.store import halted_at, is_held, read_ledger  # noqa: PLC0415 - as above

    ended = clock.wait_until(lambda: not is_held(path), timeout=WITHIN)
    took = clock.monotonic() - begun[0]
    left = [f"{entry.kind} {entry.id}" for entry in read_ledger(path) if entry.is_open]
    if ended and not left:
        halted = max(0.0, (halted_at(path) or 0.0) - begun[1])
        results.print(f"{path.parent.name}: halted after {halted:.1f} s, undone and verified after {took:.1f} s.")
        return
    state = "is still not over" if not ended else "is over"
    raise UndoFailed(
        f"{path.parent.name} {state} after {took:.0f} s, and still open: {', '.join(left) or 'nothing'}",
        hint="`tocsin status` shows what is left, `tocsin recover` finishes it. New starts are blocked.",
    )


def resume() -> None:
    """Allow starts again."""
    blocked = allow_starts(Workspace.find())
    results.print("Starts are allowed again." if blocked else "Starts were not blocked.")
