"""Coupons counted in the database: what the Redis check saves the shop from."""

import asyncio
from typing import Any

from shop.database import Database
from shop.events import Event, Events
from shop.reservation import OpenEvent, Reservation

_TOTAL = 1000
_RESERVE = "INSERT IGNORE INTO coupon_reservations (event_id, user_id) VALUES (%s, %s)"
_TAKE = "UPDATE coupon_events SET taken = taken + 1 WHERE id = %s AND taken < total"
_FREE = "DELETE FROM coupon_reservations WHERE event_id = %s AND user_id = %s"
_PUT_BACK = "UPDATE coupon_events SET taken = taken - 1 WHERE id = %s"


class DatabaseCounter:
    """Sells from an event of its own, with one transaction per request and no call to Redis."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events
        self._opening = asyncio.Lock()

    async def reserve(self, user_id: int) -> Reservation:
        """Take a coupon for a user: a row of the user's own, then one coupon from the event.

        Raises:
            DatabaseError: when the database does not answer.
        """
        event = await self._open_event()
        async with self._database.cursor() as cursor:
            await cursor.execute("BEGIN")
            status = await _take(cursor, event, user_id)
            await cursor.execute("COMMIT" if status == "reserved" else "ROLLBACK")
        left = event.total - event.taken - (status == "reserved")
        return Reservation(status, event.id, left)

    async def release(self, reservation: Reservation, user_id: int, *, restock: bool) -> None:
        """Undo a reservation.

        Raises:
            DatabaseError: when the database does not answer.
        """
        async with self._database.cursor() as cursor:
            await cursor.execute("BEGIN")
            await cursor.execute(_FREE, (reservation.event_id, user_id))
            if cursor.rowcount and restock:
                await cursor.execute(_PUT_BACK, (reservation.event_id,))
            await cursor.execute("COMMIT")

    async def current(self) -> OpenEvent:
        """The event being sold.

        Raises:
            DatabaseError: when the database does not answer.
        """
        event = await self._open_event()
        return OpenEvent(event.id, event.total, event.total - event.taken)

    async def open_next(self, sold_out: int) -> bool:
        """Open the event that follows ``sold_out``, unless it is open already, and return whether it was opened now.

        Raises:
            DatabaseError: when the database does not answer.
        """
        newest = await self._events.newest("database")
        if newest is None or newest.id != sold_out:
            return False
        await self._events.follow(newest, "database")
        return True

    async def _open_event(self) -> Event:
        event = await self._events.newest("database")
        if event is not None:
            return event
        async with self._opening:
            return await self._events.newest("database") or await self._events.first("database", _TOTAL)


async def _take(cursor: Any, event: Event, user_id: int) -> Any:
    await cursor.execute(_RESERVE, (event.id, user_id))
    if not cursor.rowcount:
        return "duplicate"
    await cursor.execute(_TAKE, (event.id,))
    return "reserved" if cursor.rowcount else "sold_out"
