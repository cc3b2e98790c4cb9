"""The block that ``tocsin stop`` puts on all starts, and that everything which runs looks at.

Imports as little as it can: whoever stops is in a hurry.
"""

import json
import os

from tocsin import clock
from tocsin.workspace import Workspace


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
