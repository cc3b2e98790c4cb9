"""The stock of products: rows locked for a whole order, held for a short while, or counted in Redis first."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shop.app_metrics import AppMetrics
from shop.cache import Cache
from shop.database import Database
from shop.errors import OrderRefusedError, ShopError
from shop.order_wish import Item, Wish
from shop.scripts import GIVE_BACK_STOCK, TAKE_STOCK

STOCK_KEY = "stock"
_HELD_SECONDS = 30
"""Seconds after which stock that is held for an order that never came is put back."""
_SWEEP_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Priced:
    """An item with its price, and whether the row of its product is locked by the transaction at hand."""

    product_id: int
    quantity: int
    price: int
    locked: bool


class Stock:
    """Takes stock for orders in one of three ways; each leaves ``stock`` in the database right."""

    def __init__(self, database: Database, cache: Cache, metrics: AppMetrics) -> None:
        self._database = database
        self._cache = cache
        self._metrics = metrics

    async def priced(self, cursor: Any, items: Sequence[Item], *, lock: bool) -> list[Priced]:
        """Begin the transaction and read the prices; with ``lock`` the rows stay locked, and there is enough of each.

        Raises:
            OrderRefusedError: when there is no such product, or not enough of it.
        """
        begun = time.perf_counter()
        how = "FOR UPDATE" if lock else ""
        await cursor.execute(
            f"START TRANSACTION; SELECT id, price, stock FROM products WHERE id IN ({marks(items)}) ORDER BY id {how}",  # noqa: S608
            [item.product_id for item in items],
        )
        await cursor.nextset()
        rows = {int(number): (int(price), int(left)) for number, price, left in await cursor.fetchall()}
        if lock:
            self._metrics.stock_lock.observe(time.perf_counter() - begun)
        for item in items:
            if item.product_id not in rows:
                raise OrderRefusedError(f"there is no product {item.product_id}")
            if lock and rows[item.product_id][1] < item.quantity:
                raise OrderRefusedError(f"product {item.product_id} is out of stock")
        return [Priced(item.product_id, item.quantity, rows[item.product_id][0], lock) for item in items]

    async def take(self, cursor: Any, items: Sequence[Item]) -> None:
        """Take the stock at the end of a transaction, whose locks then last as long as its commit.

        Raises:
            OrderRefusedError: when there is not enough.
        """
        begun = time.perf_counter()
        for item in items:
            await cursor.execute(
                "UPDATE products SET stock = stock - %s WHERE id = %s AND stock >= %s",
                (item.quantity, item.product_id, item.quantity),
            )
            if not cursor.rowcount:
                raise OrderRefusedError(f"product {item.product_id} is out of stock")
        self._metrics.stock_lock.observe(time.perf_counter() - begun)

    @asynccontextmanager
    async def held(self, wish: Wish) -> AsyncIterator[None]:
        """Try: take the stock in a short transaction of its own, and hold it; cancel when the order does not come.

        Raises:
            OrderRefusedError: when there is not enough, or the same order is just being tried.
        """
        async with self._database.cursor() as cursor:
            await cursor.execute("START TRANSACTION")
            try:
                await self.take(cursor, wish.items)
                await self._write_hold(cursor, wish)
            except OrderRefusedError:
                await cursor.execute("ROLLBACK")
                raise
            await cursor.execute("COMMIT")
        try:
            yield
        except OrderRefusedError:
            await self._cancel([(wish.user_id, wish.key)])
            raise

    async def confirm(self, cursor: Any, wish: Wish) -> None:
        """Confirm: what was held belongs to the order of the transaction at hand.

        Raises:
            OrderRefusedError: when it is not held any more: it took too long, and was put back.
        """
        await cursor.execute(
            "DELETE FROM stock_holds WHERE user_id = %s AND request_key = %s", (wish.user_id, wish.key)
        )
        if cursor.rowcount != len(wish.items):
            raise OrderRefusedError("the stock is not held for this order any more")

    @asynccontextmanager
    async def reserved_in_redis(self, items: Sequence[Item]) -> AsyncIterator[None]:
        """Ask Redis first, which counts the stock; who would find nothing never reaches the database.

        Raises:
            OrderRefusedError: when there is not enough.
            CacheError: when Redis does not answer.
        """
        words = [word for item in items for word in (item.product_id, item.quantity)]
        answer = await self._cache.script(TAKE_STOCK, [STOCK_KEY], words)
        if answer == "missing":
            await self.load()
            answer = await self._cache.script(TAKE_STOCK, [STOCK_KEY], words)
        if answer != "taken":
            raise OrderRefusedError("out of stock")
        try:
            yield
        except OrderRefusedError:
            await self.give_back_in_redis(items)
            raise
        except ShopError:
            await self._cache.command("DEL", STOCK_KEY)  # whether it was taken is not known: count anew
            raise

    async def give_back_in_redis(self, items: Sequence[Item]) -> None:
        """Count stock that came back, where Redis counts it at all.

        Raises:
            CacheError: when Redis does not answer.
        """
        words = [word for item in items for word in (item.product_id, item.quantity)]
        await self._cache.script(GIVE_BACK_STOCK, [STOCK_KEY], words)

    async def load(self) -> int:
        """Count the stock in Redis anew from the database; returns the number of products.

        Raises:
            ShopError: when either does not answer.
        """
        rows = await self._database.rows("SELECT id, stock FROM products")
        words = [str(value) for row in rows for value in row]
        await self._cache.command("HSET", STOCK_KEY, *words)
        return len(rows)

    async def sweep(self) -> None:
        """Put back, for ever, what is held for orders that never came; runs until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                rows = await self._database.rows(
                    "SELECT DISTINCT user_id, request_key FROM stock_holds "
                    "WHERE held_at < CURRENT_TIMESTAMP(3) - INTERVAL %s SECOND LIMIT 100",
                    (_HELD_SECONDS,),
                )
                await self._cancel([(int(user), _text(key)) for user, key in rows])
            except ShopError as error:
                log.warning("held stock was not put back: %s", error)

    async def _write_hold(self, cursor: Any, wish: Wish) -> None:
        rows = ", ".join(["(%s, %s, %s, %s)"] * len(wish.items))
        values = [v for item in wish.items for v in (wish.user_id, wish.key, item.product_id, item.quantity)]
        await cursor.execute(
            f"INSERT IGNORE INTO stock_holds (user_id, request_key, product_id, quantity) VALUES {rows}",  # noqa: S608
            values,
        )
        if cursor.rowcount != len(wish.items):
            raise OrderRefusedError("this order is just being tried")

    async def _cancel(self, holds: Sequence[tuple[int, str]]) -> None:
        """Cancel: put held stock back, once, whoever does it."""
        for user_id, key in holds:
            async with self._database.cursor() as cursor:
                await cursor.execute(
                    "START TRANSACTION; SELECT product_id, quantity FROM stock_holds "
                    "WHERE user_id = %s AND request_key = %s ORDER BY product_id FOR UPDATE",
                    (user_id, key),
                )
                await cursor.nextset()
                for product_id, quantity in await cursor.fetchall():
                    await cursor.execute("UPDATE products SET stock = stock + %s WHERE id = %s", (quantity, product_id))
                await cursor.execute("DELETE FROM stock_holds WHERE user_id = %s AND request_key = %s", (user_id, key))
                await cursor.execute("COMMIT")


def _text(key: bytes | str) -> str:
    return key.decode() if isinstance(key, bytes) else key


def marks(rows: Sequence[Any]) -> str:
    """As many placeholders as there are rows."""
    return ", ".join(["%s"] * len(rows))
