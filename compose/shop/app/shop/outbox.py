"""The outbox: events written with their orders, sent to the broker afterwards, at least once."""

import asyncio
import contextlib
import logging
from typing import Any

from shop.broker import Broker
from shop.config import ORDER_TOPIC
from shop.database import Database
from shop.errors import ShopError

_BATCH = 100
_IDLE_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_CLAIM = (  # committed reads lock no gaps: orders may write their events while these are being sent
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION; "
    "SELECT id, order_id, user_id, total FROM outbox WHERE sent = 0 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
)

log = logging.getLogger(__name__)


class Outbox:
    """Sends what is unsent; several may run: rows that one has claimed are passed over by the others."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database = database
        self._broker = broker
        self._fresh = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something to send; without it, it is found within a second."""
        self._fresh.set()

    async def run(self) -> None:
        """Send for ever, until cancelled."""
        while True:
            self._fresh.clear()
            try:
                sent = await self.relay()
            except ShopError as error:
                log.warning("events stay in the outbox: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if sent < _BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._fresh.wait(), _IDLE_SECONDS)

    async def relay(self) -> int:
        """Send one batch and mark it sent once the broker has confirmed all of it; returns how many there were.

        Raises:
            ShopError: when the database or the broker does not answer; the batch will be sent again.
        """
        async with self._database.cursor() as cursor:
            await cursor.execute(_CLAIM, (_BATCH,))
            await cursor.nextset()
            await cursor.nextset()
            rows = await cursor.fetchall()
            if rows:
                await asyncio.gather(*(self._send(row) for row in rows))
                places = ", ".join(["%s"] * len(rows))
                await cursor.execute(
                    f"UPDATE outbox SET sent = 1 WHERE id IN ({places})",  # noqa: S608 - placeholders only
                    [row[0] for row in rows],
                )
            await cursor.execute("COMMIT")
        return len(rows)

    async def _send(self, row: Any) -> None:
        event, order_id, user_id, total = map(int, row)
        value = {"event_id": event, "order_id": order_id, "user_id": user_id, "total": total}
        await self._broker.send(str(order_id), value, topic=ORDER_TOPIC)
