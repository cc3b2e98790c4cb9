"""The guardian by itself: what it is asked, what it does unasked, and what it leaves written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin import clock, guardian
from tocsin.guardian import Guardian
from tocsin.ledger.store import Ledger
from tocsin.model.run import RunMeta
from tocsin.tape.journal import JOURNAL, read_journal
from tocsin.undoing import undo_for_the_dead


class Handler:
    """Remembers; a revert fails while ``broken``."""

    def __init__(self) -> None:
        self.reverted = 0
        self.broken = False

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        return {}

    def revert(self, record: dict[str, Any]) -> None:
        if self.broken:
            raise OSError("the disk is full")
        self.reverted += 1

    def residue(self, record: dict[str, Any]) -> list[str]:
        return []

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        return ["do this"]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    found = Handler()
    monkeypatch.setattr(guardian, "handlers", lambda _: {"injection": found})
    monkeypatch.setattr(Guardian, "_say", lambda *_: None)
    return found


@pytest.fixture
def served(tmp_path: Path, handler: Handler) -> Iterator[Guardian]:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    yield Guardian(ledger, lease=3.0)
    ledger.close()


def _die(served: Guardian) -> list[str]:
    """The director is gone: what the guardian then does; returns residue."""
    return undo_for_the_dead(
        served._ledger, served._handlers, "guardian", "the director is gone", lambda _: None
    ).residue


def _apply(served: Guardian, duration: float) -> None:
    served._carry_out({"op": "apply", "entry": "i1", "kind": "injection", "record": {"duration": duration}})


def test_an_injection_whose_time_is_over_is_reverted_though_nobody_asks(
    served: Guardian, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "OVERTIME", 0.0)
    _apply(served, 0.01)

    def expired() -> bool:
        served._expire()
        return not served._requests.empty()

    assert clock.wait_until(expired, timeout=5.0, every=0.005)
    message = served._requests.get()
    assert message is not None
    served._carry_out(message)
    assert handler.reverted == 1
    assert served._ledger.open_entries() == []
    served._carry_out({"op": "revert", "entry": "i1"})  # the director's own, later
    assert handler.reverted == 1


def test_within_its_time_it_is_left_alone(served: Guardian) -> None:
    _apply(served, 60.0)
    served._expire()
    assert served._requests.empty()


def test_what_is_released_is_not_undone(served: Guardian, handler: Handler) -> None:
    _apply(served, 60.0)
    served._carry_out({"op": "release", "entry": "i1"})
    assert served._carry_out({"op": "finish"}) == {"verified": [], "residue": []}
    assert handler.reverted == 0


def test_what_it_did_alone_is_in_its_journal(served: Guardian, tmp_path: Path, meta: RunMeta) -> None:
    _apply(served, 60.0)
    assert _die(served) == []
    events = read_journal(tmp_path / "tape.db", meta, 0)
    assert [event.data.kind for event in events] == ["abort", "note", "reverted", "residue", "verdict"]


def test_a_revert_that_fails_twice_is_unclean_and_said_so(served: Guardian, handler: Handler, tmp_path: Path) -> None:
    _apply(served, 60.0)
    handler.broken = True
    assert _die(served)
    last = json.loads((tmp_path / JOURNAL).read_text(encoding="utf-8").splitlines()[-1])
    assert last["data"]["verdict"] == "unclean"
    assert "the disk is full" in last["data"]["reasons"][0]
    assert [entry.id for entry in served._ledger.open_entries()] == ["i1"]


def test_a_journal_that_cannot_be_written_delays_no_undoing(served: Guardian, handler: Handler, tmp_path: Path) -> None:
    _apply(served, 60.0)
    (tmp_path / JOURNAL).mkdir()  # nothing can be written there
    assert _die(served) == []
    assert handler.reverted == 1


def test_a_ledger_that_cannot_be_written_keeps_nothing_from_being_undone(
    served: Guardian, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    _apply(served, 60.0)
    served._carry_out({"op": "apply", "entry": "i2", "kind": "injection", "record": {}})

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(served._ledger, "mark", full)
    assert _die(served) == []
    assert handler.reverted == 2
    assert {entry.id for entry in served._ledger.open_entries()} == {"i1", "i2"}  # `tocsin recover` looks once more
