"""Redis as the shop sees it: every command timed, every failure a ``CacheError``."""

import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import NoScriptError, RedisError

from shop.app_metrics import AppMetrics
from shop.config import Address
from shop.errors import CacheError
from shop.scripts import Script
from shop.turns import Turns

_CONNECTIONS = 20
_TIMEOUT = 1.0

_FAILURES = (RedisError, OSError, RuntimeError)
"""What a connection may fail with; RuntimeError is what uvloop says of one that was closed under a writer."""

Command = tuple[Any, ...]


class Cache:
    """Sends Redis commands through a bounded pool that waits at most one second."""

    def __init__(self, address: Address, metrics: AppMetrics) -> None:
        self._metrics = metrics
        self._turns = Turns(_CONNECTIONS, _TIMEOUT)
        self._redis = Redis(
            connection_pool=ConnectionPool(
                host=address.host,
                port=address.port,
                max_connections=_CONNECTIONS,
                socket_timeout=_TIMEOUT,
                socket_connect_timeout=_TIMEOUT,
                decode_responses=True,
                protocol=2,
            )
        )

    async def command(self, *command: Any) -> Any:
        """Send one command and return the answer.

        Raises:
            CacheError: when Redis does not answer or refuses.
        """
        begun = time.perf_counter()
        name = command[0]
        try:
            async with self._turns:
                return await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
        except _FAILURES as error:
            self._metrics.command_failed(name)
            raise CacheError(f"{name}: {type(error).__name__}: {error}") from error
        finally:
            self._metrics.command(name, time.perf_counter() - begun)

    async def script(self, script: Script, keys: Sequence[str], values: Sequence[Any]) -> Any:
        """Run a Lua script, loading it first where Redis does not know it (after a restart or a flush).

        Raises:
            CacheError: when Redis does not answer or refuses.
        """
        try:
            return await self.command("EVALSHA", script.sha, len(keys), *keys, *values)
        except CacheError as error:
            if not isinstance(error.__cause__, NoScriptError):
                raise
        return await self.command("EVAL", script.source, len(keys), *keys, *values)

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        """Send several commands in one round trip; each is counted with the time of the whole.

        Raises:
            CacheError: when Redis does not answer or refuses one of them.
        """
        begun = time.perf_counter()
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            async with self._turns:
                return list(await pipeline.execute())
        except _FAILURES as error:
            for command in commands:
                self._metrics.command_failed(command[0])
            raise CacheError(f"{commands[0][0]}: {type(error).__name__}: {error}") from error
        finally:
            elapsed = time.perf_counter() - begun
            for command in commands:
                self._metrics.command(command[0], elapsed)

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()
