"""The ledger on disk: JSON lines, each fsynced before what it announces is done; one writer at a time."""

import contextlib
import errno
import fcntl
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from tocsin import clock
from tocsin.errors import Blocked
from tocsin.ledger.entry import BEING_UNDONE, Entry, Kind, State

_LOCKED_WITHIN = 1.0
"""Seconds in which the lock must be had: whoever only looks whether it is held (``is_held``) has it for a moment."""


class Ledger:
    """The open ledger of one run; the file lock makes it the only writer."""

    def __init__(self, path: Path, descriptor: int | None = None) -> None:
        """``descriptor`` is that of the locked file when this process has inherited it (see ``hand_over``).

        Raises:
            Blocked: when another process has it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: BinaryIO = path.open("ab", buffering=0) if descriptor is None else os.fdopen(descriptor, "ab", 0)
        if not clock.wait_until(self._lock, timeout=_LOCKED_WITHIN, every=0.02):
            self._file.close()
            raise Blocked(f"{path} is being written by another tocsin process")
        _sync_folder(path.parent)
        self._end_torn_line()
        self._entries = {entry.id: entry for entry in read_ledger(path)}

    def intend(self, entry_id: str, kind: Kind, record: dict[str, Any]) -> Entry:
        """Write down what is about to be done; on disk when this returns."""
        return self._write(Entry(id=entry_id, kind=kind, state="intended", record=record, at=clock.wall()))

    def mark(self, entry_id: str, state: State, detail: str = "") -> Entry:
        """Write down a change of state."""
        entry = self._entries[entry_id]
        return self._write(entry.model_copy(update={"state": state, "at": clock.wall(), "detail": detail}))

    def entries(self) -> list[Entry]:
        """All entries, in the order they were intended."""
        return list(self._entries.values())

    def open_entries(self) -> list[Entry]:
        """What still must be undone, last intended first."""
        return [entry for entry in reversed(self.entries()) if entry.is_open]

    def hand_over(self) -> int:
        """The descriptor of the locked file, which a program that replaces this one keeps."""
        descriptor = self._file.fileno()
        os.set_inheritable(descriptor, True)
        return descriptor

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _lock(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _write(self, entry: Entry) -> Entry:
        line = entry.model_dump_json().encode() + b"\n"
        size = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(line)
            os.fsync(self._file.fileno())
        except OSError:
            self._cut(size)
            raise
        if written != len(line):
            self._cut(size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._entries[entry.id] = entry
        return entry

    def _cut(self, size: int) -> None:
        """Take back half a line: it would swallow the next one."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file.fileno(), size)

    def _end_torn_line(self) -> None:
        """A writer that died in mid-line left no newline; the next entry must not be glued to its half."""
        content = self.path.read_bytes()
        if content and not content.endswith(b"\n"):
            with contextlib.suppress(OSError):  # no room for one byte: then there is none for an entry either
                self._file.write(b"\n")


def read_ledger(path: Path) -> list[Entry]:
    """Entries in the order they were intended, each in its last known state; torn lines are passed over."""
    return list({entry.id: entry for entry in read_history(path)}.values())


def read_history(path: Path) -> list[Entry]:
    """Every change of state of every entry, as it was written; torn lines are passed over."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")  # records may hold other separators of lines, such as U+2028
    return [entry for entry in map(_parsed, lines) if entry is not None]


def halted_at(path: Path) -> float | None:
    """When a ledger's run was brought to a halt, in seconds since the epoch; None while it is not.

    That is when no load was left and the undoing of something else had been begun; when nothing else was open, when
    the load had stopped.
    """
    history = read_history(path)
    begun = [entry.at for entry in history if entry.detail == BEING_UNDONE]
    loads = {entry.id: entry for entry in history if entry.kind == "load"}.values()
    if not begun or any(load.is_open for load in loads):
        return None
    stopped = max((load.at for load in loads), default=0.0)
    return next((at for at in begun if at >= stopped), max(stopped, begun[-1]))


def _parsed(line: bytes) -> Entry | None:
    try:
        return Entry.model_validate(json.loads(line))
    except (ValueError, ValidationError):
        return None


def is_held(path: Path) -> bool:
    """True while some process has this ledger open for writing."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
