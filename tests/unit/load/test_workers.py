"""A load on several workers is the same load; what becomes of a worker that is lost, refused, or never comes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loading import Load
from tests.plain_server import plain_server

from tocsin import clock
from tocsin.load.handler import LoadHandler, LoadStart, load_summary
from tocsin.loopback import request
from tocsin.stack.ports import free_port

ARRIVING = """
from tocsin.load.users import ArrivalUser, Call
DESCRIPTION = "every user once"
ARRIVALS = "open"
RAMP_SECONDS = 0
REQUESTS = ("coupon", "other")
PHASES = (("first", 1, 60, 60), ("second", 1, 20, 20))
class Asker(ArrivalUser):
    shares = {"coupon": 1}
    asked = 0
    def next_call(self, name):
        self.asked += 1
        return Call(name, "POST", "/issue", {"user_id": self.asked}, receipt="coupon")
"""
VIRTUAL = """
from locust import task
from tocsin.load.users import Call, ClosedUser
DESCRIPTION = "users with numbers"
ARRIVALS = "closed"
RAMP_SECONDS = 0
REQUESTS = ("hello",)
PHASES = (("few", 60, 6, 6),)
class One(ClosedUser):
    think = 0.2
    @task
    def hello(self):
        self.ask(Call("hello", "POST", "/hello", {"user_id": self.number}))
"""


@pytest.fixture
def arriving(tmp_path: Path) -> Path:
    """A profile of 80 arrivals in two phases."""
    path = tmp_path / "arriving_mix.py"
    path.write_text(ARRIVING, encoding="utf-8")
    return path


def test_two_workers_make_the_requests_of_one_and_their_counts_add_up(arriving: Path, tmp_path: Path) -> None:
    handler, port = LoadHandler(), free_port()
    with plain_server() as (host, _):
        start = LoadStart(
            profile=arriving, host=host, metrics_port=port, seed=7, scale=1.0, compress=1.0, duration=60.0,
            folder=tmp_path, run=f"two-workers-{port}", arrivals="constant", workers=2,
        )  # fmt: skip
        record = start.model_dump(mode="json")
        handler.apply(record)
        try:
            assert clock.wait_until(lambda: len(_seen(host)) == 80, timeout=20)
            assert len(handler.residue(record)) == 3  # a master and two workers
        finally:
            handler.revert(record)
        assert handler.residue(record) == []
        assert sorted(_seen(host)) == list(range(1, 81))
    lines = (tmp_path / "receipts.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["user_id"] for line in lines) == list(range(1, 81))
    summary = load_summary(tmp_path)
    assert summary is not None
    assert (summary.scheduled, summary.completed, summary.failed, summary.lost_workers) == (80, 80, 0, [])
    assert [(phase.name, phase.requests["coupon"].completed) for phase in summary.phases] == [
        ("first", 60),
        ("second", 20),
    ]
    assert 0 < summary.p50_ms <= summary.p95_ms <= summary.p99_ms


def test_users_of_two_workers_are_different_people_and_a_lost_worker_is_told(tmp_path: Path) -> None:
    profile = tmp_path / "virtual_mix.py"
    profile.write_text(VIRTUAL, encoding="utf-8")
    with plain_server() as (host, _):
        load = Load(profile, host, {"workers": 2})
        with load.running() as process:
            assert clock.wait_until(lambda: len(set(_seen(host))) == 6, timeout=20)
            assert set(_seen(host)) == {1, 2, 3, 4, 5, 6}
            assert clock.wait_until(lambda: "load_users 6.0" in load.metrics(), timeout=20)
            worker = _children(process.pid)[0]
            os.kill(worker, signal.SIGKILL)
            assert clock.wait_until(lambda: worker not in _children(process.pid), timeout=20)
    (lost,) = load.summary["lost_workers"]
    assert "ended with exit code -9" in lost


def test_a_worker_from_elsewhere_needs_the_token(arriving: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    environment = {"TOCSIN_LOAD_ADDRESS": address, "TOCSIN_LOAD_TOKEN": "right"}
    with plain_server() as (host, _):
        options = {"workers": 0, "remote": 1, "duration": 3, "arrivals": "constant"}
        load = Load(arriving, host, options, environment)
        with subprocess.Popen(load.command, env={**os.environ, **environment}) as master:
            stranger = _worker(arriving, {**environment, "TOCSIN_LOAD_TOKEN": "wrong"})
            assert stranger.wait(timeout=30) == 2
            friend = _worker(arriving, environment)
            assert master.wait(timeout=30) == 0
            assert friend.wait(timeout=30) == 0
    assert load.summary["completed"] == 80
    assert len(load.receipts) == 80


def test_a_worker_that_never_joins_is_bad_input_and_nothing_is_sent(arriving: Path) -> None:
    environment = {"TOCSIN_LOAD_ADDRESS": f"127.0.0.1:{free_port()}", "TOCSIN_LOAD_TOKEN": "right"}
    with plain_server() as (host, _):
        done = Load(arriving, host, {"workers": 1, "remote": 1, "join-within": 4}, environment).run()
        assert _seen(host) == []
    assert done.returncode == 2
    assert "of 2 load workers did not join within 4 s" in done.stderr


def _seen(host: str) -> list[int]:
    """The users that the server has heard of, in the order of their requests."""
    return [one["user_id"] for one in request("GET", f"{host}/seen", timeout=5).json()]


def _worker(profile: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "tocsin.load", "--worker", "--profile", str(profile)]
    return subprocess.Popen(words, env={**os.environ, **environment}, stdin=subprocess.DEVNULL)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
