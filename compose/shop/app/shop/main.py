"""The shop's HTTP service: ``python -m shop.main``."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import uvloop
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from shop.admission import Admission
from shop.app_metrics import AppMetrics
from shop.background import kept_running
from shop.broker import Broker
from shop.cache import Cache
from shop.catalogue import Catalogue
from shop.config import AppSettings, app_settings
from shop.coupons import Coupons
from shop.customer_routes import Customers
from shop.database import Database, PoolSize
from shop.database_counter import DatabaseCounter
from shop.events import Events
from shop.flags import FlagStore
from shop.orders import Orders
from shop.outbox import Outbox
from shop.products import Products
from shop.ranking import Ranking
from shop.rebuild import Rebuild
from shop.recorder import Recorder
from shop.redis_counter import RedisCounter
from shop.search import Search
from shop.stock import Stock
from shop.users import Users
from shop.views import ViewFlusher
from shop.web import Shop, application

_POOL_MINIMUM = 10
_CONNECTIONS = 8192
"""Connections that are served at once, as Tomcat has it; by default only as many as its backlog, idle ones included."""


async def serve(settings: AppSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ShopError: when the database or the broker cannot be reached at the start.
    """
    metrics = AppMetrics(str(settings.redis))
    pool = PoolSize(minimum=min(_POOL_MINIMUM, settings.pool), maximum=settings.pool)
    async with AsyncExitStack() as stack:
        database, broker = await asyncio.gather(
            Database.open(settings.database, settings.password, pool, metrics.pool),
            Broker.open(settings.kafka, settings.partitions, metrics),
        )
        stack.push_async_callback(database.close)
        stack.push_async_callback(broker.close)
        cache = Cache(settings.redis, metrics)
        stack.push_async_callback(cache.close)
        recorder = await Recorder.open(settings.kafka, f"{settings.instance}-recorder", database)
        stack.push_async_callback(recorder.close)
        shop, background = await _assemble(settings, metrics, database, broker, cache)
        for work in (*background, recorder.run):
            stack.push_async_callback(_cancel, asyncio.create_task(kept_running(work)))
        await _listen(settings, shop)


async def _assemble(
    settings: AppSettings, metrics: AppMetrics, database: Database, broker: Broker, cache: Cache
) -> tuple[Shop, list[Callable[[], Awaitable[None]]]]:
    flags = FlagStore()
    events = Events(database)
    products = Products(database, cache, flags, metrics, settings.seed)
    catalogue = await Catalogue.load(database)
    ranking = Ranking(database, cache, catalogue, flags, metrics, kept_days=settings.ranking_days)
    counters = RedisCounter(cache, events), DatabaseCounter(database, events)
    coupons = Coupons(*counters, broker, flags, metrics, event_seconds=settings.event_seconds)
    stock, outbox = Stock(database, cache, metrics), Outbox(database, broker)
    rebuild = Rebuild(cache, coupons, ranking, products)
    customers = Customers(Users(database), Orders(database, stock, outbox, flags), Search(database))
    shop = Shop(products, ranking, coupons, rebuild, flags, metrics, customers)
    return shop, [
        rebuild.prime,
        ViewFlusher(database, cache, flags).run,
        outbox.run,
        stock.sweep,
        ranking.keep_summary,
    ]


async def _listen(settings: AppSettings, shop: Shop) -> None:
    server = Server(
        Admission(application(shop), settings.at_once, shop.metrics),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=1024,
        backpressure=_CONNECTIONS,
        log_level=LogLevels.warning,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def main() -> None:
    """Run the service with the settings of the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    uvloop.run(serve(app_settings()))


if __name__ == "__main__":
    main()
