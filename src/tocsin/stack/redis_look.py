"""A bounded look into a Redis: settings that a fault could change, and whether its clients are paused."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tocsin.errors import TocsinError
from tocsin.model.stack import Address

WATCHED = (
    "maxmemory", "maxmemory-policy", "maxmemory-samples", "maxclients", "timeout", "appendonly", "save",
    "min-replicas-to-write", "lua-time-limit", "slowlog-log-slower-than", "activedefrag", "hz", "proto-max-bulk-len",
)  # fmt: skip
_CHANNEL = "tocsin-residue-probe"


def look_at_redis(address: Address, patience: float) -> tuple[dict[str, str], list[str]]:
    """(settings, trouble), within ``patience`` seconds each.

    Raises:
        TocsinError: when the server does not answer.
    """
    client = redis.Redis(
        host=address.host,
        port=address.port,
        socket_timeout=patience / 2,
        socket_connect_timeout=patience / 2,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    with client:
        try:
            settings = _settings(client)
        except redis.RedisError as error:
            raise TocsinError(f"it does not answer (frozen, starved or paused?): {error}") from error
        return settings, _paused(client)


def _settings(client: "redis.Redis") -> dict[str, str]:
    pipeline = client.pipeline(transaction=False)
    for name in WATCHED:
        pipeline.config_get(name)
    return {name: str(value) for answer in pipeline.execute() for name, value in answer.items()}


def _paused(client: "redis.Redis") -> list[str]:
    """A server paused for writes still answers reads; a PUBLISH that nobody listens to waits like a write."""
    try:
        client.publish(_CHANNEL, "")
    except redis.TimeoutError:
        return ["it takes no writes: its clients are paused"]
    except redis.RedisError as error:
        return [f"it refuses a write: {error}"]
    return []
