"""A coupon issuer: takes accepted coupons from Kafka and writes them down: ``python -m shop.issuer``."""

import asyncio
import logging
import signal
import time
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from prometheus_client import start_http_server

from shop.config import IssuerSettings, issuer_settings
from shop.consumer import Consumer
from shop.database import Database, PoolSize
from shop.errors import BrokerError, DatabaseError
from shop.issuer_metrics import IssuerMetrics
from shop.issuing import Accepted, Result, insert, insert_all, parse

_POOL = PoolSize(minimum=1, maximum=2)
_RETRY_SECONDS = 0.5

log = logging.getLogger(__name__)


class Issuer:
    """Works records off in order, ``batch`` at a time; a record is never given up while the database is away."""

    def __init__(self, consumer: Consumer, database: Database, metrics: IssuerMetrics, batch: int = 1) -> None:
        self._consumer = consumer
        self._database = database
        self._metrics = metrics
        self._batch = batch
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the record at hand, then end."""
        self._stopping.set()

    async def run(self) -> None:
        """Take and work off batches until ``stop``."""
        while not self._stopping.is_set():
            try:
                records = await self._consumer.batch()
                self._metrics.consumed(len(records))
                await self._work_off(records)
                await self._consumer.commit(now=not records)
            except BrokerError as error:
                log.warning("broker: %s", error)
                await self._pause()
            self._metrics.lags(self._consumer.lags())
            self._metrics.put_off(self._consumer.put_off())

    async def _work_off(self, records: list[Any]) -> None:
        for start in range(0, len(records), self._batch):
            part = records[start : start + self._batch]
            fence = await self._some([record.value for record in part])
            if self._stopping.is_set():
                return
            for record in part:
                self._consumer.finished(record)
            await self._consumer.commit(now=fence)

    async def _some(self, payloads: list[bytes]) -> bool:
        """Issue a few records together; True when a fence was among them."""
        coupons = [coupon for coupon in map(self._parsed, payloads) if coupon is not None]
        wanted = [coupon for coupon in coupons if not coupon.is_fence]
        if wanted:
            await self._issue(wanted)
        return len(wanted) < len(coupons)

    def _parsed(self, payload: bytes) -> Accepted | None:
        begun = time.perf_counter()
        try:
            return parse(payload)
        except ValueError as error:
            log.error("record skipped: %s", error)  # noqa: TRY400 - a person needs no traceback here
            self._metrics.not_issued("error")
            self._metrics.listened(time.perf_counter() - begun, type(error).__name__)
            return None

    async def _issue(self, coupons: list[Accepted]) -> None:
        while not self._stopping.is_set():
            begun = time.perf_counter()
            try:
                results = await self._insert(coupons)
            except DatabaseError as error:
                self._metrics.not_issued("error")
                self._metrics.listened(time.perf_counter() - begun, "DatabaseError")
                log.warning("tried again: %s", error)
                await self._pause()
                continue
            each = (time.perf_counter() - begun) / len(coupons)
            for result, coupon in zip(results, coupons, strict=True):
                self._metrics.listened(each)
                self._count(result, coupon)
            return

    async def _insert(self, coupons: list[Accepted]) -> list[Result]:
        if len(coupons) == 1:
            return [await insert(self._database, coupons[0])]
        return await insert_all(self._database, coupons)

    def _count(self, result: Result, coupon: Accepted) -> None:
        if result == "issued":
            self._metrics.issued(time.time() - coupon.accepted_at)
        else:
            self._metrics.not_issued("duplicate" if result == "duplicate" else "error")

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), _RETRY_SECONDS)
        except TimeoutError:
            return


async def serve(settings: IssuerSettings) -> None:
    """Issue until SIGTERM or SIGINT.

    Raises:
        ShopError: when the database or the broker cannot be reached at the start.
    """
    metrics = IssuerMetrics(settings.instance)
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database, settings.password, _POOL, metrics.pool)
        stack.push_async_callback(database.close)
        consumer = await Consumer.open(settings.kafka, settings.instance, settings.partitions, metrics.committed)
        stack.push_async_callback(consumer.close)
        issuer = Issuer(consumer, database, metrics, settings.batch)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, issuer.stop)
        server, thread = start_http_server(settings.port, settings.host, metrics.registry)
        try:
            await issuer.run()
        finally:
            server.shutdown()
            thread.join()


def main() -> None:
    """Run one issuer with the settings of the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    uvloop.run(serve(issuer_settings()))


if __name__ == "__main__":
    main()
