"""The tape: one SQLite file per run, append-only; written by the director alone, read by everybody."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from tocsin.errors import BadInput, TocsinError
from tocsin.model.event import Event, EventData, event_data
from tocsin.model.run import TAPE_SCHEMA, RunMeta
from tocsin.model.window import SampleWindow
from tocsin.tape.journal import read_journal
from tocsin.tape.window import LiveWindow

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE events (seq INTEGER PRIMARY KEY, t REAL NOT NULL, wall REAL NOT NULL, lane TEXT NOT NULL,
                     kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE series (id INTEGER PRIMARY KEY, signal TEXT NOT NULL, entity TEXT NOT NULL, labels TEXT NOT NULL,
                     UNIQUE (signal, entity, labels));
CREATE TABLE samples (series INTEGER NOT NULL, t REAL NOT NULL, value REAL NOT NULL,
                      PRIMARY KEY (series, t)) WITHOUT ROWID;
CREATE TABLE logs (t REAL NOT NULL, service TEXT NOT NULL, line TEXT NOT NULL);
"""


_SCRAPE = 1.1
"""Seconds after which a second has been told by every target."""


class Sample(NamedTuple):
    """One raw sample: signal part (see ``part_key``), entity, labels, seconds since the start, value."""

    signal: str
    entity: str
    labels: Mapping[str, str]
    t: float
    value: float


class TapeFailed(TocsinError):  # noqa: N818 - says what happened
    """The tape cannot be written: a full disk, a folder that is gone."""


