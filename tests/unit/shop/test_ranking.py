"""Rankings that Redis does not have: every request asks the database, or one asks for all."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shop.app_metrics import AppMetrics
from shop.flags import FlagStore
from shop.ranking import Ranking


class EmptyCache:
    """A Redis that was flushed."""

    async def command(self, *_words: Any) -> list[str]:
        return []

    async def together(self, commands: list[Any]) -> list[Any]:
        return [[] for _ in commands]


class SlowDatabase:
    """Answers when it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.go_on = asyncio.Event()

    async def rows(self, _sql: str, values: tuple[int, ...]) -> list[tuple[int, int]]:
        self.asked.append(values[0])
        await self.go_on.wait()
        return [(7, 30), (3, 20)]


@pytest.mark.parametrize(
    ("flags", "questions"),
    [({}, 100), ({"coalesce_misses": True}, 1), ({"cache": False}, 1)],
    ids=["as planned", "coalesced", "past the cache"],
)
def test_a_ranking_that_redis_does_not_have_is_asked_for_by_each_or_once_for_all(
    flags: dict[str, bool], questions: int
) -> None:
    async def stampede() -> None:
        database, store = SlowDatabase(), FlagStore()
        store.change(flags)
        catalogue = cast("Any", SimpleNamespace(newest_day=30, names={7: "Tea", 3: "Cup"}))
        ranking = Ranking(cast("Any", database), cast("Any", EmptyCache()), catalogue, store, AppMetrics("redis:6379"))
        asked = [asyncio.create_task(ranking.top("7d")) for _ in range(100)]
        for _ in range(5):
            await asyncio.sleep(0)
        assert database.asked == [23] * questions
        database.go_on.set()
        answers = set(await asyncio.gather(*asked))
        assert answers == {
            '{"window":"7d","products":[{"id":7,"name":"Tea","sold":30},{"id":3,"name":"Cup","sold":20}]}'
        }

    asyncio.run(stampede())
