"""Sessions of a MySQL or MariaDB as an operator sees them: who sits on an open transaction, and ending one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError

from tocsin.errors import TocsinError
from tocsin.model.stack import Address, Login

IDLE = 3
"""Seconds without a statement after which a session with an open transaction counts as one that sits on it."""
_WITHIN = 10.0
_ALREADY_GONE, _FULL = 1094, 1040
_SITTING = (
    "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "  # noqa: S608 - constants
    "JOIN information_schema.processlist ON id = trx_mysql_thread_id "
    f"WHERE command = 'Sleep' AND time >= {IDLE} ORDER BY trx_started"
)


def sitting(address: Address, login: Login) -> list[int]:
    """Connection numbers of those that have a transaction open and have said nothing for 3 s, oldest first.

    Raises:
        TocsinError: when the server cannot be asked.
    """
    found: list[int] = _run(address, login, _sitting)
    return found


def end_connections(address: Address, login: Login, numbers: Sequence[int]) -> None:
    """KILL connections; one that is gone is fine.

    Raises:
        TocsinError: when the server cannot be asked, or refuses.
    """
    _run(address, login, lambda cursor: _end(cursor, numbers))


def end_marked(address: Address, login: Login, marks: Sequence[str]) -> None:
    """KILL the connections that hold the named locks ``marks``.

    Raises:
        TocsinError: when the server cannot be asked, or refuses.
    """

    async def work(cursor: Any) -> None:
        owners = []
        for mark in marks:
            await cursor.execute("SELECT IS_USED_LOCK(%s)", (mark,))
            owners += [int(owner) for (owner,) in await cursor.fetchall() if owner is not None]
        await _end(cursor, owners)

    _run(address, login, work)


def _run(address: Address, login: Login, work: Any) -> Any:
    async def within() -> Any:
        async with asyncio.timeout(_WITHIN), _cursor(address, login) as cursor:
            return await work(cursor)

    try:
        return asyncio.run(within())
    except (MySQLError, OSError, TimeoutError) as error:
        raise TocsinError(f"the database cannot be asked: {str(error) or 'no answer in time'}") from error


@asynccontextmanager
async def _cursor(address: Address, login: Login) -> AsyncIterator[Any]:
    way = {"host": address.host, "port": address.port, "user": login.user, "password": login.password}
    try:
        connection = await asyncmy.connect(**way, db=login.database, autocommit=True)
    except MySQLError as error:
        if error.args[:1] != (_FULL,) or not login.socket:
            raise
        way = {"unix_socket": login.socket, "user": login.administrator}  # who is let in beyond the limit
        connection = await asyncmy.connect(**way, db=login.database, autocommit=True)
    try:
        async with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


async def _sitting(cursor: Any) -> list[int]:
    await cursor.execute(_SITTING)
    return [int(number) for (number,) in await cursor.fetchall()]


async def _end(cursor: Any, numbers: Sequence[int]) -> None:
    for number in numbers:
        try:
            await cursor.execute(f"KILL {int(number)}")
        except MySQLError as error:
            if error.args[:1] != (_ALREADY_GONE,):
                raise
