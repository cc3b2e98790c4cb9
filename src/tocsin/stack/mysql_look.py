"""A bounded look into a MySQL or MariaDB: global variables that a fault could change, and transactions that hold on."""

import asyncio
import socket
from typing import Any

import asyncmy

from tocsin.errors import TocsinError
from tocsin.model.stack import Address

WATCHED = (
    "max_connections", "max_user_connections", "read_only", "innodb_lock_wait_timeout", "lock_wait_timeout",
    "innodb_read_only", "long_query_time", "slow_query_log", "wait_timeout", "innodb_flush_log_at_trx_commit",
    "innodb_buffer_pool_size", "innodb_thread_concurrency", "sync_binlog", "max_allowed_packet",
)  # fmt: skip
OLD = 5
"""Seconds after which an open transaction counts as one that somebody holds."""
_SETTINGS = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({', '.join(repr(name) for name in WATCHED)})"
_HELD = (
    "SELECT trx_mysql_thread_id "  # noqa: S608 - constants
    f"FROM information_schema.innodb_trx WHERE TIMESTAMPDIFF(SECOND, trx_started, NOW()) >= {OLD}"
)


def look_at_mysql(address: Address, user: tuple[str, str, str], patience: float) -> tuple[dict[str, str], list[str]]:
    """(settings, trouble), within ``patience`` seconds; ``user`` is name, password and database.

    Raises:
        TocsinError: when the server does not answer.
    """
    try:
        _greets(address, patience / 2)
        return asyncio.run(_within(patience, address, user))
    except (OSError, asyncmy.errors.Error) as error:
        text = str(error) or "no answer in time"
        raise TocsinError(f"it does not answer (frozen or starved?): {text}") from error


def _greets(address: Address, patience: float) -> None:
    """The server speaks first; one that is frozen lets the kernel accept and says nothing."""
    with socket.create_connection((address.host, address.port), timeout=patience) as connection:
        if not connection.recv(1):
            raise ConnectionError("it closed the connection")


async def _within(patience: float, address: Address, user: tuple[str, str, str]) -> tuple[dict[str, str], list[str]]:
    async with asyncio.timeout(patience):
        return await _look(address, user)


async def _look(address: Address, user: tuple[str, str, str]) -> tuple[dict[str, str], list[str]]:
    name, password, database = user
    connection = await asyncmy.connect(
        host=address.host, port=address.port, user=name, password=password, db=database, autocommit=True
    )
    try:
        async with connection.cursor() as cursor:
            settings = {str(key): str(value) for key, value in await _rows(cursor, _SETTINGS)}
            held = [
                f"connection {thread} has held a transaction open for {OLD} s or more; KILL {thread} ends it"
                for (thread,) in await _rows(cursor, _HELD)
            ]
            return settings, held
    finally:
        connection.close()


async def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    await cursor.execute(sql)
    return list(await cursor.fetchall())
