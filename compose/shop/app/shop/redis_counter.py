"""Coupons counted in Redis: one atomic script per request, the whole state under one key."""

import asyncio

from shop.cache import Cache
from shop.errors import StateMissingError
from shop.events import Event, Events
from shop.reservation import OpenEvent, Reservation
from shop.scripts import OPEN, RELEASE, RESERVE

STATE_KEY = "coupon:current"


class RedisCounter:
    """Sells from the event in Redis; without state there it fails closed until a rebuild."""

    def __init__(self, cache: Cache, events: Events) -> None:
        self._cache = cache
        self._events = events
        self._opening = asyncio.Lock()

    async def reserve(self, user_id: int) -> Reservation:
        """Take a coupon for a user; whoever takes the last one, or finds none, opens the next event.

        Raises:
            StateMissingError: when Redis has lost the state.
            ShopError: when Redis does not answer.
        """
        status, event, left = await self._cache.script(RESERVE, [STATE_KEY], [_field(user_id)])
        if status == "missing":
            raise StateMissingError("the coupon state is not in Redis")
        return Reservation(status, int(event), int(left))

    async def release(self, reservation: Reservation, user_id: int, *, restock: bool) -> None:
        """Undo a reservation, as long as its event is the open one.

        Raises:
            CacheError: when Redis does not answer.
        """
        await self._cache.script(RELEASE, [STATE_KEY], [reservation.event_id, _field(user_id), int(restock)])

    async def current(self) -> OpenEvent:
        """The event being sold.

        Raises:
            StateMissingError: when Redis has lost the state.
            CacheError: when Redis does not answer.
        """
        event, total, left = await self._cache.command("HMGET", STATE_KEY, "id", "total", "left")
        if event is None or total is None or left is None:
            raise StateMissingError("the coupon state is not in Redis")
        return OpenEvent(int(event), int(total), int(left))

    async def open_next(self, sold_out: int) -> bool:
        """Open the event that follows ``sold_out``, unless it is open already, and return whether it was opened now.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        async with self._opening:
            if await self._cache.command("HGET", STATE_KEY, "id") != str(sold_out):
                return False
            old = await self._events.by_id(sold_out)
            if old is None:
                return False
            await self._put(str(sold_out), await self._events.follow(old, "redis"), [])
            return True

    async def restore(self, *, exact: bool) -> int:
        """Put lost state back, and return how many holders were recognised; existing state is the truth and stays.

        A prepared event that nobody opened yet is opened. Otherwise, when ``exact`` says that every accepted coupon
        is in the database, the state is computed from there; when not, a new event is opened, which cannot be oversold.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        newest = await self._events.newest("redis")
        if newest is None or await self._cache.command("EXISTS", STATE_KEY):
            return 0
        if not newest.opened and await self._events.claim(newest):
            await self._put("", newest, [])
            return 0
        if not exact:
            await self._put("", await self._events.follow(newest, "redis"), [])
            return 0
        holders = await self._events.holders(newest)
        await self._put("", newest, holders)
        return len(holders)

    async def _put(self, expected: str, event: Event, holders: list[int]) -> None:
        fields = [_field(user) for user in holders]
        values = [expected, event.id, event.total, event.total - len(holders), *fields]
        await self._cache.script(OPEN, [STATE_KEY], values)


def _field(user_id: int) -> str:
    return f"user:{user_id}"
