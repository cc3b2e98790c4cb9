"""The slow log of a MySQL or MariaDB that keeps it as a table, folded into shapes of queries."""

import re
from collections.abc import Iterable
from typing import Any

import asyncmy

from tocsin.errors import TocsinError
from tocsin.model.event import SlowQueries, SlowQuery
from tocsin.observe.database import Database

_ROWS = (
    "SELECT TIME_TO_SEC(query_time) + MICROSECOND(query_time) / 1000000, rows_examined, "
    "CONVERT(sql_text USING utf8mb4) FROM mysql.slow_log "
    "WHERE start_time >= FROM_UNIXTIME(%s) AND db = %s ORDER BY query_time DESC LIMIT 20000"
)
_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
_LIST = re.compile(r"\((?:\s*\?\s*,)+\s*\?\s*\)")
_LISTS = re.compile(r"(\(\.\.\.\)|\(\?\))(?:\s*,\s*(?:\(\.\.\.\)|\(\?\)))+")
_SHOWN, _LONGEST = 10, 200


async def slow_queries(service: str, database: Database, since: float) -> SlowQueries:
    """Queries that began at ``since`` (seconds since the epoch) or later.

    Raises:
        TocsinError: when the log cannot be read.
    """
    try:
        async with database.cursor() as cursor:
            await cursor.execute("SELECT @@long_query_time")
            (threshold,) = await cursor.fetchone()
            await cursor.execute(_ROWS, (since, database.name))
            return folded(service, float(threshold), await cursor.fetchall())
    except (OSError, asyncmy.errors.Error) as error:
        raise TocsinError(f"the slow log of {service} cannot be read: {error}") from error


def folded(service: str, threshold: float, rows: Iterable[tuple[Any, ...]]) -> SlowQueries:
    """Rows of (seconds, rows examined, text) by shape, the most expensive shapes first."""
    by_shape: dict[str, list[tuple[float, int]]] = {}
    for seconds, examined, text in rows:
        by_shape.setdefault(shape(str(text)), []).append((float(seconds), int(examined)))
    found = [
        SlowQuery(
            query=name,
            count=len(seen),
            total_s=round(sum(seconds for seconds, _ in seen), 3),
            longest_s=round(max(seconds for seconds, _ in seen), 3),
            rows_examined=sum(examined for _, examined in seen),
        )
        for name, seen in by_shape.items()
    ]
    found.sort(key=lambda one: (-one.total_s, one.query))
    return SlowQueries(
        service=service, threshold_s=threshold, count=sum(len(seen) for seen in by_shape.values()), rows=found[:_SHOWN]
    )


def shape(text: str) -> str:
    """A query without its values: strings and numbers become ``?``, lists of them ``(...)``."""
    text = " ".join(text.split())
    text = _NUMBER.sub("?", _STRING.sub("?", text))
    text = _LISTS.sub(r"\1", _LIST.sub("(...)", text))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
