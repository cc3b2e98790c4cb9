"""The pool of database connections, timed as HikariCP would."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError

from shop.config import DATABASE, DATABASE_USER, Address
from shop.errors import DatabaseError
from shop.pool_metrics import PoolMetrics
from shop.turns import Turns

_ACQUIRE_SECONDS = 10.0
_STATEMENT_SECONDS = 30.0
_CONNECT_SECONDS = 5
_FAILURES = (MySQLError, OSError, EOFError, RuntimeError)
"""What a connection may fail with; RuntimeError is what uvloop says of one that was reset while it was being opened."""


@dataclass(frozen=True)
class PoolSize:
    """How many connections a pool keeps open, and how many it opens at most."""

    minimum: int
    maximum: int


class Database:
    """A pool of connections to the shop's database; every failure of it is a ``DatabaseError``."""

    def __init__(self, pool: Any, metrics: PoolMetrics, most: int = 1) -> None:
        """``most`` connections of ``pool`` are in use at once."""
        self._pool = pool
        self._turns = Turns(most, _ACQUIRE_SECONDS)
        self._metrics = metrics

    @classmethod
    async def open(cls, address: Address, password: str, size: PoolSize, metrics: PoolMetrics) -> "Database":
        """Open the pool with its minimum of connections.

        Raises:
            DatabaseError: when the database cannot be reached.
        """
        try:
            pool = await asyncmy.create_pool(
                minsize=size.minimum,
                maxsize=size.maximum,
                host=address.host,
                port=address.port,
                user=DATABASE_USER,
                password=password,
                db=DATABASE,
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
            )
        except _FAILURES as error:
            raise DatabaseError(f"cannot reach the database at {address}: {error}") from error
        metrics.minimum.set(size.minimum)
        metrics.maximum.set(size.maximum)
        metrics.connections.set_function(lambda: pool.size)
        metrics.idle.set_function(lambda: pool.freesize)
        return cls(pool, metrics, size.maximum)

    async def close(self) -> None:
        """Close all connections, those in use included."""
        self._pool.terminate()
        await self._pool.wait_closed()

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[Any]:
        """Lend a cursor; a connection on which anything failed is thrown away.

        Raises:
            DatabaseError: when no connection comes in 10 s, or a statement fails or takes more than 30 s.
        """
        connection = await self._acquire()
        begun = time.perf_counter()
        self._metrics.active.inc()
        try:
            async with asyncio.timeout(_STATEMENT_SECONDS), connection.cursor() as cursor:
                yield cursor
        except _FAILURES as error:
            connection.close()
            raise DatabaseError(f"{type(error).__name__}: {error}") from error
        except BaseException:
            connection.close()
            raise
        finally:
            self._metrics.active.dec()
            self._metrics.usage.observe(time.perf_counter() - begun)
            self._pool.release(connection)
            self._turns.hand_on()

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask one question and return all its rows.

        Raises:
            DatabaseError: as ``cursor`` does.
        """
        async with self.cursor() as cursor:
            await cursor.execute(sql, values)
            return list(await cursor.fetchall())

    async def change(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement in a transaction of its own and return how many rows it changed.

        Raises:
            DatabaseError: as ``cursor`` does.
        """
        async with self.cursor() as cursor:
            await cursor.execute(sql, values)
            return int(cursor.rowcount)

    async def _acquire(self) -> Any:
        begun = time.perf_counter()
        self._metrics.pending.inc()
        try:
            await self._turns.take()
            return await self._opened()
        except TimeoutError as error:
            self._metrics.timeouts.inc()
            raise DatabaseError(f"no database connection within {_ACQUIRE_SECONDS:.0f} s") from error
        finally:
            self._metrics.pending.dec()
            self._metrics.acquire.observe(time.perf_counter() - begun)

    async def _opened(self) -> Any:
        """A connection of the pool, opened if need be."""
        try:
            async with asyncio.timeout(_ACQUIRE_SECONDS):
                return await self._pool.acquire()
        except BaseException as error:
            self._turns.hand_on()
            if isinstance(error, _FAILURES) and not isinstance(error, TimeoutError):
                raise DatabaseError(f"{type(error).__name__}: {error}") from error
            raise
