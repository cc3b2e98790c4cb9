"""Who guards a ledger, and what becomes of a guardian without a director."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin import clock, guards
from tocsin.errors import Blocked
from tocsin.guards import announce, guard_of, take_from_guardian
from tocsin.ledger.store import Ledger, is_held

HOLD = (
    "import sys; from pathlib import Path; from tocsin.ledger.store import Ledger\n"
    "ledger = Ledger(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()\n"
)

LOOK = (
    "import sys; from pathlib import Path; from tocsin.ledger.store import is_held\n"
    "print('looking', flush=True)\n"
    "for _ in range(200_000): is_held(Path(sys.argv[1]))\n"
)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds a ledger until its input ends."""
    words = [sys.executable, "-c", HOLD, str(tmp_path / "ledger.jsonl")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def _gone() -> int:
    """The pid of a process that is gone."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_what_is_written_down_is_read_again(tmp_path: Path) -> None:
    announce(tmp_path / "ledger.jsonl", os.getpid(), os.getpid())
    guard = guard_of(tmp_path / "ledger.jsonl")
    assert guard is not None
    assert guard.director_lives
    announce(tmp_path / "ledger.jsonl", os.getpid(), _gone())
    guard = guard_of(tmp_path / "ledger.jsonl")
    assert guard is not None
    assert not guard.director_lives


def test_nobody_is_known_where_nothing_or_half_was_written(tmp_path: Path) -> None:
    assert guard_of(tmp_path / "ledger.jsonl") is None
    (tmp_path / "guardian.json").write_text('{"guardian": {"pid', encoding="utf-8")
    assert guard_of(tmp_path / "ledger.jsonl") is None


def test_a_run_that_goes_on_is_not_taken(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    announce(tmp_path / "ledger.jsonl", holder.pid, os.getpid())
    with pytest.raises(Blocked, match="still going on"):
        take_from_guardian(tmp_path / "ledger.jsonl", lambda _: None)


def test_a_frozen_guardian_without_a_director_is_killed(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    announce(tmp_path / "ledger.jsonl", holder.pid, _gone())
    holder.send_signal(signal.SIGSTOP)
    take_from_guardian(tmp_path / "ledger.jsonl", lambda _: None)
    assert holder.wait(10.0) == -signal.SIGKILL
    assert not is_held(tmp_path / "ledger.jsonl")


def test_one_that_does_not_end_is_killed_after_its_time(
    tmp_path: Path, holder: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "ENDS_WITHIN", 0.1)
    announce(tmp_path / "ledger.jsonl", holder.pid, _gone())
    take_from_guardian(tmp_path / "ledger.jsonl", lambda _: None)
    assert holder.wait(10.0) == -signal.SIGKILL


def test_one_that_ends_by_itself_is_left_in_peace(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    announce(tmp_path / "ledger.jsonl", holder.pid, _gone())
    said: list[str] = []

    def ends(text: str) -> None:
        said.append(text)
        assert holder.stdin is not None
        holder.stdin.close()

    take_from_guardian(tmp_path / "ledger.jsonl", ends)
    assert holder.wait(10.0) == 0
    assert len(said) == 1


def test_looking_whether_a_ledger_is_held_keeps_nobody_from_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).close()
    looking = subprocess.Popen([sys.executable, "-c", LOOK, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert looking.stdout is not None
        looking.stdout.readline()
        for _ in range(50):
            Ledger(path).close()
    finally:
        looking.kill()
        looking.communicate()


def test_silence_counts_only_while_this_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    silence = clock.Silence()
    for _ in range(20):
        now += 0.1
        silence.look(heard=False)
    assert silence.seconds == pytest.approx(2.0)
    now += 30.0  # the whole machine stood still
    assert silence.look(heard=False) < 3.0
    now += 0.1
    assert silence.look(heard=True) == 0.0


def test_a_wait_ends_when_it_is_interrupted() -> None:
    class Enough(Exception):  # noqa: N818
        pass

    def check() -> None:
        if clock.monotonic() > begun + 0.2:
            raise Enough

    begun = clock.monotonic()
    with clock.interruptible(check), pytest.raises(Enough):
        clock.pause(60.0)
    with clock.interruptible(check), pytest.raises(Enough):
        clock.wait_until(lambda: False, timeout=60.0, every=10.0)
    clock.pause(0.0)  # outside, nobody interrupts
