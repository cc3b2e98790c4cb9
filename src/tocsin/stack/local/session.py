"""A replica is a session: its leading process and everything that it started."""

import os
from pathlib import Path

from tocsin.stack.process import ProcessId, identity


def session_members(leader: int) -> list[ProcessId]:
    """Living processes of the session that ``leader`` leads, the leader first."""
    pids = [leader]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != leader:
            try:
                if os.getsid(int(entry.name)) == leader:
                    pids.append(int(entry.name))
            except (ProcessLookupError, PermissionError):
                continue
    return [process for process in map(identity, pids) if process is not None]
