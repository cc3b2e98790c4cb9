"""View counts, write-behind: gathered in a Redis hash, added to the database every few seconds."""

import asyncio
import logging

from shop.cache import Cache
from shop.database import Database
from shop.errors import CacheError, ShopError
from shop.flags import FlagStore

VIEWS_KEY = "views"
_FLUSHING_KEY = "views:flushing"
_EVERY_SECONDS = 3.0

log = logging.getLogger(__name__)


class ViewFlusher:
    """Moves buffered view counts to the database; counts survive a failure of either side."""

    def __init__(self, database: Database, cache: Cache, flags: FlagStore) -> None:
        self._database = database
        self._cache = cache
        self._flags = flags

    async def run(self) -> None:
        """Flush every three seconds until cancelled; pauses while the cache is bypassed."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            if not self._flags.now.cache:
                continue
            try:
                await self.flush()
            except ShopError as error:
                log.warning("view counts stay buffered: %s", error)

    async def flush(self) -> int:
        """Add what is buffered to the database and return the number of products it concerned.

        Raises:
            ShopError: when either side does not answer; nothing is lost then.
        """
        left_over = await self._cache.command("HGETALL", _FLUSHING_KEY)
        if not left_over:
            if not await self._cache.command("EXISTS", VIEWS_KEY):
                return 0
            await self._rename()
            left_over = await self._cache.command("HGETALL", _FLUSHING_KEY)
        counts = [(int(product), int(views)) for product, views in left_over.items()]
        if counts:
            await self._add(counts)
            await self._cache.command("DEL", _FLUSHING_KEY)
        return len(counts)

    async def _rename(self) -> None:
        try:
            await self._cache.command("RENAMENX", VIEWS_KEY, _FLUSHING_KEY)
        except CacheError as error:
            if "no such key" not in str(error):  # flushed away since EXISTS: there is nothing to rename
                raise

    async def _add(self, counts: list[tuple[int, int]]) -> None:
        marks = ", ".join(["(%s, %s)"] * len(counts))
        await self._database.change(
            f"INSERT INTO product_views (product_id, views) VALUES {marks} "  # noqa: S608 - only placeholders
            "ON DUPLICATE KEY UPDATE views = views + VALUES(views)",
            [value for pair in sorted(counts) for value in pair],
        )
