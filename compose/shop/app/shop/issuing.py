"""Turning one accepted coupon into a row, exactly once, never beyond the event's total."""

import json
import logging
from dataclasses import dataclass
from typing import Any, Literal

from shop.broker import FENCE_EVENT
from shop.database import Database

Result = Literal["issued", "duplicate", "refused"]

_INSERT = (
    "INSERT IGNORE INTO coupons (event_id, user_id, accepted_at, issued_at) "
    "VALUES (%s, %s, FROM_UNIXTIME(%s), CURRENT_TIMESTAMP(3))"
)
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


async def _insert(cursor: Any, coupon: Accepted) -> Result:
    await cursor.execute(_INSERT, (coupon.event_id, coupon.user_id, coupon.accepted_at))
    if not cursor.rowcount:
        return "duplicate"
    await cursor.execute(_COUNT, (coupon.event_id,))
    if cursor.rowcount:
        return "issued"
    log.error("user %s holds a promise of event %s beyond its total", coupon.user_id, coupon.event_id)
    return "refused"
