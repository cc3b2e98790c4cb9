"""Queries analysed by a MariaDB: it runs each once and tells where the time went (ANALYZE FORMAT=JSON)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import asyncmy

from tocsin.errors import TocsinError
from tocsin.model.event import QueryAnalysed
from tocsin.observe.database import Database
from tocsin.observe.looks.file import AnalysedQuery

_LONGEST = 6000


async def analyse(service: str, database: Database, queries: Mapping[str, AnalysedQuery]) -> list[QueryAnalysed]:
    """Each query run once, one after the other; the second run of each is told, so that none pays for a cold cache.

    Raises:
        TocsinError: when the database cannot be asked, or refuses a query.
    """
    try:
        async with database.cursor() as cursor:
            return [await _one(cursor, service, name, query) for name, query in queries.items()]
    except (OSError, asyncmy.errors.Error) as error:
        raise TocsinError(f"{service} could not analyse a query: {error}") from error


async def _one(cursor: Any, service: str, name: str, query: AnalysedQuery) -> QueryAnalysed:
    answer = ""
    for _ in range(2):
        await cursor.execute(f"ANALYZE FORMAT=JSON {query.sql}")
        (answer,) = await cursor.fetchone()
    return read_plan(service, name, query.title, answer)


def read_plan(service: str, name: str, title: str, answer: str) -> QueryAnalysed:
    """What a MariaDB's analysis says: total time, rows read, index used.

    Raises:
        TocsinError: when it is not such an analysis.
    """
    try:
        block = json.loads(answer)["query_block"]
        took = float(block["r_total_time_ms"])
    except (ValueError, KeyError, TypeError) as error:
        raise TocsinError(f"{service} gave no analysis of {name} that can be read: {answer[:200]}") from error
    tables = list(_tables(block))
    rows = sum(float(one.get("r_rows") or 0.0) * float(one.get("r_loops") or 1.0) for one in tables)
    keys = [str(one["key"]) for one in tables if "key" in one]
    return QueryAnalysed(
        service=service,
        name=name,
        title=title,
        took_ms=round(took, 3),
        rows_read=rows,
        key=", ".join(dict.fromkeys(keys)),
        plan=answer[:_LONGEST],
    )


def _tables(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every table access of a plan, however deep it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("table"), dict):
            yield node["table"]
        for value in node.values():
            yield from _tables(value)
    elif isinstance(node, list):
        for value in node:
            yield from _tables(value)
