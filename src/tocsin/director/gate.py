"""What must be true before a run may start: nothing blocked, nothing left over, nobody else on the stack."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin import clock
from tocsin.errors import Blocked
from tocsin.ledger.store import is_held, read_ledger
from tocsin.workspace import Workspace


def check_may_start(workspace: Workspace) -> None:
    """Refuse while starts are blocked, or while something of an earlier run still must be undone.

    Raises:
        Blocked: saying why, and what to do.
    """
    reason = stop_reason(workspace)
    if reason is not None:
        raise Blocked(f"starts are blocked by `tocsin stop`: {reason}", hint="`tocsin resume` allows them again.")
    unfinished = unfinished_ledgers(workspace)
    if unfinished:
        runs = ", ".join(path.parent.name for path in unfinished)
        raise Blocked(
            f"an earlier run died before everything was undone: {runs}",
            hint="`tocsin recover` finishes it; `tocsin status` shows what is open.",
        )


def unfinished_ledgers(workspace: Workspace) -> list[Path]:
    """Ledgers with open entries that no living process holds."""
    return [
        path for path in workspace.ledgers() if any(entry.is_open for entry in read_ledger(path)) and not is_held(path)
    ]


def stop_reason(workspace: Workspace) -> str | None:
    """Why starts are blocked, or None."""
    path = workspace.stop_file
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("reason", "no reason given"))
    except ValueError:
        return "the file that says why cannot be read"


def block_starts(workspace: Workspace, reason: str) -> None:
    """Halt what runs and block new starts; running directors and injections look at this file all the time."""
    workspace.stop_file.parent.mkdir(parents=True, exist_ok=True)
    draft = workspace.stop_file.with_suffix(".new")
    draft.write_text(json.dumps({"reason": reason, "at": clock.wall(), "by": os.getuid()}), encoding="utf-8")
    draft.replace(workspace.stop_file)


def allow_starts(workspace: Workspace) -> bool:
    """Allow starts again; False when they were not blocked."""
    blocked = workspace.stop_file.exists()
    workspace.stop_file.unlink(missing_ok=True)
    return blocked


@contextmanager
def stack_lock(workspace: Workspace, stack: str) -> Iterator[None]:
    """Hold a stack for one run.

    Raises:
        Blocked: when another process holds it.
    """
    path = workspace.stack_lock(stack)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another tocsin process"
            raise Blocked(
                f"the stack {stack} is in use by {holder}; one run at a time uses a stack and its data folder",
                hint="`tocsin status` shows it; `tocsin stop` ends it.",
            ) from error
        file.truncate(0)
        file.write(f"pid {os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
