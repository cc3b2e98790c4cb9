"""A CPU limit without cgroups: the arithmetic, and a busy process that is really held back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import clock
from tocsin.exporters.quota import read_duty
from tocsin.stack.local.dutycycle import PERIOD, Allowance, Counts, read_counts
from tocsin.stack.process import cpu_seconds, identity, is_stopped


def test_who_uses_less_than_granted_is_never_held_back() -> None:
    allowance = Allowance(0.5, 0.0, 0.0)
    assert all(allowance.hold_for(t / 10, 0.04 * t) == 0.0 for t in range(1, 100))


def test_a_debt_is_paid_by_waiting() -> None:
    allowance = Allowance(0.02, 0.0, 0.0)
    assert allowance.hold_for(0.1, 0.01) == pytest.approx(0.3)  # 10 ms used, 4 ms granted, 6 ms at 0.02 cores
    assert allowance.hold_for(0.4, 0.01) == pytest.approx(0.0)


def test_what_was_not_used_cannot_be_saved_up() -> None:
    allowance = Allowance(0.5, 0.0, 0.0)
    assert allowance.hold_for(100.0, 0.0) == 0.0
    assert allowance.hold_for(100.1, 0.5 * PERIOD + 0.05 + 0.1) == pytest.approx(0.2)


@given(st.floats(0.01, 4.0), st.lists(st.floats(0.0, 0.1), min_size=1, max_size=200))
def test_in_the_long_run_nobody_gets_more_than_granted(cores: float, demand: list[float]) -> None:
    now, used = 0.0, 0.0
    allowance = Allowance(cores, now, used)
    for wanted in demand:
        now += 0.1
        used += wanted
        now += allowance.hold_for(now, used)
    assert used <= cores * (now + PERIOD) + 1e-6


def test_counts_are_the_kernels_and_survive_a_new_limit(tmp_path: Path) -> None:
    path = tmp_path / "mysql-1.json"
    assert read_counts(path) == Counts()
    counts = Counts(quota=2000)
    counts.add(0.5, 0.4)
    path.write_text(json.dumps(vars(counts)), encoding="utf-8")
    assert read_counts(path) == counts
    seen = read_duty(path)
    assert seen is not None
    assert (seen.periods, seen.throttled_periods, seen.quota) == (5, 4, 2000)
    assert read_duty(tmp_path / "nobody.json") is None


@pytest.fixture
def busy() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_busy_process_is_held_to_its_share_and_let_go(busy: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    path = tmp_path / "busy-1.json"
    words = [sys.executable, "-m", "tocsin.stack.local.dutycycle", str(busy.pid), "0.1", str(path)]
    with subprocess.Popen(words) as cycle:
        assert clock.wait_until(lambda: read_counts(path).seconds > 0.5, timeout=30.0)
        begun, used = clock.monotonic(), cpu_seconds(busy.pid)
        assert clock.wait_until(lambda: read_counts(path).seconds > 1.5, timeout=30.0)
        assert cpu_seconds(busy.pid) - used < 0.5 * (clock.monotonic() - begun)
        cycle.terminate()
    found = identity(busy.pid)
    assert found is not None
    assert not is_stopped(found)
