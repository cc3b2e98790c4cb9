"""The source of truth, asked straight and not through an edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncmy


@dataclass(frozen=True)
class Database:
    """How to reach it."""

    host: str
    port: int
    user: str
    password: str
    name: str

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[Any]:
        """A cursor on a connection of its own.

        Raises:
            OSError, asyncmy.errors.Error: when it cannot be reached.
        """
        connection = await asyncmy.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            db=self.name,
            autocommit=True,
            connect_timeout=5,
        )
        try:
            async with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()
