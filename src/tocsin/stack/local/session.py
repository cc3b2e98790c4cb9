"""A replica is a session: its leading process and everything that it started."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from tocsin.stack.process import ProcessId, carries, identity


def session_members(leader: int) -> list[ProcessId]:
    """Living processes of the session that ``leader`` leads, the leader first; whoever has that number now."""
    pids = [leader]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != leader:
            try:
                if os.getsid(int(entry.name)) == leader:
                    pids.append(int(entry.name))
            except (ProcessLookupError, PermissionError):
                continue
    return [process for process in map(identity, pids) if process is not None]


def members_of(leader: ProcessId, marks: Mapping[str, str], group: Collection[int] = ()) -> list[ProcessId]:
    """Living processes of this very leader's session, also when the leader itself is dead.

    A number that was given to somebody else since leads to nobody: the kernel gives none away while a session still
    bears it. Of a session without its leader only those count that carry our marks or are in ``group``, our cgroup.
    """
    holder = identity(leader.pid)
    if holder == leader:
        return session_members(leader.pid)
    if holder is not None:
        return []
    return [process for process in session_members(leader.pid) if process.pid in group or carries(process, marks)]
