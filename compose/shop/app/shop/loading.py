"""Schema and data of the shop, put into an empty database that a connection already uses."""

from collections.abc import Iterable
from importlib import resources
from itertools import islice
from typing import Any

from shop import dataset
from shop.config import DataSettings
from shop.summary import SUMMARISE

ANALYSE = "ANALYZE TABLE sales, products"
"""Refreshes what the optimiser knows; to be run once the rows are committed."""

_BATCH = 2_000


async def load_tables(cursor: Any, settings: DataSettings) -> None:
    """Make every table and fill it; the caller commits."""
    for statement in statements():
        await cursor.execute(statement)
    await _fill(cursor, settings)
    await cursor.execute(SUMMARISE)


def schema() -> str:
    """The text of ``schema.sql``."""
    return resources.files("shop").joinpath("schema.sql").read_text(encoding="utf-8")


def statements() -> list[str]:
    """The statements of ``schema.sql``, one by one."""
    lines = [line for line in schema().splitlines() if not line.startswith("--")]
    return [statement for part in "\n".join(lines).split(";") if (statement := part.strip())]


async def _fill(cursor: Any, settings: DataSettings) -> None:
    await _insert(cursor, "users (id, name, opening_points, points)", dataset.users(settings.users))
    await _insert(
        cursor, "products (id, name, description, price, stock, initial_stock)", dataset.products(settings.seed)
    )
    columns = "sales (user_id, product_id, quantity, price, sold_on, note)"
    await _insert(cursor, columns, dataset.sales(settings.seed, settings.users, settings.sales))


async def _insert(cursor: Any, target: str, rows: Iterable[dataset.Row]) -> None:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        marks = ", ".join(["%s"] * len(batch[0]))
        await cursor.executemany(f"INSERT INTO {target} VALUES ({marks})", batch)  # noqa: S608 - constants only