class Tape:
    """The writing end; every call is one transaction, so a killed writer leaves a whole tape behind."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._seq = 0
        self._series: dict[tuple[str, str, str], int] = {}

    @classmethod
    def create(cls, path: Path, meta: RunMeta) -> Self:
        """Make a tape.

        Raises:
            BadInput: when there is one already.
        """
        if path.exists():
            raise BadInput(f"{path}: there is a tape already")
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_SCHEMA)
        connection.execute("INSERT INTO meta VALUES ('run', ?)", (meta.model_dump_json(by_alias=True),))
        connection.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(meta.schema_version),))
        return cls(path, connection)

    def append(self, t: float, wall: float, data: EventData) -> Event:
        """Add an event.

        Raises:
            TapeFailed: when it cannot be written; so do the other calls.
        """
        event = Event(seq=self._seq + 1, t=round(t, 3), wall=round(wall, 3), data=data)
        row = (event.seq, event.t, event.wall, event.lane, data.kind, event_data.dump_json(data).decode())
        with self._writing():
            self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", row)
        self._seq = event.seq
        return event

    def samples(self, rows: Iterable[Sample]) -> int:
        """Add samples; those known already are passed over. Returns how many were given."""
        with self._writing():
            self._connection.execute("BEGIN")
            values = [(self._series_id(row), row.t, row.value) for row in rows]
            self._connection.executemany("INSERT OR IGNORE INTO samples VALUES (?, ?, ?)", values)
            self._connection.execute("COMMIT")
        return len(values)

    def log_lines(self, t: float, lines: Iterable[tuple[str, str]]) -> None:
        """Add (service, line) pairs that were first seen at ``t``."""
        values = [(round(t, 3), service, line) for service, line in lines]
        if values:
            with self._writing():
                self._connection.execute("BEGIN")
                self._connection.executemany("INSERT INTO logs VALUES (?, ?, ?)", values)
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        with suppress(sqlite3.Error):  # a log that cannot be folded is read from where it is
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._connection.rollback()
            raise TapeFailed(f"the tape {self.path} cannot be written: {error}", hint="Is the disk full?") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _series_id(self, row: Sample) -> int:
        key = (row.signal, row.entity, json.dumps(dict(row.labels), sort_keys=True))
        found = self._series.get(key)
        if found is None:
            found = len(self._series) + 1
            self._series[key] = found
            self._connection.execute("INSERT INTO series VALUES (?, ?, ?, ?)", (found, *key))
        return found


class TapeReader:
    """The reading end; needs nothing but the file."""

    def __init__(self, path: Path, connection: sqlite3.Connection, meta: RunMeta) -> None:
        self.path = path
        self.meta = meta
        self._connection = connection
        self._live: LiveWindow | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a tape.

        Raises:
            BadInput: when it is missing, is no tape, is broken, or was written by a newer Tocsin.
        """
        if not path.is_file():
            raise BadInput(f"{path}: there is no tape here", hint="`tocsin list runs` shows the runs there are.")
        try:
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            stored = dict(connection.execute("SELECT key, value FROM meta"))
            _check_version(path, stored)
            meta = RunMeta.model_validate_json(stored["run"])
        except (sqlite3.DatabaseError, KeyError, ValidationError) as error:
            raise BadInput(f"{path}: the tape is broken or is no tape: {str(error).splitlines()[0]}") from error
        return cls(path, connection, meta)

    def events(self) -> list[Event]:
        """All events, in the order of their times, those of the guardian's journal among them.

        Raises:
            BadInput: when the tape is broken.
        """
        try:
            rows = self._connection.execute("SELECT seq, t, wall, data FROM events ORDER BY t, seq").fetchall()
            events = [Event(seq=s, t=t, wall=w, data=event_data.validate_json(data)) for s, t, w, data in rows]
        except (sqlite3.DatabaseError, ValidationError) as error:
            raise BadInput(f"{self.path}: the tape is broken: {str(error).splitlines()[0]}") from error
        journal = read_journal(self.path, self.meta, max((event.seq for event in events), default=0))
        return sorted([*events, *journal], key=lambda event: (event.t, event.seq))

    @property
    def last_t(self) -> float:
        """Seconds since the start of the last event or sample."""
        found = self._query("SELECT max(t) FROM (SELECT max(t) AS t FROM events UNION ALL SELECT max(t) FROM samples)")
        return float(found[0][0] or 0.0)

    def window(self, start: int = 0, end: int | None = None) -> SampleWindow:
        """Samples on the grid of whole seconds ``start .. end``.

        By default the whole tape, up to the last second that every target had told all of: scrapes come once a second,
        each at its own moment.
        """
        if self._live is None:
            self._live = LiveWindow()
            rows = self._query(
                "SELECT signal, entity, labels, t, value FROM samples JOIN series ON series.id = samples.series "
                "ORDER BY series, t"
            )
            self._live.add(Sample(signal, entity, {"": labels}, t, value) for signal, entity, labels, t, value in rows)
        return self._live.window(start, self._whole_seconds if end is None else end)

    @property
    def _whole_seconds(self) -> int:
        found = self._query("SELECT max(t) FROM samples")
        return max(0, int(float(found[0][0] or 0.0) - _SCRAPE))

    def logs(self) -> list[tuple[float, str, str]]:
        """(seconds since the start, service, line) of all log lines."""
        return [
            (float(t), str(s), str(line)) for t, s, line in self._query("SELECT t, service, line FROM logs ORDER BY t")
        ]

    def samples(self) -> Iterator[Sample]:
        """Every raw sample, by series and time, one after the other.

        Raises:
            BadInput: when the tape is broken.
        """
        try:
            rows = self._connection.execute(
                "SELECT signal, entity, labels, t, value FROM samples JOIN series ON series.id = samples.series "
                "ORDER BY series, t"
            )
            for signal, entity, labels, t, value in rows:
                yield Sample(signal, entity, json.loads(labels), t, value)
        except sqlite3.DatabaseError as error:
            raise BadInput(f"{self.path}: the tape is broken: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql).fetchall()
        except sqlite3.DatabaseError as error:
            raise BadInput(f"{self.path}: the tape is broken: {error}") from error


def _check_version(path: Path, stored: dict[str, str]) -> None:
    version = int(stored.get("schema_version", "0"))
    if version > TAPE_SCHEMA:
        raise BadInput(
            f"{path}: the tape was written by a newer Tocsin (format {version}, this one reads up to {TAPE_SCHEMA})",
            hint="Update Tocsin to read it.",
        )
