"""Sessions in a database server: of this process, and found again from any other by the name of a lock they hold.

A session that only sits there holds what it holds until it ends: when it is closed, when the process that opened it
dies (the kernel closes its socket, and the server rolls back at once), when somebody kills it, and at the latest when
the server's own ``wait_timeout`` for it is over. Its mark is a named lock (``GET_LOCK``): whoever asks for the lock's
owner (``IS_USED_LOCK``) learns which session it is, in another process and after a restart of this one.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import asyncmy
from asyncmy.errors import MySQLError

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model.fault import Injection
from tocsin.model.stack import Address, Login, Stack

_PATIENCE = 10.0
"""Seconds that one statement may take."""
_ENDED_WITHIN = 5.0
"""Seconds in which a session that was killed must be gone."""
_ALREADY_GONE, _FULL = 1094, 1040

Statement = tuple[str, Sequence[Any]]

_HELD: dict[str, "Session"] = {}
"""Sessions of this process by mark, kept so that they stay open; undoing does not rest on them."""


class Session:
    """One connection, straight to the server; nothing of it runs while nobody asks."""

    def __init__(self, address: Address, login: Login, *, administrator: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        way: dict[str, Any] = {"host": address.host, "port": address.port}
        way |= {"user": login.user, "password": login.password}
        if administrator:
            way = {"unix_socket": login.socket, "user": login.administrator}
        opening = asyncmy.connect(**way, db=login.database, autocommit=True, connect_timeout=3)
        try:
            self._connection = self._loop.run_until_complete(asyncio.wait_for(opening, _PATIENCE))
        except BaseException:
            self._loop.close()
            raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Raises:
            MySQLError, OSError: when it fails, or takes more than 10 s.
        """
        return self._loop.run_until_complete(asyncio.wait_for(self._rows(sql, values), _PATIENCE))

    async def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        async with self._connection.cursor() as cursor:
            await cursor.execute(sql, values)
            return list(await cursor.fetchall())

    def close(self) -> None:
        """End it, whatever has become of its server."""
        self._connection.close()
        self._loop.run_until_complete(asyncio.sleep(0))  # lets the transport go
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(stack: Stack, injection: Injection) -> Session:
    """A new session in the target of an injection; the administrator's, where all others are taken."""
    address, login = stack.address(injection.target), stack.login(injection.target)
    try:
        return Session(address, login)
    except MySQLError as error:
        if not is_full(error) or not login.socket:
            raise
        return Session(address, login, administrator=True)


def is_full(error: MySQLError) -> bool:
    """Whether the server refused a connection because it has as many as it takes."""
    return error.args[:1] == (_FULL,)


def hold(stack: Stack, injection: Injection, mark: str, expires: int, statements: Sequence[Statement] = ()) -> None:
    """Open a session that bears ``mark``, runs ``statements``, and then sits there with what they have taken.

    It ends by itself ``expires`` seconds later, and stays open until then, until ``end``, or until this process dies.
    Nothing is done when a session bears the mark already.
    """
    session = Session(stack.address(injection.target), stack.login(injection.target))
    try:
        session.rows("SET SESSION wait_timeout = %s", (expires,))
        if not session.rows("SELECT GET_LOCK(%s, 0)", (mark,))[0][0]:
            session.close()
            return
        for sql, values in statements:
            session.rows(sql, values)
    except BaseException:
        session.close()
        raise
    _HELD[mark] = session


def end_others(session: Session, marks: Sequence[str]) -> int:
    """End all sessions of the same user but this one and those that bear a mark; returns how many there were."""
    ours = set(owners(session, marks))
    asked = "SELECT id FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(USER(), '@', 1)"
    others = [int(row[0]) for row in session.rows(f"{asked} AND id <> CONNECTION_ID()") if int(row[0]) not in ours]
    for number in others:
        _kill(session, number)
    return len(others)


def held(marks: Sequence[str]) -> Session | None:
    """A session of this process that bears one of the marks."""
    return next((_HELD[mark] for mark in marks if mark in _HELD), None)


def owners(session: Session, marks: Sequence[str]) -> list[int]:
    """The connection numbers of the sessions that bear one of the marks."""
    return list(_by_mark(session, marks).values())


def borne(session: Session, marks: Sequence[str]) -> set[str]:
    """Those of the marks that a session bears."""
    return set(_by_mark(session, marks))


def _by_mark(session: Session, marks: Sequence[str]) -> dict[str, int]:
    if not marks:
        return {}
    asked = ", ".join(["IS_USED_LOCK(%s)"] * len(marks))
    found = session.rows(f"SELECT {asked}", marks)[0]
    return {mark: int(owner) for mark, owner in zip(marks, found, strict=True) if owner is not None}


def end(stack: Stack, injection: Injection, marks: Sequence[str]) -> None:
    """End every session that bears one of the marks, whichever process holds it, and wait until it is gone."""
    for mark in marks:
        held = _HELD.pop(mark, None)
        if held is not None:
            held.close()
    if not stack.replicas(injection.target):
        return  # a server that is gone has no sessions
    with connect(stack, injection) as session:
        for owner in owners(session, marks):
            _kill(session, owner)
        if not clock.wait_until(lambda: not owners(session, marks), timeout=_ENDED_WITHIN, every=0.05):
            raise TocsinError(
                f"sessions {owners(session, marks)} of {injection.target} were killed and are still there"
            )


def _kill(session: Session, owner: int) -> None:
    try:
        session.rows(f"KILL {owner}")
    except MySQLError as error:
        if error.args[:1] != (_ALREADY_GONE,):
            raise
