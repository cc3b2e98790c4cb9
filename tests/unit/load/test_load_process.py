"""The real load process against a tiny real server on loopback."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.hostile import End, scripted
from tests.serving import serving

from tocsin.stack.ports import free_port

PROFILE = """
from tocsin.load.users import ArrivalUser, Call
DESCRIPTION = "test"
RAMP_SECONDS = 0.1
REQUESTS = ("coupon",)
class Mix(ArrivalUser):
    rates = {"coupon": 40.0}
    asked = 0
    def next_call(self, name):
        self.asked += 1
        return Call(name, "POST", "/issue", {"user_id": self.asked}, "coupon")
"""


class Accepting(BaseHTTPRequestHandler):
    """Accepts every coupon, but fails every tenth request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        user = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["user_id"]
        body = json.dumps({"event_id": 1, "user_id": user, "status": "ACCEPTED"}).encode()
        self.send_response(503 if user % 10 == 0 else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server on a free loopback port."""
    with serving(Accepting) as port:
        yield f"http://127.0.0.1:{port}"


def run(profile: Path, host: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run the load process to its end."""
    folder = profile.parent
    words = [sys.executable, "-m", "tocsin.load", "--profile", str(profile), "--host", host]
    words += ["--metrics-port", str(free_port()), "--duration", str(seconds)]
    words += ["--summary", str(folder / "load.json"), "--receipts", str(folder / "receipts.jsonl")]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_it_sends_counts_and_keeps_receipts(tmp_path: Path, server: str) -> None:
    profile = tmp_path / "tiny_mix.py"
    profile.write_text(PROFILE, encoding="utf-8")
    done = run(profile, server, 2.0)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "load.json").read_text(encoding="utf-8"))
    receipts = [json.loads(line) for line in (tmp_path / "receipts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert summary["scheduled"] > 30
    assert summary["failed"] == pytest.approx(summary["scheduled"] / 10, abs=2)
    assert len(receipts) == summary["completed"] - summary["failed"]
    assert all(receipt["user_id"] % 10 and receipt["receipt"] == "coupon" for receipt in receipts)


EVERY_END = """
from locust import task
from locust.exception import StopUser
from tocsin.load.users import Call, ClosedUser
DESCRIPTION = "test"
RAMP_SECONDS = 0.1
REQUESTS = ("accepted", "sold out", "broken", "moved", "cut off", "hung")
class One(ClosedUser):
    @task
    def act(self):
        for name in REQUESTS:
            self.ask(Call(name, "POST", f"/{name.replace(' ', '-')}", {"user_id": 1}, "coupon"))
        raise StopUser
"""


def test_every_way_a_request_can_end_is_counted(tmp_path: Path) -> None:
    accepted = b'{"event_id": 1, "user_id": 1}'
    answers: list[list[bytes | End]] = [
        [b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%b" % (len(accepted), accepted)],
        [b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nhalf", End.RESET],
    ]
    profile = tmp_path / "every_end.py"
    profile.write_text(EVERY_END, encoding="utf-8")
    with scripted(answers, [[]]) as served:
        done = run(profile, f"http://127.0.0.1:{served.port}", 6.5)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "load.json").read_text(encoding="utf-8"))
    paths = [request.split(b" ")[1] for _, request in served.requests]
    assert paths == [b"/accepted", b"/sold-out", b"/broken", b"/moved", b"/cut-off", b"/hung"]
    # a server's failure, a broken and a hung request fail; what was answered was completed, and a redirect is an answer
    assert (summary["scheduled"], summary["completed"], summary["failed"]) == (6, 4, 3)
    assert len((tmp_path / "receipts.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_it_refuses_any_host_but_loopback(tmp_path: Path) -> None:
    profile = tmp_path / "tiny_mix.py"
    profile.write_text(PROFILE, encoding="utf-8")
    done = run(profile, "http://192.0.2.1:80", 1.0)
    assert done.returncode == 2
    assert "loopback" in done.stderr


def test_a_profile_that_does_not_import_is_named_with_its_line(tmp_path: Path) -> None:
    profile = tmp_path / "broken_mix.py"
    profile.write_text(PROFILE + "\nimport no_such_module_anywhere\n", encoding="utf-8")
    done = run(profile, "http://127.0.0.1:1", 1.0)
    assert done.returncode == 2
    assert "broken_mix.py:13" in done.stderr
