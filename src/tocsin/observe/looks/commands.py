"""Where a Redis spent its time: INFO commandstats and latencystats, and SLOWLOG, as a difference over the load."""

from collections.abc import Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tocsin.errors import TocsinError
from tocsin.model.event import CommandTime, ServerCommands, SlowCommand
from tocsin.model.stack import Address

Calls = Mapping[str, tuple[int, int]]
"""Calls and microseconds so far, by command."""
_PATIENCE = 3.0
_SHOWN, _SHOWN_SLOW, _LONGEST = 12, 20, 120


def command_calls(address: Address) -> Calls:
    """The counters as they stand now.

    Raises:
        TocsinError: when the server does not answer.
    """
    with _client(address) as client:
        return _calls(_asked(client, "commandstats"))


def server_commands(service: str, address: Address, before: Calls, since: float) -> ServerCommands:
    """What was done since ``before`` was taken; ``since`` in seconds since the epoch bounds the slow log.

    Raises:
        TocsinError: when the server does not answer.
    """
    with _client(address) as client:
        after = _calls(_asked(client, "commandstats"))
        percentiles = _asked(client, "latencystats")
        try:
            slow = client.slowlog_get(128)
        except redis.RedisError as error:
            raise TocsinError(f"its slow log cannot be read: {error}") from error
    return ServerCommands(
        service=service,
        rows=_rows(before, after, percentiles),
        slow=[_slow(entry) for entry in slow if entry["start_time"] >= since][:_SHOWN_SLOW],
    )


def _rows(before: Calls, after: Calls, percentiles: Mapping[str, Any]) -> list[CommandTime]:
    rows: list[tuple[int, CommandTime]] = []
    for command, (calls, spent) in after.items():
        calls_before, spent_before = before.get(command, (0, 0))
        if calls_before > calls:  # the server was restarted: it counts from nought again
            calls_before, spent_before = 0, 0
        if calls == calls_before:
            continue
        known = percentiles.get(f"latency_percentiles_usec_{command}")
        p99 = float(known["p99"]) / 1000.0 if isinstance(known, dict) and "p99" in known else None
        mean = (spent - spent_before) / (calls - calls_before) / 1000.0
        row = CommandTime(command=command, calls=calls - calls_before, mean_ms=round(mean, 4), p99_ms=p99)
        rows.append((spent - spent_before, row))
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])[:_SHOWN]]


def _calls(stats: Mapping[str, Any]) -> Calls:
    return {
        name.removeprefix("cmdstat_").lower(): (int(values["calls"]), int(values["usec"]))
        for name, values in stats.items()
        if name.startswith("cmdstat_")
    }


def _slow(entry: Mapping[str, Any]) -> SlowCommand:
    command = entry["command"]
    text = command.decode(errors="replace") if isinstance(command, bytes) else str(command)
    return SlowCommand(command=text[:_LONGEST], took_ms=round(int(entry["duration"]) / 1000.0, 3))


def _asked(client: "redis.Redis", section: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = client.info(section)
    except redis.RedisError as error:
        raise TocsinError(f"it does not tell its {section}: {error}") from error
    return found


def _client(address: Address) -> "redis.Redis":
    return redis.Redis(
        host=address.host, port=address.port, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )  # fmt: skip
