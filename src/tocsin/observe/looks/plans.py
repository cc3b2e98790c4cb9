"""Queries analysed by the database server itself, which runs each and tells where the time went."""

from collections.abc import Mapping
from typing import Any

import asyncmy

from tocsin.errors import TocsinError
from tocsin.model.event import QueryAnalysed
from tocsin.observe.database import Database
from tocsin.observe.looks import plan_of_mariadb, plan_of_mysql
from tocsin.observe.looks.file import AnalysedQuery
from tocsin.observe.looks.plan import Analyser, Plan

_LONGEST = 6000
_TIMES = 5


async def analyse(service: str, database: Database, queries: Mapping[str, AnalysedQuery]) -> list[QueryAnalysed]:
    """Each query, one after the other: once unheard, so that none pays for a cold cache, then five times.

    Of the five the one that took the median time is told.

    Raises:
        TocsinError: when the database cannot be asked, refuses a query, or its analysis cannot be read.
    """
    try:
        async with database.cursor() as cursor:
            server = await _server(cursor)
            return [await _one(cursor, server, service, name, query) for name, query in queries.items()]
    except (OSError, asyncmy.errors.Error) as error:
        raise TocsinError(f"{service} could not analyse a query: {error}") from error


async def _server(cursor: Any) -> Analyser:
    """How this server is asked and its answer read: MariaDB and MySQL differ in both."""
    await cursor.execute("SELECT VERSION()")
    (version,) = await cursor.fetchone()
    return plan_of_mariadb if "mariadb" in version.lower() else plan_of_mysql


async def _one(cursor: Any, server: Analyser, service: str, name: str, query: AnalysedQuery) -> QueryAnalysed:
    found: list[tuple[Plan, str]] = []
    for _ in range(1 + _TIMES):
        await cursor.execute(f"{server.ASK} {query.sql}")
        (answer,) = await cursor.fetchone()
        try:
            found.append((server.read(answer), answer))
        except ValueError as error:
            raise TocsinError(f"{service} gave no analysis of {name} that can be read: {answer[:200]}") from error
    plan, answer = sorted(found[1:], key=lambda one: one[0].took_ms)[_TIMES // 2]
    return QueryAnalysed(
        service=service,
        name=name,
        title=query.title,
        took_ms=round(plan.took_ms, 3),
        rows_read=plan.rows_read,
        key=", ".join(dict.fromkeys(plan.keys)),
        plan=answer[:_LONGEST],
    )
