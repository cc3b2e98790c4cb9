"""The journal beside a tape: what was undone after the director was gone, as events."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tocsin import clock
from tocsin.model.event import Event, EventData, event_data
from tocsin.model.run import RunMeta

JOURNAL = "journal.jsonl"


class Journal:
    """The writing end; failing to record never delays an undoing, so nothing is ever raised."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, data: EventData, moment: "Moment | None" = None) -> None:
        """Add an event of ``moment`` (now when left out); on disk when this returns, if there is room for it."""
        when = moment or Moment()
        line = {"wall": when.wall, "monotonic": when.monotonic, "boot": when.boot}
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line | {"data": event_data.dump_python(data, mode="json")}) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return


class Moment:
    """Now, on both clocks: seconds since the epoch, and seconds on the clock of this boot that never jumps."""

    def __init__(self) -> None:
        self.wall = clock.wall()
        self.monotonic = clock.monotonic()
        self.boot = clock.boot()


def read_journal(tape: Path, meta: RunMeta, after: int) -> list[Event]:
    """Events of the journal beside ``tape``, numbered from ``after`` on; a torn last line is passed over.

    Seconds since the start come from the clock that never jumps, as long as the machine has not booted since.
    """
    path = tape.with_name(JOURNAL)
    if not path.exists():
        return []
    found: list[Event] = []
    for line in path.read_bytes().split(b"\n"):
        try:
            stored = json.loads(line)
            t = _since_start(stored, meta)
            data = event_data.validate_python(stored["data"])
        except (ValueError, KeyError, TypeError, ValidationError):
            continue
        found.append(Event(seq=after + len(found) + 1, t=round(t, 3), wall=round(meta.started + t, 3), data=data))
    return found


def _since_start(stored: dict[str, Any], meta: RunMeta) -> float:
    if meta.boot and stored.get("boot") == meta.boot:
        return float(stored["monotonic"]) - meta.started_monotonic
    return float(stored["wall"]) - meta.started
