"""The ledger survives torn writes, has one writer, and undoes last things first."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import Blocked, TocsinError
from tocsin.ledger.store import Ledger, halted_at, is_held, read_ledger
from tocsin.ledger.undo import Handlers, apply_entry, revert_entry, undo_all


class Recording:
    """A handler that remembers what it was asked, and fails as often as it is told to."""

    def __init__(self, failures: int = 0, left: list[str] | None = None) -> None:
        self.calls: list[tuple[str, str]] = []
        self.failures = failures
        self.left = left or []

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(("apply", record["name"]))
        return {"done": record["name"]}

    def revert(self, record: dict[str, Any]) -> None:
        self.calls.append(("revert", record["name"]))
        if self.failures:
            self.failures -= 1
            raise TocsinError("not now")

    def residue(self, record: dict[str, Any]) -> list[str]:
        return self.left

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        return ["do this"]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.jsonl")
    yield opened
    opened.close()


def test_an_entry_is_on_disk_before_it_is_applied(ledger: Ledger) -> None:
    path = ledger.path

    class Looking(Recording):
        def apply(self, record: dict[str, Any]) -> dict[str, Any]:
            assert [entry.state for entry in read_ledger(path)] == ["intended"]
            return {}

    apply_entry(ledger, {"injection": Looking()}, "i1", "injection", {"name": "x"})
    assert [entry.state for entry in read_ledger(path)] == ["applied"]


def test_undoing_goes_backwards_and_closes_every_entry(ledger: Ledger) -> None:
    handler = Recording()
    for name in ("stack", "load", "fault"):
        apply_entry(ledger, {"injection": handler}, name, "injection", {"name": name})
    undone = undo_all(ledger, {"injection": handler}, lambda _: None)
    assert [name for what, name in handler.calls if what == "revert"] == ["fault", "load", "stack"]
    assert undone.residue == []
    assert ledger.open_entries() == []


def test_an_entry_that_was_only_intended_is_undone_too(ledger: Ledger) -> None:
    ledger.intend("i1", "injection", {"name": "x"})
    handler = Recording()
    assert undo_all(ledger, {"injection": handler}, lambda _: None).verified == ["i1"]
    assert handler.calls == [("revert", "x")]


def test_an_entry_whose_applied_was_torn_off_is_undone_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path)
    apply_entry(first, {"injection": Recording()}, "i1", "injection", {"name": "x"})
    first.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][: len(lines[1]) // 2])  # intended is whole, applied is not
    again = Ledger(path)
    handler = Recording()
    assert undo_all(again, {"injection": handler}, lambda _: None).verified == ["i1"]
    again.close()
    assert handler.calls == [("revert", "x")]
    assert [entry.state for entry in read_ledger(path)] == ["verified"]


def test_a_revert_that_fails_once_is_tried_again(ledger: Ledger) -> None:
    entry = ledger.intend("i1", "injection", {"name": "x"})
    assert revert_entry(ledger, {"injection": Recording(failures=1)}, entry) == []


def test_a_revert_that_fails_twice_is_residue_and_stays_open(ledger: Ledger) -> None:
    entry = ledger.intend("i1", "injection", {"name": "x"})
    assert revert_entry(ledger, {"injection": Recording(failures=2)}, entry) == [
        "injection i1 could not be undone: not now",
        "by hand: do this",
    ]
    assert [entry.id for entry in ledger.open_entries()] == ["i1"]


def test_one_entry_that_cannot_be_undone_does_not_keep_the_others(ledger: Ledger) -> None:
    good, bad = Recording(), Recording(left=["still there"])
    apply_entry(ledger, {"load": good}, "l1", "load", {"name": "load"})
    apply_entry(ledger, {"injection": bad}, "i1", "injection", {"name": "fault"})
    undone = undo_all(ledger, {"injection": bad, "load": good}, lambda _: None)
    assert undone.verified == ["l1"]
    assert undone.residue == ["still there", "by hand: do this"]


def test_only_one_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path)
    assert is_held(path)
    with pytest.raises(Blocked):
        Ledger(path)
    first.close()
    assert not is_held(path)


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_torn_last_write_loses_at_most_that_write(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "ledger.jsonl"
    ledger = Ledger(path)
    for number in range(3):
        ledger.intend(f"i{number}", "injection", {"name": str(number)})
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: max(0, len(whole) - cut)])
    kept = [entry.id for entry in read_ledger(path)]
    assert kept == [f"i{number}" for number in range(len(kept))]
    again = Ledger(path)
    again.intend("late", "injection", {"name": "late"})
    again.close()
    assert [entry.id for entry in read_ledger(path)] == [*kept, "late"]


def test_a_program_that_replaces_the_writer_keeps_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    script = (
        "import os, sys; from pathlib import Path; from tocsin.ledger.store import Ledger\n"
        "path = Path(sys.argv[1])\n"
        "if len(sys.argv) > 2:\n"
        "    ledger = Ledger(path, int(sys.argv[2])); ledger.intend('i2', 'injection', {})\n"
        "    print([entry.id for entry in ledger.entries()], flush=True); sys.stdin.read()\n"
        "else:\n"
        "    ledger = Ledger(path); ledger.intend('i1', 'injection', {})\n"
        "    again = [sys.executable, __file__, str(path), str(ledger.hand_over())]\n"
        "    os.execv(sys.executable, again)\n"
    )
    (tmp_path / "writer.py").write_text(script, encoding="utf-8")
    words = [sys.executable, str(tmp_path / "writer.py"), str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "['i1', 'i2']\n"
        assert is_held(path)
        process.communicate()
    assert not is_held(path)


def test_a_halt_is_when_the_load_is_off_and_undoing_has_begun(ledger: Ledger) -> None:
    seen: list[float | None] = []

    class Looking(Recording):
        def revert(self, record: dict[str, Any]) -> None:
            seen.append(halted_at(ledger.path))

    handlers: Handlers = {"load": Looking(), "injection": Looking()}
    apply_entry(ledger, handlers, "load", "load", {"name": "load"})
    apply_entry(ledger, handlers, "i1", "injection", {"name": "i1"})
    assert halted_at(ledger.path) is None
    undo_all(ledger, handlers, lambda _: None)
    while_load_stops, while_fault_is_reverted = seen
    assert while_load_stops is None
    assert while_fault_is_reverted is not None
    assert halted_at(ledger.path) == while_fault_is_reverted
