"""What the benchmark reads from other generators' output."""

import os
import shutil
from pathlib import Path

import pytest
from tests.bench.rivals import Outcome, Task, read_wrk, rivals

from tocsin.errors import TocsinError

WRK = """Running 3s test @ http://127.0.0.1:8000/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.70ms  217.58us   7.98ms   93.78%
    Req/Sec    29.46k     0.98k   30.31k    93.55%
  90845 requests in 3.10s, 11.26MB read
Requests/sec:  29305.12
Transfer/sec:      3.63MB
"""


def test_wrk() -> None:
    assert read_wrk(WRK, 2.0) == Outcome(90845, 0, 3.1, 2.0)
    assert read_wrk(WRK.replace("3.10s", "1.50m"), 2.0).seconds == 90


def test_failures_that_wrk_reports() -> None:
    broken = WRK + "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 20\n"
    assert read_wrk(broken, 2.0).failures == 30


def test_wrk_without_a_total() -> None:
    with pytest.raises(TocsinError, match="no total"):
        read_wrk("unable to connect", 0.1)


def fake_k6(folder: Path, failures: int) -> None:
    """A program of that name that prints what the script of the benchmark prints."""
    program = folder / "k6"
    program.write_text(
        f'#!/bin/sh\necho \'{{"requests": 100, "failures": {failures}, "seconds": 2.0}}\'\n', encoding="ascii"
    )
    program.chmod(0o755)


def test_k6_takes_part_when_it_is_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_this = tmp_path / "bin"
    only_this.mkdir()
    (only_this / "taskset").symlink_to(shutil.which("taskset") or "taskset")
    monkeypatch.setenv("PATH", str(only_this))
    assert not {"wrk", "k6"} & {rival.name for rival in rivals()}
    fake_k6(only_this, 0)
    k6 = next(rival for rival in rivals() if rival.name == "k6")
    task = Task("http://127.0.0.1:1", 5, 1, min(os.sched_getaffinity(0)))
    assert k6.run(task).rate == 50
    fake_k6(only_this, 1)
    with pytest.raises(TocsinError, match="1 of 100 requests failed"):
        k6.run(task)
