"""What must be true before a run may start: nothing blocked, nothing left over, nobody else on the stack."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.director.blocking import stop_reason
from tocsin.errors import Blocked
from tocsin.guards import guard_of
from tocsin.ledger.store import is_held, read_ledger
from tocsin.stack.process import identity
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
    at_work = [path.parent.name for path in unfinished if is_held(path)]
    if at_work:
        raise Blocked(
            f"the director of {', '.join(at_work)} is gone and its guardian is still undoing",
            hint="Try again in a few seconds; `tocsin status` shows it, `tocsin recover` ends one that hangs.",
        )
    if unfinished:
        runs = ", ".join(path.parent.name for path in unfinished)
        raise Blocked(
            f"an earlier run died before everything was undone: {runs}",
            hint="`tocsin recover` finishes it; `tocsin status` shows what is open.",
        )


def unfinished_ledgers(workspace: Workspace) -> list[Path]:
    """Ledgers with open entries whose director is gone, newest first; a guardian may still be at work on one."""
    return [path for path in reversed(workspace.ledgers()) if _has_open(path) and not _is_going_on(path)]


def stacks_of(ledger: Path) -> set[str]:
    """Names of the stacks that the entries of a ledger are about."""
    found = set()
    for entry in read_ledger(ledger):
        stack = entry.record.get("stack")
        name = stack.get("name") if isinstance(stack, dict) else stack
        if isinstance(name, str):
            found.add(name)
    return found


def held_ledgers(workspace: Workspace) -> list[Path]:
    """Ledgers that some process has open: runs and injections that are going on or being undone."""
    return [path for path in workspace.ledgers() if is_held(path)]


def _has_open(path: Path) -> bool:
    return any(entry.is_open for entry in read_ledger(path))


def _is_going_on(path: Path) -> bool:
    guard = guard_of(path)
    return is_held(path) and (guard is None or guard.director_lives)


@contextmanager
def stack_lock(workspace: Workspace, stack: str) -> Iterator[int]:
    """Hold a stack for one run; yields the descriptor of the lock.

    Whoever inherits the descriptor holds the lock too: a guardian that outlives its director keeps the stack to itself
    until everything is undone.

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
            raise _in_use(stack, file.read().strip()) from error
        file.truncate(0)
        file.write(f"pid {os.getpid()}")
        file.flush()
        try:
            yield file.fileno()
        finally:
            file.truncate(0)


def _in_use(stack: str, holder: str) -> Blocked:
    pid = holder.removeprefix("pid ")
    if not holder or (pid.isdigit() and identity(int(pid)) is None):
        return Blocked(
            f"the stack {stack} is in use: the guardian of a run that is over is still undoing",
            hint="Try again in a few seconds; `tocsin status` shows it, `tocsin recover` ends one that hangs.",
        )
    return Blocked(
        f"the stack {stack} is in use by {holder}; one run at a time uses a stack and its data folder",
        hint="`tocsin status` shows it; `tocsin stop` ends it.",
    )
