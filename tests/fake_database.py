"""A database server in memory that knows sessions, named locks and held rows: what faults of MySQL ask for."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Self

from asyncmy.errors import OperationalError

from tocsin.model.stack import Address, Login


class FakeDatabase:
    """Sessions by number; a session that ends gives back its named locks and rows."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.sessions: set[int] = set()
        self.marks: dict[str, int] = {}
        self.rows_held: dict[Any, int] = {}
        self.keys = [7, 6, 5, 4, 3, 2, 1]
        self.most = 10
        self.expires: dict[int, int] = {}

    def open(self, _address: Address, login: Login, *, administrator: bool = False) -> "FakeSession":
        """A session, for whoever knows the password; takes the place of ``Session``."""
        assert login.password == "unlikely"  # noqa: S105 - a fake
        if len(self.sessions) >= self.most and not administrator:
            raise OperationalError(1040, "Too many connections")
        number = next(self.numbers)
        self.sessions.add(number)
        return FakeSession(self, number)

    def end(self, number: int) -> None:
        """End a session, as KILL, a closed socket or a time-out do."""
        self.sessions.discard(number)
        self.marks = {mark: owner for mark, owner in self.marks.items() if owner != number}
        self.rows_held = {key: owner for key, owner in self.rows_held.items() if owner != number}


class FakeSession:
    """One connection."""

    def __init__(self, server: FakeDatabase, number: int) -> None:
        self.server, self.number = server, number
        self.begun = False

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:  # noqa: C901, PLR0911 - a table
        server = self.server
        if self.number not in server.sessions:
            raise OperationalError(2013, "Lost connection")
        if sql.startswith("SELECT GET_LOCK"):
            free = server.marks.setdefault(values[0], self.number) == self.number
            return [(int(free),)]
        if sql.startswith("SELECT IS_USED_LOCK"):
            return [tuple(server.marks.get(mark) for mark in values)]
        if sql.startswith("KILL"):
            return self._kill(int(sql.rsplit(maxsplit=1)[-1]))
        if sql.startswith("SET SESSION wait_timeout"):
            server.expires[self.number] = values[0]
        if sql == "BEGIN":
            self.begun = True
        if "FOR UPDATE" in sql:
            return self._take(values)
        if "innodb_trx" in sql:
            return [(2,)]
        if "ORDER BY" in sql:
            return [(key,) for key in server.keys[: int(sql.rsplit(maxsplit=1)[-1])]]
        return self._settings(sql)

    def _settings(self, sql: str) -> list[tuple[Any, ...]]:
        if "max_connections" in sql:
            return [(self.server.most,)]
        if "processlist" in sql.lower():
            return [(number,) for number in sorted(self.server.sessions - {self.number})]
        return []

    def _take(self, keys: Sequence[Any]) -> list[tuple[Any, ...]]:
        if any(self.server.rows_held.get(key, self.number) != self.number for key in keys):
            raise OperationalError(1205, "Lock wait timeout exceeded")
        if self.begun:
            self.server.rows_held |= dict.fromkeys(keys, self.number)
        return [(key,) for key in keys]

    def _kill(self, number: int) -> list[tuple[Any, ...]]:
        if number not in self.server.sessions:
            raise OperationalError(1094, f"Unknown thread id: {number}")
        self.server.end(number)
        return []

    def close(self) -> None:
        self.server.end(self.number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
