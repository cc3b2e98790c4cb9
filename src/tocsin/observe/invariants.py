"""Invariants: SQL that returns violations, run against the source of truth after the load has ended."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncmy
from pydantic import Field

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model.base import Seconds, Strict
from tocsin.model.event import InvariantChecked
from tocsin.observe.database import Database

_BATCH = 1000
_SHOWN = 3
_EVERY = 0.5
_MOST = 100
"""Violations that are looked at; others than these mean that work is being done."""
LONGEST_DRAIN = 300.0
"""Seconds after which an invariant is violated even though the work in flight still becomes less."""

Rows = dict[str, list[tuple[Any, ...]]]
"""Rows of receipts by their kind."""


class Receipts(Strict):
    """Where the load's receipts of one kind go: what clients were told was accepted; columns are fields of answers."""

    table: str = Field(pattern=r"^[a-z_]+$")
    columns: list[str]


class Invariant(Strict):
    """A property of the data: ``sql`` returns one row per violation.

    It is tried again until there is none, or until they have been the same ones for ``drain`` seconds: a consumer that
    is far behind, but works, has lost nothing.
    """

    title: str
    sql: str
    drain: Seconds = 30.0


class InvariantFile(Strict):
    """``compose/<stack>/invariants.yaml``."""

    receipts: dict[str, Receipts] = Field(default_factory=dict, description="by the kind that load profiles give them")
    invariants: dict[str, Invariant]


def check_invariants(
    file: InvariantFile, names: Sequence[str], database: Database, receipts: Path
) -> list[InvariantChecked]:
    """Fill the receipts table and check each named invariant, waiting for work in flight to drain.

    Raises:
        TocsinError: when the database cannot be asked.
    """
    try:
        rows = _read_receipts(file.receipts, receipts)
        return asyncio.run(_check(file, names, database, rows))
    except (OSError, asyncmy.errors.Error) as error:
        raise TocsinError(f"the invariants could not be checked: {error}") from error


async def _check(
    file: InvariantFile, names: Sequence[str], database: Database, receipts: Rows
) -> list[InvariantChecked]:
    async with database.cursor() as cursor:
        for kind, target in file.receipts.items():
            await _fill_receipts(cursor, target, receipts[kind])
        compared = sum(map(len, receipts.values()))
        return [await _check_one(cursor, name, file.invariants[name], compared) for name in names]


def _read_receipts(targets: Mapping[str, Receipts], path: Path) -> Rows:
    """The rows of each kind that has a table; the last line may be cut off.

    Raises:
        TocsinError: an answer was no JSON object, or lacks a field that its table wants.
    """
    rows: Rows = {kind: [] for kind in targets}
    if not path.exists():
        return rows
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("}\n"):
                continue
            receipt = _receipt(line)
            target = targets.get(receipt.get("receipt", ""))
            if target is not None:
                rows[receipt["receipt"]].append(_row(receipt, target))
    return rows


def _receipt(line: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise TocsinError(f"a receipt is no JSON object: {line.strip()[:200]}") from error
    return found


def _row(receipt: dict[str, Any], target: Receipts) -> tuple[Any, ...]:
    missing = [column for column in target.columns if column not in receipt]
    if missing:
        kind = receipt["receipt"]
        raise TocsinError(f"a receipt of kind {kind!r} has no {missing[0]!r}, which the table {target.table} wants")
    return tuple(receipt[column] for column in target.columns)


async def _fill_receipts(cursor: Any, target: Receipts, rows: list[tuple[Any, ...]]) -> None:
    await cursor.execute(f"DELETE FROM {target.table}")  # noqa: S608 - the name is checked by the model
    marks = ", ".join(["%s"] * len(target.columns))
    sql = f"INSERT IGNORE INTO {target.table} ({', '.join(target.columns)}) VALUES ({marks})"  # noqa: S608
    for start in range(0, len(rows), _BATCH):
        await cursor.executemany(sql, rows[start : start + _BATCH])


async def _check_one(cursor: Any, name: str, invariant: Invariant, receipts: int) -> InvariantChecked:
    begun = changed = clock.monotonic()
    before: list[Any] = []
    while True:
        await cursor.execute(invariant.sql)
        violations = await cursor.fetchmany(_MOST)
        now = clock.monotonic()
        if not violations:
            detail = f"no violation; {receipts} receipts of accepted work were compared; drained in {now - begun:.1f} s"
            return InvariantChecked(name=name, met=True, detail=f"{invariant.title}: {detail}")
        if violations != before:
            before, changed = violations, now
        if now - changed >= invariant.drain or now - begun >= LONGEST_DRAIN:
            shown = "; ".join(str(row) for row in violations[:_SHOWN])
            detail = f"violated after waiting {now - begun:.0f} s, for example {shown}"
            return InvariantChecked(name=name, met=False, detail=f"{invariant.title}: {detail}")
        await asyncio.sleep(_EVERY)
