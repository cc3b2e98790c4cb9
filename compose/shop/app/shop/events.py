"""Coupon events in the database: each is counted down in one place only, Redis or the database, for all its life.

So the operator's flag may be switched back and forth at any moment: it chooses which of two open events is sold from,
never who counts an event that is already being sold.
"""

from dataclasses import dataclass
from typing import Literal

from shop.database import Database

Counter = Literal["redis", "database"]
_COLUMNS = "SELECT id, total, taken, opened FROM coupon_events"


@dataclass(frozen=True)
class Event:
    """A coupon event: its coupons in all, those taken (of events that the database counts), and whether it is open."""

    id: int
    total: int
    taken: int
    opened: bool


class Events:
    """Finds and opens coupon events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, counter: Counter) -> Event | None:
        """The newest event that ``counter`` counts; None when there is none.

        Raises:
            DatabaseError: when the database does not answer.
        """
        found = await self._find("WHERE counter = %s ORDER BY id DESC LIMIT 1", (counter,))
        return found[0] if found else None

    async def follow(self, old: Event, counter: Counter) -> Event:
        """The event that follows ``old``: made by the first caller, found by the others.

        Raises:
            DatabaseError: when the database does not answer.
        """
        await self._database.change(
            "INSERT IGNORE INTO coupon_events (total, counter, follows, opened) VALUES (%s, %s, %s, 1)",
            (old.total, counter, old.id),
        )
        return (await self._find("WHERE follows = %s", (old.id,)))[0]

    async def first(self, counter: Counter, total: int) -> Event:
        """Make the first event that ``counter`` counts.

        Raises:
            DatabaseError: when the database does not answer.
        """
        await self._database.change(
            "INSERT INTO coupon_events (total, counter, opened) VALUES (%s, %s, 1)", (total, counter)
        )
        found = await self.newest(counter)
        return found or Event(0, total, total, opened=True)

    async def claim(self, event: Event) -> bool:
        """Mark a prepared event as open; true for the one caller that did it.

        Raises:
            DatabaseError: when the database does not answer.
        """
        sql = "UPDATE coupon_events SET opened = 1 WHERE id = %s AND opened = 0"
        return await self._database.change(sql, (event.id,)) == 1

    async def holders(self, event: Event) -> list[int]:
        """The users who hold a coupon of ``event``.

        Raises:
            DatabaseError: when the database does not answer.
        """
        rows = await self._database.rows("SELECT user_id FROM coupons WHERE event_id = %s", (event.id,))
        return [int(row[0]) for row in rows]

    async def by_id(self, event_id: int) -> Event | None:
        """The event of that id; None when there is none.

        Raises:
            DatabaseError: when the database does not answer.
        """
        found = await self._find("WHERE id = %s", (event_id,))
        return found[0] if found else None

    async def _find(self, where: str, values: tuple[object, ...]) -> list[Event]:
        rows = await self._database.rows(f"{_COLUMNS} {where}", values)
        return [Event(int(row[0]), int(row[1]), int(row[2]), bool(row[3])) for row in rows]
