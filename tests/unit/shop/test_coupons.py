"""Coupons in a rush: the event that follows is opened once, however many find the last one sold out."""

import asyncio
from typing import Any, cast

from shop.app_metrics import AppMetrics
from shop.coupons import Coupons
from shop.errors import CacheError
from shop.flags import FlagStore
from shop.reservation import Reservation


class SoldOut:
    """A counter of an event that has no coupon left, and that is slow to open the next."""

    def __init__(self) -> None:
        self.event = 1
        self.answers_of: int | None = None
        self.go_on = asyncio.Event()
        self.asked_to_open: list[int] = []
        self.broken = False

    async def reserve(self, _user_id: int) -> Reservation:
        return Reservation("sold_out", self.answers_of or self.event, 0)

    async def open_next(self, sold_out: int) -> bool:
        self.asked_to_open.append(sold_out)
        await self.go_on.wait()
        if self.broken:
            raise CacheError("gone")
        opened = self.event == sold_out
        self.event = max(self.event, sold_out + 1)
        return opened


def _desk(counter: SoldOut, event_seconds: float = 0.0) -> Coupons:
    both, broker = cast("Any", counter), cast("Any", None)
    return Coupons(both, both, broker, FlagStore(), AppMetrics("redis:6379"), event_seconds=event_seconds)


async def _rush(desk: Coupons, users: int = 100) -> None:
    answers = await asyncio.gather(*(desk.issue(user) for user in range(1, users)))
    assert {answer.status for answer in answers} == {"SOLD_OUT"}
    await _settle()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_next_event_is_opened_once_for_all() -> None:
    async def rush() -> None:
        counter = SoldOut()
        desk = _desk(counter)
        await _rush(desk)
        await _rush(desk)
        assert counter.asked_to_open == [1]
        counter.go_on.set()
        await _settle()
        await _rush(desk)
        assert counter.asked_to_open == [1, 2]

    asyncio.run(rush())


def test_an_opening_that_failed_is_tried_again_by_the_next_who_asks() -> None:
    async def rush() -> None:
        counter = SoldOut()
        desk = _desk(counter)
        counter.broken = True
        counter.go_on.set()
        await _rush(desk, 2)
        counter.broken = False
        await _rush(desk, 2)
        assert counter.asked_to_open == [1, 1]
        assert counter.event == 2

    asyncio.run(rush())


def test_events_follow_each_other_no_sooner_than_planned() -> None:
    async def rush() -> None:
        counter = SoldOut()
        counter.go_on.set()
        desk = _desk(counter, event_seconds=3600.0)
        await _rush(desk)
        await _rush(desk)
        assert counter.asked_to_open == [1]  # the one after it has its hour

    asyncio.run(rush())


def test_somebody_late_does_not_put_the_next_event_off() -> None:
    async def rush() -> None:
        counter = SoldOut()
        counter.go_on.set()
        desk = _desk(counter, event_seconds=3600.0)
        await _rush(desk)
        desk._next_opening = 0.0  # its hour is over
        counter.answers_of = 1  # found the first event sold out, and is told so only now
        await _rush(desk, 2)
        counter.answers_of = None
        await _rush(desk, 2)
        assert (counter.asked_to_open, counter.event) == ([1, 1, 2], 3)

    asyncio.run(rush())
