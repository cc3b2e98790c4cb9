"""The other end of the order events: takes them from the broker and writes them down, each order once."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from shop.config import ORDER_GROUP, ORDER_TOPIC, Address
from shop.consumer import Consumer
from shop.database import Database
from shop.errors import BrokerError, DatabaseError

_RETRY_SECONDS = 0.5

log = logging.getLogger(__name__)


class Recorder:
    """Counts deliveries by order; a batch is written before its offsets are committed."""

    def __init__(self, consumer: Consumer, database: Database) -> None:
        self._consumer = consumer
        self._database = database

    @classmethod
    async def open(cls, address: Address, client_id: str, database: Database) -> "Recorder":
        """Join the group.

        Raises:
            BrokerError: when the broker cannot be reached.
        """
        consumer = await Consumer.open(address, client_id, 1, lambda _: None, topic=ORDER_TOPIC, group=ORDER_GROUP)
        return cls(consumer, database)

    async def run(self) -> None:
        """Take and write down until cancelled."""
        while True:
            try:
                records = await self._consumer.batch()
                if records:
                    await self._write(records)
                for record in records:
                    self._consumer.finished(record)
                await self._consumer.commit(now=not records)
            except (BrokerError, DatabaseError) as error:
                log.warning("order events are not written down yet: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def close(self) -> None:
        """Leave the group."""
        await self._consumer.close()

    async def _write(self, records: Sequence[Any]) -> None:
        """Write a batch, again and again until the database takes it: its offsets move on only then."""
        orders = sorted(int(json.loads(record.value)["order_id"]) for record in records)
        rows = ", ".join(["(%s, 1)"] * len(orders))
        while True:
            try:
                await self._database.change(
                    f"INSERT INTO order_events (order_id, deliveries) VALUES {rows} "  # noqa: S608 - placeholders only
                    "ON DUPLICATE KEY UPDATE deliveries = deliveries + 1",
                    orders,
                )
            except DatabaseError as error:
                log.warning("tried again: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return
