"""Work beside the requests that fails unexpectedly is told of, and begins again."""

import asyncio
import logging

import pytest

from shop.background import kept_running


def test_work_that_fails_is_told_and_begins_again(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[int] = []

    async def work() -> None:
        begun.append(len(begun))
        if len(begun) < 3:
            raise KeyError("unforeseen")

    with caplog.at_level(logging.ERROR):
        asyncio.run(asyncio.wait_for(kept_running(work, pause=0.0), 5))
    assert begun == [0, 1, 2]
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    assert "unforeseen" in caplog.text


def test_cancelling_it_ends_it() -> None:
    async def play() -> None:
        task = asyncio.create_task(kept_running(lambda: asyncio.sleep(60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())
