"""Product pages: cache-aside in Redis, the database behind it, views counted on the way."""

import json
import random
from collections.abc import Sequence
from typing import Any

from shop.app_metrics import AppMetrics
from shop.cache import Cache, Command
from shop.database import Database
from shop.errors import UnknownProductError
from shop.flags import FlagStore
from shop.views import VIEWS_KEY

_COLUMNS = (
    "SELECT p.id, p.name, p.description, p.price, p.stock, CAST(COALESCE(v.views, 0) AS UNSIGNED) FROM products p"
)
_ONE = f"{_COLUMNS} LEFT JOIN product_views v ON v.product_id = p.id WHERE p.id = %s"
_ALL = f"{_COLUMNS} LEFT JOIN product_views v ON v.product_id = p.id"
_FIELDS = ("id", "name", "description", "price", "stock", "views")
_TTL_SECONDS = 30
_TTL_JITTER_SECONDS = 6
_WARM_BATCH = 100


class Products:
    """Answers product pages as JSON text."""

    def __init__(self, database: Database, cache: Cache, flags: FlagStore, metrics: AppMetrics, seed: int) -> None:
        self._database = database
        self._cache = cache
        self._flags = flags
        self._metrics = metrics
        self._random = random.Random(seed)

    async def page(self, product_id: int) -> str:
        """The page of one product.

        Raises:
            UnknownProductError: when there is none of that id.
            ShopError: when Redis or the database does not answer.
        """
        if not self._flags.now.cache:
            return await self._from_database(product_id)
        text, _ = await self._cache.together([("GET", _key(product_id)), ("HINCRBY", VIEWS_KEY, product_id, 1)])
        self._metrics.cache("product", hit=text is not None)
        if text is not None:
            return str(text)
        text = await self._from_database(product_id)
        await self._cache.command(*self._store(product_id, text))
        return text

    async def warm(self) -> int:
        """Put every product into the cache and return how many there are.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        rows = await self._database.rows(_ALL)
        for start in range(0, len(rows), _WARM_BATCH):
            batch = rows[start : start + _WARM_BATCH]
            await self._cache.together([self._store(int(row[0]), _text(row)) for row in batch])
        return len(rows)

    async def _from_database(self, product_id: int) -> str:
        rows = await self._database.rows(_ONE, (product_id,))
        if not rows:
            raise UnknownProductError(product_id)
        return _text(rows[0])

    def _store(self, product_id: int, text: str) -> Command:
        lifetime = _TTL_SECONDS + self._random.randint(-_TTL_JITTER_SECONDS, _TTL_JITTER_SECONDS)
        return ("SET", _key(product_id), text, "EX", lifetime)


def _key(product_id: int) -> str:
    return f"product:{product_id}"


def _text(row: Sequence[Any]) -> str:
    return json.dumps(dict(zip(_FIELDS, row, strict=True)), separators=(",", ":"))
