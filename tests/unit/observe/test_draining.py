"""How long an invariant waits for work in flight."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tocsin.model.event import InvariantChecked
from tocsin.observe import invariants
from tocsin.observe.invariants import Invariant

DRAIN = 0.2


class Violations:
    """A cursor whose answers are given beforehand; the last one is given for ever."""

    def __init__(self, *answers: list[int]) -> None:
        self._answers: Iterator[list[int]] = iter(answers)
        self._now = next(self._answers)

    async def execute(self, _sql: str) -> None:
        """Nothing to be done."""

    async def fetchmany(self, most: int) -> list[int]:
        now, self._now = self._now, next(self._answers, self._now)
        return now[:most]


def check(cursor: Any, *, drain: float = DRAIN) -> InvariantChecked:
    invariant = Invariant(title="All is done", sql="SELECT 1", drain=drain)
    return asyncio.run(invariants._check_one(cursor, "all_done", invariant, 7))


def test_work_that_becomes_less_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "_EVERY", DRAIN / 2)
    found = check(Violations(*([left] for left in range(8, 0, -1)), []))  # four times as long as DRAIN
    assert found.met
    assert "7 receipts" in found.detail


def test_work_that_stands_still_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "_EVERY", DRAIN / 2)
    found = check(Violations([3, 4], [4]))
    assert not found.met
    assert "for example 4" in found.detail


def test_work_that_never_ends_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "_EVERY", DRAIN / 2)
    monkeypatch.setattr(invariants, "LONGEST_DRAIN", 2 * DRAIN)
    assert not check(Violations(*([left] for left in range(100, 0, -1)))).met
