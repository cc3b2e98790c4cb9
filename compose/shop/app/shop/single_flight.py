"""One question at a time, its answer shared by everybody who asks meanwhile and shortly after."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class SingleFlight(Generic[Answer]):
    """Remembers each key's answer for ``lifetime`` seconds; a failure is shared, but not remembered."""

    def __init__(self, lifetime: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lifetime = lifetime
        self._clock = clock
        self._answers: dict[str, tuple[float, Answer]] = {}
        self._flights: dict[str, asyncio.Task[Answer]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The remembered answer of ``key``, or that of ``ask``, which runs at most once at a time."""
        known = self._answers.get(key)
        if known is not None and self._clock() - known[0] < self._lifetime:
            return known[1]
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._fly(key, ask))
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight)

    async def _fly(self, key: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await ask()
        self._answers[key] = (self._clock(), answer)
        return answer
