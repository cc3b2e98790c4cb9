"""Kafka as the shop sees it: records confirmed without blocking the event loop, and fences."""

import asyncio
import json
import time
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from shop.app_metrics import AppMetrics
from shop.config import GROUP, ORDER_TOPIC, TOPIC, Address
from shop.errors import BrokerError
from shop.topic import with_topic

FENCE_EVENT = 0
_CONFIRM_SECONDS = 6.0
_FENCE_LOOK_SECONDS = 0.1
_NODE_MILLISECONDS = 20
"""How long a node that is not ready is left alone."""


class Broker:
    """Produces coupon records; ``open`` creates the topic where it does not exist yet."""

    def __init__(self, producer: Any, admin: Any, partitions: int, metrics: AppMetrics) -> None:
        self._producer = producer
        self._admin = admin
        self._partitions = partitions
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, address: Address, partitions: int, metrics: AppMetrics) -> "Broker":
        """Connect, create the topic and load its metadata.

        Raises:
            BrokerError: when the broker cannot be reached.
        """
        try:
            producer, admin = await asyncio.to_thread(_connect, address, partitions)
        except KafkaError as error:
            raise BrokerError(f"cannot reach the broker at {address}: {error}", certain=True) from error
        return cls(producer, admin, partitions, metrics)

    async def send(
        self, key: str, value: dict[str, Any], partition: int | None = None, *, topic: str = TOPIC
    ) -> tuple[int, int]:
        """Send one record and return its partition and offset when the broker has confirmed it.

        Raises:
            BrokerError: when it is not confirmed; says whether it can still arrive.
        """
        begun = time.perf_counter()
        try:
            place = await self._confirmed(topic, key, value, partition)
        except BrokerError:
            self._metrics.records_failed.inc()
            self._metrics.sent_badly.observe(time.perf_counter() - begun)
            raise
        self._metrics.records_sent.inc()
        self._metrics.sent_well.observe(time.perf_counter() - begun)
        return place

    async def drained(self, seconds: float) -> bool:
        """Whether the issuers have worked off, within ``seconds``, everything sent before this call.

        A fence record goes to every partition; the group has passed it when its committed offset is beyond it.
        """
        deadline = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                fence = [self.send("fence", {"event_id": FENCE_EVENT}, number) for number in range(self._partitions)]
                ends = dict(await asyncio.gather(*fence))
                while not await asyncio.to_thread(self._passed, ends):  # noqa: ASYNC110 - the broker has no event for it
                    await asyncio.sleep(_FENCE_LOOK_SECONDS)
        except (BrokerError, KafkaError, TimeoutError):
            return False
        return time.monotonic() <= deadline

    async def close(self) -> None:
        """Send what is buffered and disconnect; waits two seconds at most."""
        await asyncio.to_thread(self._producer.close, 2)
        await asyncio.to_thread(self._admin.close)

    async def _confirmed(self, topic: str, key: str, value: dict[str, Any], partition: int | None) -> tuple[int, int]:
        waiter: asyncio.Future[Any] = self._loop.create_future()
        payload = json.dumps(value).encode()
        try:
            sent = self._producer.send(topic, value=payload, key=key.encode(), partition=partition)
        except KafkaError as error:
            raise BrokerError(f"not sent: {error}", certain=True) from error
        sent.add_callback(self._settle, waiter, None)
        sent.add_errback(self._settle, waiter, "error")
        try:
            metadata = await asyncio.wait_for(waiter, _CONFIRM_SECONDS)
        except (KafkaError, TimeoutError) as error:
            raise BrokerError(f"not confirmed: {type(error).__name__}: {error}", certain=False) from error
        return metadata.partition, metadata.offset

    def _settle(self, waiter: "asyncio.Future[Any]", kind: str | None, outcome: Any) -> None:
        self._loop.call_soon_threadsafe(_settle_in_loop, waiter, kind, outcome)

    def _passed(self, ends: dict[int, int]) -> bool:
        places = [TopicPartition(TOPIC, partition) for partition in ends]
        committed = self._admin.list_group_offsets({GROUP: places})[GROUP]
        return all(place in committed and committed[place].offset > ends[place.partition] for place in places)


def _settle_in_loop(waiter: "asyncio.Future[Any]", kind: str | None, outcome: Any) -> None:
    if waiter.done():
        return
    if kind is None:
        waiter.set_result(outcome)
    else:
        waiter.set_exception(outcome)


def _connect(address: Address, partitions: int) -> tuple[Any, Any]:
    admin = with_topic(address, partitions)
    with_topic(address, 1, ORDER_TOPIC).close()
    producer = KafkaProducer(
        bootstrap_servers=str(address),
        acks="all",
        enable_idempotence=False,
        batch_size=16384,
        linger_ms=10,
        allow_auto_create_topics=False,
        max_block_ms=5000,
        request_timeout_ms=4000,
        delivery_timeout_ms=5000,
        reconnect_backoff_max_ms=500,
    )
    _wait_for_nodes(producer)
    producer.partitions_for(TOPIC)
    return producer, admin


def _wait_for_nodes(producer: Any) -> None:
    """Have the producer's thread wait for a node that cannot be sent to now.

    kafka-python waits for no time at all while a connection is busy or being made, and takes seconds for milliseconds
    otherwise: while a broker stands still, its thread would take most of a core from the requests that need none.
    """
    client = producer._sender._client  # noqa: SLF001 - there is no other way to it
    delay = client.connection_delay
    client.connection_delay = lambda node: max(delay(node) * 1000, _NODE_MILLISECONDS)
