"""Restoring from the source of truth what Redis lost: coupon state, rankings, product pages."""

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass

from shop.cache import Cache
from shop.coupons import Coupons
from shop.errors import RebuildRunningError, ShopError
from shop.products import Products
from shop.ranking import Ranking
from shop.scripts import UNLOCK
from shop.stock import STOCK_KEY

_LOCK_KEY = "rebuild:lock"
_LOCK_MILLISECONDS = 30_000
_DRAIN_SECONDS = 10.0
_RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild restored: products warmed, coupon holders recognised, days of ranking, seconds it took."""

    products: int
    coupons: int
    ranking_days: int
    seconds: float


class Rebuild:
    """The operator's rebuild hook; does no harm when nothing was lost."""

    def __init__(self, cache: Cache, coupons: Coupons, ranking: Ranking, products: Products) -> None:
        self._cache = cache
        self._coupons = coupons
        self._ranking = ranking
        self._products = products

    async def run(self) -> Rebuilt:
        """Restore everything, one rebuild at a time; coupons first, since they are refused until then.

        Raises:
            RebuildRunningError: when another rebuild holds the lock.
            ShopError: when Redis or the database does not answer.
        """
        token = secrets.token_hex(8)
        if not await self._cache.command("SET", _LOCK_KEY, token, "NX", "PX", _LOCK_MILLISECONDS):
            raise RebuildRunningError("a rebuild is running")
        try:
            return await self._restore(_DRAIN_SECONDS)
        finally:
            await self._cache.script(UNLOCK, [_LOCK_KEY], [token])

    async def prime(self) -> None:
        """Fill an empty Redis at the start of the shop; tries again until Redis and the database answer."""
        while True:
            try:
                await self._coupons.prime()
                await self.run()
            except ShopError as error:
                log.warning("Redis is not filled yet: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _forget_stock(self) -> None:
        """The count of the stock in Redis is made anew from the database by the next order that asks for it."""
        await self._cache.command("DEL", STOCK_KEY)

    async def _restore(self, drain: float) -> Rebuilt:
        begun = time.monotonic()
        holders, days, products, _ = await asyncio.gather(
            self._coupons.restore(drain), self._ranking.rebuild(), self._products.warm(), self._forget_stock()
        )
        return Rebuilt(products, holders, days, round(time.monotonic() - begun, 3))
