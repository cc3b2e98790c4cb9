"""Whatever a handler's code does, the rest is undone: it may raise anything, or never come back."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.ledger import undo
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import apply_entry, undo_all


class Handler:
    """Does what its record names: ``raise``, ``hang``, or nothing special."""

    def __init__(self) -> None:
        self.reverted: list[str] = []
        self.release = threading.Event()

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        return {}

    def revert(self, record: dict[str, Any]) -> None:
        self.reverted.append(record["name"])
        if record["does"] == "raise":
            raise TypeError("nobody has thought of this")
        if record["does"] == "hang":
            self.release.wait(30.0)

    def residue(self, record: dict[str, Any]) -> list[str]:
        return []

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        raise AttributeError("nor of this")


@pytest.fixture
def handler() -> Iterator[Handler]:
    found = Handler()
    yield found
    found.release.set()


def _ledger(tmp_path: Path, handler: Handler, does: dict[str, str]) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for name, what in does.items():
        apply_entry(ledger, {"injection": handler}, name, "injection", {"name": name, "does": what})
    return ledger


def test_an_exception_of_any_kind_is_residue_and_the_rest_is_undone(tmp_path: Path, handler: Handler) -> None:
    ledger = _ledger(tmp_path, handler, {"stack": "", "i1": "raise", "i2": ""})
    undone = undo_all(ledger, {"injection": handler}, lambda _: None)
    assert handler.reverted == ["i2", "i1", "i1", "stack"]
    assert undone.verified == ["i2", "stack"]
    assert undone.residue == ["injection i1 could not be undone: TypeError: nobody has thought of this"]
    ledger.close()


def test_a_revert_that_hangs_is_left_and_not_tried_again(
    tmp_path: Path, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "REVERT_WITHIN", 0.05)
    ledger = _ledger(tmp_path, handler, {"stack": "", "i1": "hang"})
    undone = undo_all(ledger, {"injection": handler}, lambda _: None)
    assert handler.reverted == ["i1", "stack"]
    assert undone.verified == ["stack"]
    assert "no answer within" in undone.residue[0]
    ledger.close()


def test_the_load_ends_before_anything_is_reverted(tmp_path: Path, handler: Handler) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    both = {"injection": handler, "load": handler, "stack": handler}
    for name in ("stack", "load", "injection"):
        apply_entry(ledger, both, name, name, {"name": name, "does": ""})  # type: ignore[arg-type]
    undo_all(ledger, both, lambda _: None)  # type: ignore[arg-type]
    assert handler.reverted == ["load", "injection", "stack"]
    ledger.close()


def test_failing_to_tell_delays_nothing(tmp_path: Path, handler: Handler) -> None:
    def broken(_: str) -> None:
        raise OSError("no space left on device")

    ledger = _ledger(tmp_path, handler, {"stack": "", "i1": ""})
    assert undo_all(ledger, {"injection": handler}, broken).verified == ["i1", "stack"]
    ledger.close()
