"""What faults share that lose keys of Redis: a client, the keys that nobody brings back by reading, the rebuild."""

import redis

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model.fault import Injection
from tocsin.model.stack import Stack

_REBUILT_WITHIN = 15.0
"""Seconds in which the hook may be tried again: right after a restart the application finds its connections dead."""


def client_of(stack: Stack, injection: Injection) -> "redis.Redis":
    """A client straight to the server; a context manager."""
    address = stack.address(injection.target)
    return redis.Redis(host=address.host, port=address.port, socket_timeout=5.0, decode_responses=True)


def lasting(client: "redis.Redis", most: int = 500) -> list[str]:
    """The keys that never expire: no reader brings those back."""
    keys = sorted(client.scan_iter(count=1000))
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.ttl(key)
    return [key for key, ttl in zip(keys, pipeline.execute(), strict=True) if ttl == -1][:most]


def not_back(stack: Stack, injection: Injection) -> list[str]:
    """Residue: fewer than half of the lasting keys of the record are there."""
    wanted: list[str] = injection.prior["lasting"]
    with client_of(stack, injection) as client:
        back = int(client.exists(*wanted)) if wanted else 0
    return [f"only {back} of {len(wanted)} lasting keys are back"] if back < len(wanted) / 2 else []


def rebuild(stack: Stack) -> None:
    """Have the stack restore from the source of truth what is missing; does no harm where nothing is."""
    until = clock.monotonic() + _REBUILT_WITHIN
    while True:
        try:
            stack.call_hook("rebuild")
        except TocsinError:
            if clock.monotonic() >= until:
                raise
            clock.pause(0.5)
        else:
            return
