"""A tape read as it grows: each look takes only what is new."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from tocsin.errors import BadInput
from tocsin.model.event import Event, event_data
from tocsin.model.window import Array, RawSeries, SampleWindow
from tocsin.tape.journal import JOURNAL, read_journal
from tocsin.tape.store import TapeReader

_LATE = 6.0
"""Seconds by which a sample may come later than others of its time: targets are scraped each at its own moment."""

_TOLD = 1.1
"""Seconds after which a second has been told by every target."""

Row = tuple[Any, ...]


class LogLine(NamedTuple):
    """A line of a service's log, first seen ``t`` seconds after the start."""

    t: float
    service: str
    line: str


@dataclass
class _Series:
    """One series as arrays that double when they are full."""

    part: str
    entity: str
    t: Array = field(default_factory=lambda: np.empty(64))
    v: Array = field(default_factory=lambda: np.empty(64))
    size: int = 0

    def add(self, t: Array, v: Array) -> None:
        """Take samples in time order; those known already are passed over."""
        fresh = t > self.t[self.size - 1] if self.size else np.ones(t.size, dtype=bool)
        t, v = t[fresh], v[fresh]
        end = self.size + t.size
        if end > self.t.size:
            room = max(end, 2 * self.t.size)
            self.t, self.v = np.resize(self.t, room), np.resize(self.v, room)
        self.t[self.size : end], self.v[self.size : end] = t, v
        self.size = end

    def since(self, t: float) -> RawSeries:
        """The samples from ``t`` on, and the one before them: what began earlier must not look new-born."""
        first = max(0, int(np.searchsorted(self.t[: self.size], t)) - 1)
        return RawSeries(self.entity, self.t[first : self.size], self.v[first : self.size])


class TapeFollower:
    """The reading end for those who look again and again, such as the console. Looks may come from any one thread."""

    def __init__(self, path: Path) -> None:
        """Open a tape.

        Raises:
            BadInput: when it is missing, is no tape, is broken, or was written by a newer Tocsin.
        """
        with TapeReader.open(path) as reader:
            self.meta = reader.meta
        self.path = path
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        self._seq = 0
        self._log_row = 0
        self._journal = (0, 0)
        self._series: dict[int, _Series] = {}
        self._last_sample = 0.0

    def events(self) -> list[Event]:
        """Events that came since the last look, in the order of their times.

        Raises:
            BadInput: when the tape is broken; so do the other looks.
        """
        rows = self._rows("SELECT seq, t, wall, data FROM events WHERE seq > ? ORDER BY seq", self._seq)
        try:
            found = [Event(seq=s, t=t, wall=w, data=event_data.validate_json(data)) for s, t, w, data in rows]
        except ValidationError as error:
            raise BadInput(f"{self.path}: the tape is broken: {str(error).splitlines()[0]}") from error
        self._seq = max([self._seq, *(event.seq for event in found)])
        return sorted([*found, *self._journal_events()], key=lambda event: (event.t, event.seq))

    def _journal_events(self) -> list[Event]:
        """What the guardian wrote down itself; read again only when its file has changed."""
        path = self.path.with_name(JOURNAL)
        size = path.stat().st_size if path.exists() else 0
        known, taken = self._journal
        if size == known:
            return []
        found = read_journal(self.path, self.meta, self._seq)
        self._journal = (size, len(found))
        return found[taken:]

    def logs(self) -> list[LogLine]:
        """Log lines that came since the last look."""
        rows = self._rows("SELECT rowid, t, service, line FROM logs WHERE rowid > ? ORDER BY rowid", self._log_row)
        if rows:
            self._log_row = int(rows[-1][0])
        return [LogLine(float(t), str(service), str(line)) for _, t, service, line in rows]

    def take_samples(self) -> bool:
        """Take in the samples that came since the last look; True when there were any."""
        if not self._series:
            rows = self._rows("SELECT series, t, value FROM samples")
        else:
            rows = self._rows(
                "SELECT samples.series, samples.t, samples.value FROM series JOIN samples "
                "ON samples.series = series.id AND samples.t > ? ORDER BY samples.series, samples.t",
                self._last_sample - _LATE,
            )
        if not rows:
            return False
        table = np.array(rows, dtype=np.float64)
        if not self._series.keys() >= set(table[:, 0].astype(int).tolist()):
            self._name_series()
        before, self._last_sample = self._last_sample, max(self._last_sample, float(table[:, 1].max()))
        for chunk in np.split(table, np.flatnonzero(np.diff(table[:, 0])) + 1):
            self._series[int(chunk[0, 0])].add(chunk[:, 1], chunk[:, 2])
        return self._last_sample > before

    def _name_series(self) -> None:
        for number, part, entity in self._rows("SELECT id, signal, entity FROM series"):
            self._series.setdefault(int(number), _Series(str(part), str(entity)))

    @property
    def whole_seconds(self) -> int:
        """The last second that every target has told all of."""
        return max(0, int(self._last_sample - _TOLD))

    def window(self, start: int, end: int, parts: Iterable[str]) -> SampleWindow:
        """The samples taken in of some signal parts, on the grid of whole seconds ``start .. end``."""
        wanted = set(parts)
        found: dict[str, list[RawSeries]] = {}
        for one in self._series.values():
            if one.part in wanted and one.size:
                found.setdefault(one.part, []).append(one.since(start - _LATE))
        return SampleWindow(start, max(start, end), found)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _rows(self, sql: str, *values: float) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise BadInput(f"{self.path}: the tape is broken: {error}") from error
