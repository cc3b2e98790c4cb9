"""Turning one accepted coupon into a row, exactly once, never beyond the event's total."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shop.broker import FENCE_EVENT
from shop.database import Database

Result = Literal["issued", "duplicate", "refused"]

_INSERT = (
    "INSERT IGNORE INTO coupons (event_id, user_id, accepted_at, issued_at) "
    "VALUES (%s, %s, FROM_UNIXTIME(%s), CURRENT_TIMESTAMP(3))"
)
_COUNT_MANY = "UPDATE coupon_events SET issued = issued + %s WHERE id = %s AND issued + %s <= total"
_COUNT = "UPDATE coupon_events SET issued = issued + 1 WHERE id = %s AND issued < total"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Accepted:
    """A coupon that a user was promised; ``accepted_at`` in seconds since the Unix epoch."""

    event_id: int
    user_id: int
    accepted_at: float

    @property
    def is_fence(self) -> bool:
        """Whether this is not a coupon but a rebuild's mark in the topic."""
        return self.event_id == FENCE_EVENT


def parse(payload: bytes) -> Accepted:
    """Read a record's value.

    Raises:
        ValueError: when it is not an accepted coupon.
    """
    value = json.loads(payload)
    if not isinstance(value, dict):
        raise ValueError("the record is not a JSON object")  # noqa: TRY004 - the value is data
    if value.get("event_id") == FENCE_EVENT:
        return Accepted(FENCE_EVENT, 0, 0.0)
    try:
        return Accepted(int(value["event_id"]), int(value["user_id"]), float(value["accepted_at"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"the record lacks {error}") from error


async def insert(database: Database, coupon: Accepted) -> Result:
    """Insert a coupon in one transaction; harmless when it is done again.

    Raises:
        DatabaseError: when it cannot be said whether the coupon is in; then do it again.
    """
    async with database.cursor() as cursor:
        await cursor.execute("BEGIN")
        result = await _insert(cursor, coupon)
        await cursor.execute("COMMIT" if result == "issued" else "ROLLBACK")
    return result


async def insert_all(database: Database, coupons: Sequence[Accepted]) -> list[Result]:
    """Insert several coupons in one transaction, in a few round trips; harmless when it is done again.

    Where an event has no room for all of its coupons, each is inserted by itself, so that as many are as there are.

    Raises:
        DatabaseError: when it cannot be said whether the coupons are in; then do it again.
    """
    async with database.cursor() as cursor:
        await cursor.execute("BEGIN")
        known = await _known(cursor, coupons)
        fresh = list({_place(one): one for one in coupons if _place(one) not in known}.values())
        fits = await _insert_fresh(cursor, fresh)
        await cursor.execute("COMMIT" if fits else "ROLLBACK")
    if not fits:
        return [await insert(database, coupon) for coupon in coupons]
    unseen = {_place(one) for one in fresh}
    return ["issued" if _first(unseen, _place(one)) else "duplicate" for one in coupons]


def _place(coupon: Accepted) -> tuple[int, int]:
    return coupon.event_id, coupon.user_id


def _first(unseen: set[tuple[int, int]], place: tuple[int, int]) -> bool:
    """True for the first record of a coupon, which then is seen."""
    first = place in unseen
    unseen.discard(place)
    return first


async def _known(cursor: Any, coupons: Sequence[Accepted]) -> set[tuple[int, int]]:
    pairs = ", ".join(["(%s, %s)"] * len(coupons))
    await cursor.execute(
        f"SELECT event_id, user_id FROM coupons WHERE (event_id, user_id) IN ({pairs})",  # noqa: S608 - placeholders
        [value for coupon in coupons for value in _place(coupon)],
    )
    return {(int(event), int(user)) for event, user in await cursor.fetchall()}


async def _insert_fresh(cursor: Any, fresh: Sequence[Accepted]) -> bool:
    """Count and insert by event; False when one of them has no room for all of its coupons."""
    for event_id in sorted({coupon.event_id for coupon in fresh}):
        mine = [coupon for coupon in fresh if coupon.event_id == event_id]
        await cursor.execute(_COUNT_MANY, (len(mine), event_id, len(mine)))
        if not cursor.rowcount:
            return False
        rows = ", ".join(["(%s, %s, FROM_UNIXTIME(%s), CURRENT_TIMESTAMP(3))"] * len(mine))
        await cursor.execute(
            f"INSERT INTO coupons (event_id, user_id, accepted_at, issued_at) VALUES {rows}",  # noqa: S608
            [value for coupon in mine for value in (coupon.event_id, coupon.user_id, coupon.accepted_at)],
        )
    return True


async def _insert(cursor: Any, coupon: Accepted) -> Result:
    await cursor.execute(_INSERT, (coupon.event_id, coupon.user_id, coupon.accepted_at))
    if not cursor.rowcount:
        return "duplicate"
    await cursor.execute(_COUNT, (coupon.event_id,))
    if cursor.rowcount:
        return "issued"
    log.error("user %s holds a promise of event %s beyond its total", coupon.user_id, coupon.event_id)
    return "refused"
