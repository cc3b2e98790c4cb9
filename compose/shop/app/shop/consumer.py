"""The consuming side of Kafka: batches of records, offsets committed about every second."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from shop.config import GROUP, TOPIC, Address
from shop.errors import BrokerError
from shop.topic import with_topic

_BATCH = 50
_POLL_MILLISECONDS = 500
_COMMIT_SECONDS = 1.0

Committed = Callable[[int], None]
"""Told the nanoseconds that a commit took, whether it went well or not."""


class Consumer:
    """One member of the group; its client runs in a worker thread, one call at a time."""

    def __init__(self, client: Any, committed: Committed) -> None:
        self._client = client
        self._committed = committed
        self._done: dict[Any, int] = {}
        self._committed_at = time.monotonic()

    @classmethod
    async def open(
        cls,
        address: Address,
        client_id: str,
        partitions: int,
        committed: Committed,
        *,
        topic: str = TOPIC,
        group: str = GROUP,
    ) -> "Consumer":
        """Join the group; ``committed`` is told how long each commit took.

        Raises:
            BrokerError: when the broker cannot be reached.
        """
        try:
            await asyncio.to_thread(lambda: with_topic(address, partitions, topic).close())
            return cls(await asyncio.to_thread(_connect, address, client_id, topic, group), committed)
        except KafkaError as error:
            raise BrokerError(f"cannot reach the broker at {address}: {error}", certain=True) from error

    async def batch(self) -> list[Any]:
        """Records that came within half a second, fifty at most.

        Raises:
            BrokerError: when the broker does not answer.
        """
        try:
            batches = await asyncio.to_thread(self._client.poll, _POLL_MILLISECONDS, _BATCH)
        except KafkaError as error:
            raise BrokerError(f"{type(error).__name__}: {error}", certain=True) from error
        return [record for records in batches.values() for record in records]

    def finished(self, record: Any) -> None:
        """Note that a record has been worked off and may be committed."""
        self._done[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def commit(self, *, now: bool = False) -> None:
        """Commit what is finished, if the last time is a second ago or ``now`` is set.

        Raises:
            BrokerError: when the broker refuses; the records will come again, to this member or another.
        """
        if not self._done or not (now or time.monotonic() - self._committed_at >= _COMMIT_SECONDS):
            return
        offsets = {place: OffsetAndMetadata(offset, "", -1) for place, offset in self._done.items()}
        self._done = {}
        self._committed_at = time.monotonic()
        begun = time.perf_counter_ns()
        try:
            await asyncio.to_thread(self._client.commit, offsets, 3000)
        except KafkaError as error:
            raise BrokerError(f"not committed: {type(error).__name__}: {error}", certain=False) from error
        finally:
            self._committed(time.perf_counter_ns() - begun)

    def lags(self) -> dict[int, int]:
        """How many records each assigned partition is behind, as far as the broker has said."""
        found = {}
        for place in self._client.assignment():
            done, end = self._done.get(place), self._client.highwater(place)
            if end is not None:
                found[place.partition] = max(0, end - (done if done is not None else end))
        return found

    def put_off(self) -> float:
        """Milliseconds by which the broker has put requests off lately, for a quota; a mean over a minute or less."""
        mean = self._client.metrics().get("consumer-metrics", {}).get("throttle-time-avg", 0.0)
        return float(mean) if math.isfinite(mean) else 0.0

    async def close(self) -> None:
        """Commit what is finished and leave the group."""
        try:
            await self.commit(now=True)
        finally:
            await asyncio.to_thread(self._client.close, False)


def _connect(address: Address, client_id: str, topic: str, group: str) -> Any:
    return KafkaConsumer(
        topic,
        bootstrap_servers=str(address),
        group_id=group,
        client_id=client_id,
        session_timeout_ms=6000,
        heartbeat_interval_ms=1500,
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        auto_offset_reset="earliest",
        max_poll_records=_BATCH,
        fetch_max_wait_ms=_POLL_MILLISECONDS,
        reconnect_backoff_max_ms=500,
        metadata_max_age_ms=10_000,
    )
