"""The open-model check: what a frozen server does to latency shows, where a closed model hides it."""

import os
import signal
from pathlib import Path

from tests.loading import Load
from tests.plain_server import plain_server

from tocsin import clock

OPEN = """
from tocsin.load.users import ArrivalUser, Call
DESCRIPTION = "500 requests/s whatever happens"
ARRIVALS = "open"
RAMP_SECONDS = 0
REQUESTS = ("look",)
PHASES = (("before", 1, 500, 500), ("rest", 60, 500, 500))
class Visitor(ArrivalUser):
    shares = {"look": 1}
    def next_call(self, name):
        return Call(name, "GET", "/")
"""
CLOSED = """
from locust import task
from tocsin.load.users import Call, ClosedUser
DESCRIPTION = "four users who wait for their answers"
ARRIVALS = "closed"
THINK_SECONDS = 0.005
RAMP_SECONDS = 0
REQUESTS = ("look",)
PHASES = (("all", 60, 4, 4),)
class Visitor(ClosedUser):
    think = THINK_SECONDS
    @task
    def look(self):
        self.ask(Call("look", "GET", "/"))
"""
FROZEN = 2.0


def _load(folder: Path, name: str, text: str, host: str, **options: object) -> Load:
    profile = folder / f"{name}.py"
    profile.write_text(text, encoding="utf-8")
    return Load(profile, host, options)


def test_a_freeze_of_two_seconds_shows_in_the_open_model_and_hides_in_the_closed_one(tmp_path: Path) -> None:
    with plain_server() as (host, pid):
        opened = _load(tmp_path, "opened_mix", OPEN, host, arrivals="constant")
        closed = _load(tmp_path, "closed_mix", CLOSED, host)
        with opened.running(), closed.running():
            done = "load_requests_completed_total"
            assert clock.wait_until(lambda: opened.count(done) > 700 and closed.count(done) > 300, timeout=30)
            os.kill(pid, signal.SIGSTOP)
            clock.pause(FROZEN)
            os.kill(pid, signal.SIGCONT)
            before = opened.count(done), closed.count(done)
            assert clock.wait_until(
                lambda: opened.count(done) > before[0] + 1500 and closed.count(done) > before[1] + 300, timeout=30
            )
    honest, flattering = opened.summary, closed.summary
    assert honest["dropped"] == 0
    assert honest["p99_ms"] >= 1000 * FROZEN * 0.95
    assert flattering["p99_ms"] < 1000 * FROZEN / 2
    rest = honest["phases"][1]
    assert (rest["name"], rest["level"]) == ("rest", [500, 500])
    assert rest["requests"]["look"]["p99_ms"] >= 1000 * FROZEN * 0.95
    assert honest["phases"][0]["scheduled"] == 500


def test_arrivals_beyond_the_bound_are_dropped_and_bad(tmp_path: Path) -> None:
    with plain_server() as (host, pid):
        load = _load(tmp_path, "bound_mix", OPEN, host, **{"max-in-flight": 50})
        with load.running():
            assert clock.wait_until(lambda: load.count("load_requests_completed_total") > 100, timeout=30)
            os.kill(pid, signal.SIGSTOP)
            assert clock.wait_until(lambda: load.count("load_requests_dropped_total") > 100, timeout=30)
            os.kill(pid, signal.SIGCONT)
    summary = load.summary
    assert summary["dropped"] > 100
    assert summary["failed"] >= summary["dropped"]
    assert summary["scheduled"] == summary["completed"] + summary["failed"]
