"""Processes as ``/proc`` shows them, read as cheaply as possible: one small file per process and look."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = "/proc"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CHUNK = 1 << 15


@dataclass(frozen=True)
class ProcessStat:
    """One process: ``cpu_ticks`` (user and system, with waited-for children) and ``started`` in clock ticks."""

    pid: int
    state: str
    session: int
    cpu_ticks: int
    started: int

    @property
    def is_dead(self) -> bool:
        """True for a process that has ended and was not yet waited for."""
        return self.state in "ZX"


@dataclass(frozen=True)
class Memory:
    """Memory in bytes: everything resident, and the part of it that is not backed by files or shared."""

    resident: int = 0
    anonymous: int = 0

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.resident + other.resident, self.anonymous + other.anonymous)


@dataclass(frozen=True)
class Disk:
    """Bytes that went from and to storage."""

    read: int = 0
    written: int = 0

    def __add__(self, other: "Disk") -> "Disk":
        return Disk(self.read + other.read, self.written + other.written)


def parse_stat(text: str) -> ProcessStat:
    """A line of ``/proc/PID/stat``; the command name may hold blanks and brackets. Fields: proc(5).

    Raises:
        ValueError: when it is no such line.
    """
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    if len(fields) < 20:
        raise ValueError(f"not a line of /proc/PID/stat: {text[:80]!r}")
    return ProcessStat(
        pid=int(head.split("(", 1)[0]),
        state=fields[0],
        session=int(fields[3]),
        cpu_ticks=sum(map(int, fields[11:15])),
        started=int(fields[19]),
    )


def parse_statm(text: str) -> Memory:
    """A line of ``/proc/PID/statm``, which counts in pages: size, resident, shared, ...

    Raises:
        ValueError: when it is no such line.
    """
    fields = text.split()
    if len(fields) < 3:
        raise ValueError(f"not a line of /proc/PID/statm: {text[:80]!r}")
    resident, shared = int(fields[1]), int(fields[2])
    return Memory(resident * _PAGE, max(0, resident - shared) * _PAGE)


def parse_fields(text: str) -> dict[str, int]:
    """Lines of ``name: number ...`` or ``name number`` (``/proc/PID/io``, ``/proc/meminfo``, ``cpu.stat``)."""
    found = {}
    for line in text.splitlines():
        name, *values = line.replace(":", " ", 1).split() or [""]
        if values and values[0].lstrip("-").isdecimal():
            found[name] = int(values[0])
    return found


def parse_io(text: str) -> Disk:
    """``/proc/PID/io``."""
    fields = parse_fields(text)
    return Disk(fields.get("read_bytes", 0), fields.get("write_bytes", 0))


def sessions(leaders: Collection[int]) -> dict[int, list[ProcessStat]]:
    """The living processes of some sessions, by the process that leads the session."""
    found: dict[int, list[ProcessStat]] = {leader: [] for leader in leaders}
    for name in os.listdir(PROC):  # noqa: PTH208 - half the cost of iterdir, once a second
        text = read_text(f"{PROC}/{name}/stat") if name.isdecimal() else ""
        stat = parse_stat(text) if text and _session(text) in found else None
        if stat and not stat.is_dead:
            found[stat.session].append(stat)
    return found


def _session(stat: str) -> int:
    """The session in a line of ``/proc/PID/stat``: most processes of a machine are of no interest."""
    return int(stat.rpartition(")")[2].split(None, 4)[3])


def memory(pids: Iterable[int]) -> Memory:
    """Memory of some processes; those that are gone count nothing. Pages that two of them share count twice."""
    texts = (read_text(f"{PROC}/{pid}/statm") for pid in pids)
    return sum((parse_statm(text) for text in texts if text), Memory())


def disk(pids: Iterable[int]) -> Disk:
    """Disk traffic of some processes; those that are gone or not ours to look at count nothing."""
    return sum((parse_io(read_text(f"{PROC}/{pid}/io")) for pid in pids), Disk())


def boot_time() -> int:
    """When the machine was booted, in seconds since the Unix epoch."""
    return parse_fields(read_text(f"{PROC}/stat"))["btime"]


def boot_id() -> str:
    """The kernel's identity of this boot."""
    return read_text(f"{PROC}/sys/kernel/random/boot_id").strip()


def machine_memory() -> int:
    """Memory of the machine in bytes."""
    return parse_fields(read_text(f"{PROC}/meminfo"))["MemTotal"] * 1024


def read_text(path: str | Path) -> str:
    """A small file, read without a file object; empty when it is gone or not ours to read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        found = b""
        while chunk := os.read(descriptor, _CHUNK):
            found += chunk
        return found.decode("utf-8", "replace")
    except OSError:  # the process has ended between the two calls
        return ""
    finally:
        os.close(descriptor)
