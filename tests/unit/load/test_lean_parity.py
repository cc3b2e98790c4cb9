"""The same scenario with HttpUser, FastHttpUser and LeanHttpUser on a real server: same answers, events, statistics."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import ROOT

from tocsin import clock
from tocsin.stack.ports import free_port

Played = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A real Starlette application served by granian."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "warning", "tests.echo_app:app"], cwd=ROOT)
    try:
        assert clock.wait_until(lambda: _listens(port), timeout=20)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def played(host: str) -> Played:
    """The scenario as each kind of user experienced it."""
    return {kind: _play(kind, host) for kind in ("http", "fast", "lean")}


def _play(kind: str, host: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.lean_play", kind, host]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def test_the_statistics_are_the_same(played: Played) -> None:
    assert len(played["lean"]["entries"]) > 30
    assert played["lean"]["entries"] == played["http"]["entries"] == played["fast"]["entries"]


def test_failures_are_told_as_http_user_tells_them(played: Played) -> None:
    assert played["lean"]["errors"] == played["http"]["errors"]
    assert played["lean"]["errors"].keys() == played["fast"]["errors"].keys()


def test_the_profile_sees_the_same(played: Played) -> None:
    lean, http, fast = (played[kind]["seen"] for kind in ("lean", "http", "fast"))
    assert lean["redirects"]["307"] == ["POST", '{"a": 1}']  # what is compared below is worth comparing
    assert lean["cookies"] == {"before": None, "in": ["session=abc"] * 2, "out": None}
    # the only differences: HttpUser has a text where there is no answer, FastHttpUser lets a with-block pass
    assert {**lean, "broken": None} == {**http, "broken": None}
    assert {**lean, "verdicts": None} == {**fast, "verdicts": None}


def test_the_same_events_are_fired(played: Played) -> None:
    lean, http, fast = (played[kind]["fired"] for kind in ("lean", "http", "fast"))
    assert len(lean) == len(http) == len(fast) > 40
    # URLs with a time stamp, or quoted by one client and not by the other, are left out
    loose = {"r", "/echo?_=..."}
    assert [_without_url(one, loose) for one in lean] == [_without_url(one, loose) for one in http]
    as_fast = [_without_url(one, {*loose, "p"}) | {"exception": one["exception"] is not None} for one in lean]
    assert as_fast == [_without_url(one, {*loose, "p"}) | {"exception": one["exception"] is not None} for one in fast]
    assert all(one["well timed"] and one["others"] == [] for one in lean)


def _without_url(fired: dict[str, Any], loose: set[str]) -> dict[str, Any]:
    return {**fired, "url": None} if fired["name"] in loose else fired
