"""First-come coupons: reserved by a counter, confirmed by the broker, issued later by the issuers."""

import asyncio
import logging
import time
from dataclasses import dataclass

from shop.app_metrics import AppMetrics
from shop.broker import Broker
from shop.database_counter import DatabaseCounter
from shop.errors import BrokerError, ShopError, StateMissingError
from shop.flags import FlagStore
from shop.redis_counter import RedisCounter
from shop.reservation import OpenEvent, Reservation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """The answer to a coupon request: ACCEPTED, DUPLICATE or SOLD_OUT."""

    status: str
    event_id: int


class Coupons:
    """The desk where coupons are asked for."""

    def __init__(
        self,
        redis_counter: RedisCounter,
        database_counter: DatabaseCounter,
        broker: Broker,
        flags: FlagStore,
        metrics: AppMetrics,
        *,
        event_seconds: float,
    ) -> None:
        """Open the desk; from the opening of one event to that of the next it is ``event_seconds`` at the least."""
        self._redis_counter = redis_counter
        self._database_counter = database_counter
        self._broker = broker
        self._flags = flags
        self._metrics = metrics
        self._in_flight = 0
        self._event_seconds = event_seconds
        self._next_opening = 0.0
        self._openings: dict[int, asyncio.Task[None]] = {}

    async def issue(self, user_id: int) -> Decision:
        """Accept a coupon request once the broker has confirmed it, or say why not.

        Raises:
            ShopError: when it cannot be accepted now.
        """
        self._in_flight += 1
        try:
            return await self._decide(user_id)
        except ShopError:
            self._metrics.coupon("unavailable")
            raise
        finally:
            self._in_flight -= 1

    async def current(self) -> OpenEvent:
        """The event being sold.

        Raises:
            ShopError: when that cannot be said.
        """
        return await self._counter().current()

    async def restore(self, seconds: float) -> int:
        """Put lost coupon state back into Redis and return the number of holders recognised.

        Waits up to ``seconds`` for requests in flight and for the issuers; see ``RedisCounter.restore``.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        try:
            await self._redis_counter.current()
        except StateMissingError:
            exact = await self._settled(seconds)
            return await self._redis_counter.restore(exact=exact)
        return 0

    async def prime(self) -> None:
        """Open an event at the start of the shop if Redis has none; waits for nobody.

        Raises:
            ShopError: when Redis or the database does not answer.
        """
        await self._redis_counter.restore(exact=False)

    async def _decide(self, user_id: int) -> Decision:
        counter = self._counter()
        reservation = await counter.reserve(user_id)
        event_id = reservation.event_id
        if reservation.status == "duplicate":
            self._metrics.coupon("duplicate")
            return Decision("DUPLICATE", event_id)
        if reservation.left <= 0:
            self._open_after(counter, event_id)
        if reservation.status == "sold_out":
            self._metrics.coupon("sold_out")
            return Decision("SOLD_OUT", event_id)
        await self._send(counter, reservation, user_id)
        self._metrics.coupon("accepted")
        return Decision("ACCEPTED", event_id)

    async def _send(self, counter: RedisCounter | DatabaseCounter, reservation: Reservation, user_id: int) -> None:
        record = {"event_id": reservation.event_id, "user_id": user_id, "accepted_at": time.time()}
        try:
            await self._broker.send(str(user_id), record)
        except BrokerError as error:
            await counter.release(reservation, user_id, restock=error.certain)
            raise

    async def _settled(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._in_flight:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(0.01)
        return await self._broker.drained(deadline - time.monotonic())

    def _counter(self) -> RedisCounter | DatabaseCounter:
        return self._redis_counter if self._flags.now.redis_check else self._database_counter

    def _open_after(self, counter: RedisCounter | DatabaseCounter, sold_out: int) -> None:
        """Have the event that follows one opened when it is time, once for everybody who finds it sold out meanwhile.

        One opening for each of them would be a queue: in a rush it grows faster than it is worked off, and the opening
        of the event after next stands at its end.
        """
        if sold_out not in self._openings:
            task = asyncio.create_task(self._open_in_time(counter, sold_out))
            self._openings[sold_out] = task
            task.add_done_callback(lambda _: self._openings.pop(sold_out, None))

    async def _open_in_time(self, counter: RedisCounter | DatabaseCounter, sold_out: int) -> None:
        await asyncio.sleep(max(0.0, self._next_opening - time.monotonic()))
        try:
            opened = await counter.open_next(sold_out)
        except ShopError as error:
            log.warning("the next coupon event is not open yet: %s", error)
            return
        if opened:  # not for somebody late, who found an event sold out after which the next is open already
            self._next_opening = time.monotonic() + self._event_seconds
