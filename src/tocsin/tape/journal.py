"""The guardian's journal beside a tape: what it did after the director was gone, as events."""

import json
import os
from pathlib import Path

from pydantic import ValidationError

from tocsin import clock
from tocsin.model.event import Event, EventData, event_data

JOURNAL = "journal.jsonl"


class Journal:
    """The writing end; failing to record never delays an undoing, so nothing is ever raised."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, data: EventData) -> None:
        """Add an event that happens now; on disk when this returns, if there is room for it."""
        line = {"wall": clock.wall(), "data": event_data.dump_python(data, mode="json")}
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return


def read_journal(tape: Path, started: float, after: int) -> list[Event]:
    """Events of the journal beside ``tape``, numbered from ``after`` on; a torn last line is passed over.

    ``started`` is t = 0 in seconds since the epoch.
    """
    path = tape.with_name(JOURNAL)
    if not path.exists():
        return []
    found: list[Event] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            stored = json.loads(line)
            wall = float(stored["wall"])
            data = event_data.validate_python(stored["data"])
        except (ValueError, KeyError, TypeError, ValidationError):
            continue
        found.append(Event(seq=after + len(found) + 1, t=round(wall - started, 3), wall=round(wall, 3), data=data))
    return found
