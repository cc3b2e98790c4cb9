"""CPU and memory limits on plain processes: a cgroup per replica where cgroups are writable (v1 and v2)."""

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

_V1 = Path("/sys/fs/cgroup/cpu")
_V1_MEMORY = Path("/sys/fs/cgroup/memory")
_V2 = Path("/sys/fs/cgroup")
PERIOD = 100_000
"""Microseconds in one CFS period."""


def make_group(name: str) -> Path | None:
    """A fresh cgroup for one replica, or None where cgroups cannot be written (not root, or no CPU controller).

    Where the environment variable ``TOCSIN_NO_CGROUP`` is set, none is made, so that the other way can be tried.
    """
    if os.environ.get("TOCSIN_NO_CGROUP"):
        return None
    if (_V1 / "cpu.cfs_quota_us").exists() or (_V1 / "cpu.shares").exists():
        return _make(_V1, name, "", lambda group: set_quota(group, None))
    if "cpu" in _text(_V2 / "cgroup.controllers").split():
        return _make(_V2, name, "cpu", lambda group: set_quota(group, None))
    return None


def make_memory_group(name: str, limit: int) -> Path | None:
    """A cgroup that holds one replica to ``limit`` bytes of memory, or None where that cannot be had.

    In v2 it is the replica's one group, with one controller more. Beyond the limit the kernel first gives back what
    is only cached, then kills.
    """
    if os.environ.get("TOCSIN_NO_CGROUP"):
        return None
    if (_V1_MEMORY / "memory.limit_in_bytes").exists():
        return _make(_V1_MEMORY, name, "", lambda group: _write(group / "memory.limit_in_bytes", str(limit)))
    if "memory" in _text(_V2 / "cgroup.controllers").split():
        return _make(_V2, name, "memory", lambda group: _write(group / "memory.max", str(limit)))
    return None


def _make(root: Path, name: str, controller: str, prepare: Callable[[Path], None]) -> Path | None:
    """Make ``root/tocsin/name`` folder by folder; what was made is removed again when the kernel refuses any of it."""
    made: list[Path] = []
    parent = root
    try:
        for step in ("tocsin", *name.split("/")):
            _hand_down(parent, controller)
            parent = parent / step
            if not parent.exists():
                parent.mkdir()
                made.append(parent)
        prepare(parent)
    except OSError:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # another stack may have moved in meanwhile
                folder.rmdir()
        return None
    return parent


def _hand_down(parent: Path, controller: str) -> None:
    """In v2 a group has the controllers that its parent hands down, so every level above a replica must do so.

    In v1 a hierarchy brings its controller along, and ``controller`` is empty.
    """
    control = parent / "cgroup.subtree_control"
    if controller and controller not in _text(control).split():
        _write(control, f"+{controller}")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")


def works() -> bool:
    """True when CPU limits can be set here by cgroup."""
    group = make_group("probe/probe")
    if group is None:
        return False
    remove_group(group)
    remove_group(group.parent)
    return True


def set_quota(group: Path, cores: float | None) -> None:
    """Limit a cgroup to ``cores``; None lifts the limit.

    Raises:
        OSError: when the kernel refuses.
    """
    quota = None if cores is None else max(1000, int(cores * PERIOD))
    if (group / "cpu.max").exists():
        (group / "cpu.max").write_text(f"{'max' if quota is None else quota} {PERIOD}", encoding="ascii")
        return
    (group / "cpu.cfs_period_us").write_text(str(PERIOD), encoding="ascii")
    (group / "cpu.cfs_quota_us").write_text(str(-1 if quota is None else quota), encoding="ascii")


def by_hand(group: Path, cores: float | None) -> str:
    """The shell command that sets a group's limit."""
    quota_us = None if cores is None else max(1000, int(cores * PERIOD))
    if (group / "cpu.max").exists():
        return f"echo '{'max' if quota_us is None else quota_us} {PERIOD}' > {group}/cpu.max"
    return f"echo {-1 if quota_us is None else quota_us} > {group}/cpu.cfs_quota_us"


def quota(group: Path) -> float | None:
    """The limit in cores; None = unlimited."""
    if (group / "cpu.max").exists():
        first, period = _text(group / "cpu.max").split()
        return None if first == "max" else int(first) / int(period)
    value = int(_text(group / "cpu.cfs_quota_us") or -1)
    return None if value < 0 else value / int(_text(group / "cpu.cfs_period_us"))


def throttled(group: Path) -> tuple[int, int]:
    """(periods, throttled periods) so far."""
    fields = dict(line.split() for line in _text(group / "cpu.stat").splitlines() if len(line.split()) == 2)
    return int(fields.get("nr_periods", 0)), int(fields.get("nr_throttled", 0))


def members(group: Path) -> list[int]:
    """Process ids in the group."""
    return [int(line) for line in _text(group / "cgroup.procs").split()]


def remove_group(group: Path) -> None:
    """Remove an emptied group; one that is gone is fine.

    Raises:
        OSError: when processes are still in it.
    """
    try:
        group.rmdir()
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV):
            return ""
        raise


def host_cores() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0))
