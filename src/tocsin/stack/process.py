"""Processes by (pid, start time, boot id), so that a recycled pid is never touched."""

import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin import clock

_STATE, _START = 0, 19  # fields of /proc/PID/stat after the command name, proc(5)


@dataclass(frozen=True)
class ProcessId:
    """One process for good: ``started`` is in clock ticks since boot ``boot``."""

    pid: int
    started: int
    boot: str


OPEN_FILES = 65_536
"""Files that a process may have open: 5,000 virtual users on both ends of a proxy, and room. Where the hard limit is
beyond that, it is not gone up to: some servers set memory aside for every file that they might open."""

_outliving: "list[subprocess.Popen[bytes]]" = []
"""Processes that may outlive whoever started them; they are found again by mark and session, not through this."""


def spawn(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path | None = None, folder: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own that may outlive this one.

    ``environment`` is added to ours; output goes to the end of ``log``, or nowhere. It may open many files, and so may
    this process from now on: limits are inherited.
    """
    allow_open_files()
    with (log or Path(os.devnull)).open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ) | dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    _outliving.append(process)
    return process


def allow_open_files() -> None:
    """Raise this process's soft limit of open files as far as the hard limit and ``OPEN_FILES`` allow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def identity(pid: int) -> ProcessId | None:
    """Who has this pid now; None when nobody has, or only a zombie."""
    stat = _stat(pid)
    if stat is None or stat[_STATE] in "ZX":
        return None
    return ProcessId(pid, int(stat[_START]), clock.boot())


def is_same(process: ProcessId) -> bool:
    """True while this very process exists and is not a zombie."""
    return identity(process.pid) == process


def is_stopped(process: ProcessId) -> bool:
    """True when this very process exists and is stopped by a signal."""
    stat = _stat(process.pid)
    return is_same(process) and stat is not None and stat[_STATE] == "T"


def send(process: ProcessId, signum: signal.Signals) -> bool:
    """Signal this very process; False when it is gone. The pidfd closes the gap between looking and sending."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (ProcessLookupError, OSError):
        return False
    try:
        if not is_same(process):
            return False
        signal.pidfd_send_signal(descriptor, signum)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def reap(pid: int) -> None:
    """Collect the exit status when the process was our own child."""
    for process in [one for one in _outliving if one.pid == pid]:
        if process.poll() is not None:
            _outliving.remove(process)
        return
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def terminate(process: ProcessId, grace: float) -> bool:
    """End this very process: SIGTERM (and SIGCONT, it may be frozen), after ``grace`` seconds SIGKILL.

    True when it is gone. A process that ignores SIGKILL for two seconds more is reported as False.
    """

    def gone() -> bool:
        reap(process.pid)
        return not is_same(process)

    if grace > 0 and send(process, signal.SIGTERM):
        send(process, signal.SIGCONT)
        if clock.wait_until(gone, timeout=grace, every=0.02):
            return True
    send(process, signal.SIGKILL)
    return clock.wait_until(gone, timeout=2.0, every=0.02)


def carries(process: ProcessId, marks: Mapping[str, str]) -> bool:
    """True when the environment that this very process was started with holds all of these."""
    try:
        words = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return all(f"{name}={value}".encode() in words for name, value in marks.items()) and is_same(process)


def carrying(marks: Mapping[str, str]) -> list[ProcessId]:
    """Living processes whose environment holds all of these."""
    everybody = (identity(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in everybody if process is not None and carries(process, marks)]


def marked(variable: str, value: str) -> list[ProcessId]:
    """Processes whose environment holds ``variable=value``: how a stack finds all it ever started."""
    return carrying({variable: value})


def mark_of(process: ProcessId, variable: str) -> str:
    """The value of a variable in a process's environment; empty when it has none or is gone."""
    with contextlib.suppress(OSError):
        for word in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
            name, _, value = word.decode(errors="replace").partition("=")
            if name == variable:
                return value
    return ""


def working_in(folder: Path) -> list[ProcessId]:
    """Living processes whose working folder is, or was until it was removed, inside ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(identity(int(entry.name)))
    return [process for process in found if process is not None]


def words_of(process: ProcessId) -> list[str]:
    """The command line of a process; empty when it is gone."""
    try:
        text = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [word.decode(errors="replace") for word in text.split(b"\0")[:-1]]


def cpu_seconds(pid: int) -> float:
    """User and system CPU seconds of a process, without those of its children; 0 when it is gone."""
    stat = _stat(pid)
    return sum(int(field) for field in stat[11:13]) / os.sysconf("SC_CLK_TCK") if stat else 0.0
