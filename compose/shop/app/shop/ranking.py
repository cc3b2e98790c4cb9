"""The best sellers: sorted sets in Redis; where they are missing, a costly question to the database."""

import asyncio
import json
import logging
from collections.abc import Iterable
from typing import Any

from shop.app_metrics import AppMetrics
from shop.cache import Cache
from shop.catalogue import Catalogue
from shop.database import Database
from shop.errors import ShopError
from shop.flags import FlagStore
from shop.single_flight import SingleFlight
from shop.summary import SUMMARISE

WINDOWS = {"all": 0, "3d": 3, "7d": 7}
_TOP = 10
_UNION_TTL_SECONDS = 5
_MEMO_SECONDS = 1.0
_SUMMARY_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Ranking:
    """Answers the ten best selling products of a window of sales days as JSON text.

    Redis keeps ``kept_days`` days; a longer window is asked of the database each time.
    """

    def __init__(
        self,
        database: Database,
        cache: Cache,
        catalogue: Catalogue,
        flags: FlagStore,
        metrics: AppMetrics,
        *,
        kept_days: int = 7,
    ) -> None:
        self._database = database
        self._cache = cache
        self._catalogue = catalogue
        self._flags = flags
        self._metrics = metrics
        self._kept_days = kept_days
        self._shared: SingleFlight[str] = SingleFlight(_MEMO_SECONDS)

    async def top(self, window: str) -> str:
        """The ranking of ``window``, a key of ``WINDOWS``.

        Missing sets are not rebuilt here: until somebody rebuilds them the database is asked, by every request or, with
        ``coalesce_misses``, once for all of them.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        flags = self._flags.now
        if not flags.cache:
            return await self._for_all(window)
        pairs = await self._from_sets(window)
        self._metrics.cache("ranking", hit=bool(pairs))
        if not pairs:
            return await (self._for_all(window) if flags.coalesce_misses else self._from_database(window))
        ranked = zip(pairs[::2], pairs[1::2], strict=True)
        return self._text(window, ((int(product), int(float(sold))) for product, sold in ranked))

    async def rebuild(self) -> int:
        """Make the all-time set and the sets of the days that are kept anew and return the number of days.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        everything = await self._database.rows("SELECT product_id, SUM(quantity) FROM sales GROUP BY product_id")
        await self._replace(_key("all"), everything)
        oldest = self._catalogue.newest_day - self._kept_days
        rows = await self._database.rows(
            "SELECT sold_on, product_id, SUM(quantity) FROM sales WHERE sold_on > %s GROUP BY sold_on, product_id",
            (oldest,),
        )
        days: dict[int, list[tuple[Any, ...]]] = {}
        for day, product, sold in rows:
            days.setdefault(int(day), []).append((product, sold))
        for day, sales in days.items():
            await self._replace(_day_key(day), sales)
        return len(days)

    async def _from_sets(self, window: str) -> list[str]:
        key = _key(window)
        if WINDOWS[window] > self._kept_days:
            return []
        pairs: list[str] = await self._cache.command("ZREVRANGE", key, 0, _TOP - 1, "WITHSCORES")
        days = WINDOWS[window]
        if pairs or not days:
            return pairs
        newest = self._catalogue.newest_day
        keys = [_day_key(day) for day in range(newest - days + 1, newest + 1)]
        answers = await self._cache.together(
            [
                ("ZUNIONSTORE", key, days, *keys),
                ("EXPIRE", key, _UNION_TTL_SECONDS),
                ("ZREVRANGE", key, 0, _TOP - 1, "WITHSCORES"),
            ]
        )
        union: list[str] = answers[2]
        return union

    async def keep_summary(self) -> None:
        """Make the summary by day anew every hour, until cancelled; in between it is as old as it is."""
        while True:
            await asyncio.sleep(_SUMMARY_SECONDS)
            try:
                await self._database.change(SUMMARISE)
            except ShopError as error:
                log.warning("the summary of sales stays as old as it is: %s", error)

    async def _for_all(self, window: str) -> str:
        """One question to the database for everybody who asks meanwhile and within a second."""
        return await self._shared.get(window, lambda: self._from_database(window))

    async def _from_database(self, window: str) -> str:
        days = WINDOWS[window]
        since = self._catalogue.newest_day - days if days else -1
        rows = await self._database.rows(
            f"SELECT product_id, SUM(quantity) AS sold FROM {self._source()} "  # noqa: S608 - constants
            "WHERE sold_on > %s GROUP BY product_id ORDER BY sold DESC, product_id LIMIT %s",
            (since, _TOP),
        )
        return self._text(window, ((int(product), int(sold)) for product, sold in rows))

    def _source(self) -> str:
        """Where sales are counted: the summary, or every sale, with the covering index or without."""
        if self._flags.now.summary_table:
            return "sales_by_day"
        return f"sales {'FORCE' if self._flags.now.covering_index else 'IGNORE'} INDEX (sales_covering)"

    async def _replace(self, key: str, sales: Iterable[tuple[Any, ...]]) -> None:
        members = [part for product, sold in sales for part in (int(sold), int(product))]
        if not members:
            return
        fresh = f"{key}:fresh"
        await self._cache.together([("DEL", fresh), ("ZADD", fresh, *members), ("RENAME", fresh, key)])

    def _text(self, window: str, ranked: Iterable[tuple[int, int]]) -> str:
        names = self._catalogue.names
        best = [{"id": product, "name": names.get(product, ""), "sold": sold} for product, sold in ranked]
        return json.dumps({"window": window, "products": best}, separators=(",", ":"))


def _key(window: str) -> str:
    return f"ranking:{window}"


def _day_key(day: int) -> str:
    return f"ranking:day:{day}"
