"""Whatever a connection fails with, the shop's programs hear of it as a failure of the database."""

import asyncio
from typing import Any, Self

import pytest
from prometheus_client import CollectorRegistry

from shop.database import Database
from shop.errors import DatabaseError
from shop.pool_metrics import PoolMetrics


class Connection:
    """One that fails when a statement is sent."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.closed = False

    def cursor(self) -> "Connection":
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def execute(self, *_: object) -> None:
        raise self._error

    def close(self) -> None:
        self.closed = True


class Pool:
    """A pool whose connections cannot be had, or fail."""

    def __init__(self, acquired: Connection | Exception) -> None:
        self._acquired = acquired
        self.released: list[Any] = []

    async def acquire(self) -> Connection:
        if isinstance(self._acquired, Exception):
            raise self._acquired
        return self._acquired

    def release(self, connection: Any) -> None:
        self.released.append(connection)


ERRORS = [
    RuntimeError("Transport does not expose socket instance"),  # a reset while uvloop opens the connection
    ConnectionResetError("by the peer"),
    EOFError(),
    TimeoutError(),
]


def _database(pool: Pool) -> Database:
    return Database(pool, PoolMetrics(CollectorRegistry(), "test"))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_connection_that_cannot_be_had_is_a_failure_of_the_database(error: Exception) -> None:
    database = _database(Pool(error))
    for _ in range(2):  # the second one would wait for ever if the first had kept its turn
        with pytest.raises(DatabaseError):
            asyncio.run(asyncio.wait_for(database.rows("SELECT 1"), 5))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_connection_that_fails_is_thrown_away_and_given_back(error: Exception) -> None:
    connection = Connection(error)
    pool = Pool(connection)
    database = _database(pool)
    for _ in range(2):
        with pytest.raises(DatabaseError):
            asyncio.run(asyncio.wait_for(database.rows("SELECT 1"), 5))
    assert connection.closed
    assert pool.released == [connection, connection]
