"""A bounded number of holders at once, and everybody else in the order in which they came."""

import asyncio
from types import TracebackType


class Turns:
    """A semaphore that is waited for so long and no longer.

    Pools of connections wake those who wait, but let whoever comes meanwhile go first. Under load somebody then waits
    for ever, and most of those who are woken were woken in vain.
    """

    def __init__(self, count: int, patience: float) -> None:
        """``patience`` is in seconds."""
        self._semaphore = asyncio.Semaphore(count)
        self._patience = patience

    async def take(self) -> None:
        """Wait for a turn; whoever took one hands it on.

        Raises:
            TimeoutError: when it does not come in time.
        """
        if not self._semaphore.locked():
            await self._semaphore.acquire()  # returns at once
            return
        async with asyncio.timeout(self._patience):
            await self._semaphore.acquire()

    def hand_on(self) -> None:
        """Give the turn to the next one."""
        self._semaphore.release()

    async def __aenter__(self) -> None:
        """As ``take``.

        Raises:
            TimeoutError: when the turn does not come in time.
        """
        await self.take()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As ``hand_on``."""
        self.hand_on()
