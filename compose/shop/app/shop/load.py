"""Loads the shop's data into a database server over the network, once: ``python -m shop.load``.

The account of the shop must be there and may do anything in its own database. What was loaded is written down beside
the data: the same data set is not loaded again, another one (other rows, another schema) replaces all that is there.
"""

import asyncio
import hashlib
import logging
import os
import time
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError

from shop.config import DATABASE, DATABASE_USER, Address, DataSettings, data_settings
from shop.loading import ANALYSE, load_tables, schema

_CONNECT_SECONDS = 60.0
_NO_TABLE = 1146

log = logging.getLogger(__name__)


def data_set(settings: DataSettings) -> str:
    """What tells one data set from another: schema, seed and sizes."""
    parts = (schema(), str(settings.seed), str(settings.users), str(settings.sales))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def load_once(address: Address, settings: DataSettings) -> bool:
    """Load the data set unless it is there already; True when it was loaded.

    Raises:
        TimeoutError: when the server does not let the shop in within a minute.
        asyncmy.errors.MySQLError: when a statement fails.
    """
    connection = await _connect(address, settings.password)
    try:
        async with connection.cursor() as cursor:
            if await _loaded(cursor) == data_set(settings):
                return False
            await cursor.execute(f"DROP DATABASE {DATABASE}")
            await cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
            await cursor.execute(f"USE {DATABASE}")
            await load_tables(cursor, settings)
            await cursor.execute("CREATE TABLE data_set (digest CHAR(64) PRIMARY KEY)")  # last: half a load is none
            await cursor.execute("INSERT INTO data_set VALUES (%s)", (data_set(settings),))
            await connection.commit()
            await cursor.execute(ANALYSE)
            return True
    finally:
        await connection.ensure_closed()


async def _loaded(cursor: Any) -> str | None:
    try:
        await cursor.execute("SELECT digest FROM data_set")
    except MySQLError as error:
        if error.args[:1] == (_NO_TABLE,):
            return None
        raise
    row = await cursor.fetchone()
    return row[0] if row else None


async def _connect(address: Address, password: str) -> Any:
    deadline = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            return await asyncmy.connect(
                host=address.host,
                port=address.port,
                user=DATABASE_USER,
                password=password,
                db=DATABASE,
                charset="utf8mb4",
            )
        except (MySQLError, OSError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"cannot reach the database at {address}: {error}") from error
            await asyncio.sleep(0.2)


def main() -> None:
    """Load into the server at ``DB_ADDRESS`` with the settings of the environment."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    begun = time.monotonic()
    loaded = asyncio.run(load_once(Address.parse(os.environ["DB_ADDRESS"]), data_settings()))
    log.info("loaded in %.1f s" if loaded else "the data set was there already (%.1f s)", time.monotonic() - begun)


if __name__ == "__main__":
    main()
