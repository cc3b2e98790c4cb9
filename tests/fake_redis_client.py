"""A Redis in memory, as its Python client shows it: keys with their TTL, settings, and eviction at the limit."""

import fnmatch
from collections.abc import Iterator
from typing import Any, Self

EACH = 100
"""Bytes that a key takes."""
BARE = 1000
"""Bytes that the server takes without any."""


class FakeRedisClient:
    """Client and server in one; a context manager, as the real one."""

    def __init__(self) -> None:
        self.keys: dict[str, int] = {}  # key to TTL in seconds, -1 = for ever
        self.settings = {"maxmemory": "0", "maxmemory-policy": "allkeys-lru"}
        self.evicted = 0

    def config_get(self, pattern: str) -> dict[str, str]:
        return {name: value for name, value in self.settings.items() if fnmatch.fnmatch(name, pattern)}

    def config_set(self, name: str, value: object) -> None:
        assert name in self.settings
        self.settings[name] = str(value)
        self.evict()

    def evict(self) -> None:
        """Throw keys out until the rest fits."""
        limit = int(self.settings["maxmemory"])
        while limit and self.keys and self.used > limit and self.settings["maxmemory-policy"] == "allkeys-lru":
            self.keys.pop(next(iter(self.keys)))
            self.evicted += 1

    @property
    def used(self) -> int:
        return BARE + EACH * len(self.keys)

    def info(self, section: str) -> dict[str, Any]:
        if section == "stats":
            return {"evicted_keys": self.evicted}
        return {"used_memory": self.used, "used_memory_overhead": BARE, "used_memory_dataset": self.used - BARE}

    def scan_iter(self, count: int) -> Iterator[str]:
        assert count > 0
        return iter(list(self.keys))

    def exists(self, *keys: str) -> int:
        return sum(key in self.keys for key in keys)

    def pipeline(self, *, transaction: bool) -> "_Pipeline":
        assert not transaction
        return _Pipeline(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class _Pipeline:
    def __init__(self, client: FakeRedisClient) -> None:
        self._client, self._asked = client, list[int]()

    def ttl(self, key: str) -> None:
        self._asked.append(self._client.keys[key])

    def execute(self) -> list[int]:
        return self._asked
