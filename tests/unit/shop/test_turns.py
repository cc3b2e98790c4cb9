"""Turns are handed on in the order in which they were waited for, and waited for no longer than said."""

import asyncio

import pytest

from shop.turns import Turns


def test_who_came_first_goes_first_even_when_others_come_as_a_turn_is_handed_on() -> None:
    async def play() -> list[int]:
        turns, order = Turns(1, 5.0), list[int]()

        async def take(number: int) -> None:
            async with turns:
                order.append(number)
                if number < 3:
                    late.append(asyncio.create_task(take(number + 10)))  # comes while the others wait
                await asyncio.sleep(0)

        late: list[asyncio.Task[None]] = []
        await asyncio.gather(*(take(number) for number in range(5)))
        await asyncio.gather(*late)
        return order

    assert asyncio.run(play()) == [0, 1, 2, 3, 4, 10, 11, 12]


def test_a_turn_that_does_not_come_is_not_waited_for_for_ever() -> None:
    async def play() -> None:
        turns = Turns(1, 0.01)
        async with turns:
            with pytest.raises(TimeoutError):
                async with turns:
                    raise AssertionError("it came")
        async with turns:  # the one that gave up holds nothing
            pass

    asyncio.run(play())
