"""The data set goes into a running server once; another one replaces it."""

import asyncio
from typing import Any, Self

import asyncmy
import pytest
from asyncmy.errors import ProgrammingError

from shop import load
from shop.config import Address, DataSettings
from shop.loading import statements

ADDRESS = Address("db", 3306)
SETTINGS = DataSettings(users=3, sales=5, password="p", seed=1)  # noqa: S106 - no secret


class Server:
    """A server that remembers its statements; ``digest`` is what the table says that was loaded, None = no table."""

    def __init__(self, digest: str | None) -> None:
        self.digest = digest
        self.said: list[str] = []
        self.rows: dict[str, int] = {}
        self.committed = False

    async def connect(self, **_: Any) -> Self:
        return self

    def cursor(self) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def execute(self, sql: str, values: tuple[str, ...] = ()) -> None:
        self.said.append(sql)
        if sql.startswith("SELECT digest") and self.digest is None:
            raise ProgrammingError(1146, "no such table")
        if sql.startswith("INSERT INTO data_set"):
            self.digest = values[0]

    async def executemany(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        table = sql.split()[2]
        self.rows[table] = self.rows.get(table, 0) + len(rows)

    async def fetchone(self) -> tuple[str | None]:
        return (self.digest,)

    async def commit(self) -> None:
        self.committed = True

    async def ensure_closed(self) -> None:
        return None


def serve(monkeypatch: pytest.MonkeyPatch, digest: str | None) -> Server:
    server = Server(digest)
    monkeypatch.setattr(asyncmy, "connect", server.connect)
    return server


@pytest.mark.parametrize("before", [None, "another data set"])
def test_what_is_not_there_or_is_another_data_set_is_loaded(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    server = serve(monkeypatch, before)
    assert asyncio.run(load.load_once(ADDRESS, SETTINGS))
    assert server.rows == {"users": 3, "products": 1000, "sales": 5}
    assert set(statements()) <= set(server.said)
    assert server.said.index("DROP DATABASE shop") < server.said.index(statements()[0])
    assert server.digest == load.data_set(SETTINGS)
    assert server.committed


def test_what_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(monkeypatch, load.data_set(SETTINGS))
    assert not asyncio.run(load.load_once(ADDRESS, SETTINGS))
    assert server.said == ["SELECT digest FROM data_set"]


def test_a_data_set_is_told_by_its_seed_and_its_sizes_and_not_by_the_password() -> None:
    others = [DataSettings(3, 5, "p", 2), DataSettings(4, 5, "p", 1), DataSettings(3, 6, "p", 1)]
    assert len({load.data_set(one) for one in (SETTINGS, *others)}) == 4
    assert load.data_set(DataSettings(3, 5, "q", 1)) == load.data_set(SETTINGS)
