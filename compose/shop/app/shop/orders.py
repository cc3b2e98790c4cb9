"""Orders: stock, points, coupon, order, items and its event in one transaction; taken back as a whole."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from asyncmy.errors import IntegrityError, OperationalError

from shop.database import Database
from shop.errors import CacheError, OrderRefusedError, UnknownOrderError
from shop.flags import FlagStore
from shop.order_wish import Item, Wish
from shop.outbox import Outbox
from shop.stock import Priced, Stock, marks

_DEADLOCK, _ATTEMPTS = 1213, 3
T = TypeVar("T")
_DISCOUNT = 10
"""Percent off for a coupon."""
_COUPON = "UPDATE coupons SET order_id = 0 WHERE event_id = %s AND user_id = %s AND order_id IS NULL"
_PAY = "UPDATE users SET points = points - %s WHERE id = %s AND points >= %s; SELECT points FROM users WHERE id = %s"
_ORDER = (
    "INSERT INTO orders (user_id, request_key, total, coupon_event) VALUES (%s, %s, %s, %s); "
    "SET @made = LAST_INSERT_ID()"
)
_LEDGER = "INSERT INTO points_ledger (user_id, order_id, kind, amount) VALUES (%s, @made, 'use', %s)"
_EVENT = "INSERT INTO outbox (order_id, user_id, total) VALUES (@made, %s, %s)"
_MARK_COUPON = "UPDATE coupons SET order_id = @made WHERE event_id = %s AND user_id = %s AND order_id = 0"
_KNOWN = "SELECT o.id, o.user_id, o.total, u.points, o.status FROM orders o JOIN users u ON u.id = o.user_id WHERE "
_TO_RETURN = "START TRANSACTION; SELECT user_id, total, status, coupon_event FROM orders WHERE id = %s FOR UPDATE"
_REFUND = (
    "UPDATE users SET points = points + %s WHERE id = %s; "
    "INSERT INTO points_ledger (user_id, order_id, kind, amount) VALUES (%s, %s, 'refund', %s); "
    "UPDATE coupons SET order_id = NULL WHERE event_id = %s AND user_id = %s; "
    "UPDATE orders SET status = 'refunded' WHERE id = %s; COMMIT"
)


@dataclass(frozen=True)
class Placed:
    """An order as it stands."""

    order_id: int
    user_id: int
    total: int
    points_left: int
    status: str = "paid"


class Orders:
    """The desk where orders are placed and taken back."""

    def __init__(self, database: Database, stock: Stock, outbox: Outbox, flags: FlagStore) -> None:
        self._database = database
        self._stock = stock
        self._outbox = outbox
        self._flags = flags

    async def place(self, wish: Wish) -> Placed:
        """Place an order; asked again with the same key, the first one is the answer.

        Raises:
            OrderRefusedError: when it cannot be had: stock, points or coupon.
            ShopError: when the database does not answer; whether the order was made, the same key tells.
        """
        try:
            placed = await self._placed(wish)
        except OrderRefusedError:
            known = await self._known("o.user_id = %s AND o.request_key = %s", (wish.user_id, wish.key))
            if known is None:
                raise
            return known
        self._outbox.wake()
        return placed

    async def order(self, order_id: int) -> Placed:
        """An order.

        Raises:
            UnknownOrderError: when there is none of that number.
            ShopError: when the database does not answer.
        """
        known = await self._known("o.id = %s", (order_id,))
        if known is None:
            raise UnknownOrderError(order_id)
        return known

    async def refund(self, order_id: int) -> Placed:
        """Take an order back, once: points, stock and coupon return; asked again, nothing more happens.

        Raises:
            UnknownOrderError: when there is none of that number.
            ShopError: when the database does not answer.
        """
        async with self._database.cursor() as cursor:
            returned = await _again(lambda: self._return(cursor, order_id))
        if returned:
            with suppress(CacheError):  # the stock is back all the same: Redis counts too little until it counts anew
                await self._stock.give_back_in_redis(returned)
        return await self.order(order_id)

    async def _placed(self, wish: Wish) -> Placed:
        flags = self._flags.now
        if flags.stock_in_redis:
            async with self._stock.reserved_in_redis(wish.items):
                return await self._settle(wish, late=True)
        if flags.reserve_stock:
            async with self._stock.held(wish):
                return await self._settle(wish, held=True)
        return await self._settle(wish)

    async def _settle(self, wish: Wish, *, late: bool = False, held: bool = False) -> Placed:
        """The transaction; ``late``: the stock is taken last, ``held``: it was taken before."""
        async with self._database.cursor() as cursor:
            try:
                return await _again(lambda: self._in_transaction(cursor, wish, late=late, held=held))
            except OrderRefusedError:
                await cursor.execute("ROLLBACK")
                raise
            except IntegrityError as error:
                await cursor.execute("ROLLBACK")
                raise OrderRefusedError("this key has made an order already") from error

    async def _in_transaction(self, cursor: Any, wish: Wish, *, late: bool, held: bool) -> Placed:
        prices = await self._stock.priced(cursor, wish.items, lock=not (late or held))
        total = await self._price(cursor, wish, prices)
        left = await self._pay(cursor, wish.user_id, total)
        order_id = await self._write(cursor, wish, prices, total)
        if late:
            await self._stock.take(cursor, wish.items)
        elif held:
            await self._stock.confirm(cursor, wish)
        await cursor.execute("COMMIT")
        return Placed(order_id, wish.user_id, total, left)

    async def _price(self, cursor: Any, wish: Wish, prices: Sequence[Priced]) -> int:
        total = sum(one.price * one.quantity for one in prices)
        if wish.coupon_event is None:
            return total
        await cursor.execute(_COUPON, (wish.coupon_event, wish.user_id))
        if not cursor.rowcount:
            raise OrderRefusedError("the coupon is not there, or was used")
        return total - total * _DISCOUNT // 100

    async def _pay(self, cursor: Any, user_id: int, total: int) -> int:
        await cursor.execute(_PAY, (total, user_id, total, user_id))
        paid = cursor.rowcount
        await cursor.nextset()
        row = await cursor.fetchone()
        if row is None:
            raise OrderRefusedError(f"there is no user {user_id}")
        if not paid:
            raise OrderRefusedError(f"{row[0]} points are too few for {total}")
        return int(row[0])

    async def _write(self, cursor: Any, wish: Wish, prices: Sequence[Priced], total: int) -> int:
        """Order, items, ledger, coupon and event in one round trip; the stock as well, where it is locked already."""
        values: list[Any] = [wish.user_id, wish.key, total, wish.coupon_event]
        rows = ", ".join(["(@made, %s, %s, %s)"] * len(prices))
        parts = [_ORDER, f"INSERT INTO order_items (order_id, product_id, quantity, price) VALUES {rows}"]  # noqa: S608
        for one in prices:
            values += [one.product_id, one.quantity, one.price]
        locked = [one for one in prices if one.locked]
        if locked:
            parts.append(f"UPDATE products SET stock = stock - {_case(locked)} WHERE id IN ({marks(locked)})")  # noqa: S608
            values += [value for one in locked for value in (one.product_id, one.quantity)]
            values += [one.product_id for one in locked]
        parts += [_LEDGER, _EVENT]
        values += [wish.user_id, -total, wish.user_id, total]
        if wish.coupon_event is not None:
            parts.append(_MARK_COUPON)
            values += [wish.coupon_event, wish.user_id]
        await cursor.execute("; ".join(parts), values)
        order_id = int(cursor.lastrowid)
        await _to_the_end(cursor)
        return order_id

    async def _return(self, cursor: Any, order_id: int) -> list[Item]:
        """Give back what an order took, the stock first as it took it; nothing when that was done already."""
        await cursor.execute(_TO_RETURN, (order_id,))
        await cursor.nextset()
        row = await cursor.fetchone()
        if row is None or row[2] == "refunded":
            await cursor.execute("ROLLBACK")
            return []
        user_id, total = int(row[0]), int(row[1])
        await cursor.execute("SELECT product_id, quantity FROM order_items WHERE order_id = %s", (order_id,))
        items = [Item(int(product), int(quantity)) for product, quantity in sorted(await cursor.fetchall())]
        for one in items:
            await cursor.execute("UPDATE products SET stock = stock + %s WHERE id = %s", (one.quantity, one.product_id))
        await cursor.execute(_REFUND, (total, user_id, user_id, order_id, total, row[3], user_id, order_id))
        await _to_the_end(cursor)
        return items

    async def _known(self, where: str, values: Sequence[Any]) -> Placed | None:
        rows = await self._database.rows(_KNOWN + where, values)
        if not rows:
            return None
        order_id, user, total, points, status = rows[0]
        return Placed(int(order_id), int(user), int(total), int(points), str(status))


def _case(prices: Sequence[Priced]) -> str:
    return f"CASE id {' '.join(['WHEN %s THEN %s'] * len(prices))} END"


async def _to_the_end(cursor: Any) -> None:
    """Read the answers to all statements of a packet: an error of a later one is only heard then."""
    while await cursor.nextset():
        pass


async def _again(step: Callable[[], Awaitable[T]]) -> T:
    """Do a whole transaction; the loser of a deadlock is told so, with everything rolled back, and tries again."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await step()
        except OperationalError as error:
            if error.args[0] != _DEADLOCK:
                raise
    return await step()
