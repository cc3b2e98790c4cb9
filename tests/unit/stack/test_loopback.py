"""Whatever proxy the environment names, what is on this machine is asked directly."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.serving import serving

from tocsin.model.signal import Signal
from tocsin.model.stack import Address
from tocsin.observe.sampler import Sampler
from tocsin.stack.composefile import HttpCheck, Ready, read_compose_file
from tocsin.stack.local.backend import LocalStack
from tocsin.stack.local.state import StackState
from tocsin.stack.planned import write_state
from tocsin.stack.readiness import is_ready
from tocsin.stack.toxiproxy import ToxiproxyClient

SHOP = ROOT / "compose" / "shop" / "compose.yaml"


class Answers(BaseHTTPRequestHandler):
    """Says yes to everything, in the shape that each caller expects."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found: object = {"status": "success", "data": {"resultType": "matrix", "result": []}}
        if self.path.startswith("/proxies"):
            found = {"edge": {"name": "edge", "enabled": True, "toxics": []}}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server, in an environment whose proxy is dead."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody listens
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(Answers) as found:
        yield found


def test_readiness(port: int) -> None:
    assert is_ready(Ready(http=HttpCheck()), {"main": port})


def test_toxiproxy(port: int) -> None:
    client = ToxiproxyClient(Address(host="127.0.0.1", port=port))
    assert client.enabled("edge")
    client.set_enabled("edge", enabled=False)
    client.add("edge", name="slow", kind="latency", stream="downstream", attributes={"latency": 1})
    client.remove("edge", "slow")


def test_flags_and_hooks(port: int, tmp_path: Path) -> None:
    state = StackState(
        stack="shop", instance="abc", compose=str(SHOP), folder=str(tmp_path), seed=7, load_port=1,
        ports={"app-1": {"main": port}},
    )  # fmt: skip
    write_state(tmp_path / "state.json", state)
    stack = LocalStack(tmp_path / "state.json", read_compose_file(SHOP))
    assert stack.flags()["status"] == "success"  # type: ignore[comparison-overlap]
    stack.set_flag("cache", value=True)
    assert stack.call_hook("rebuild")["status"] == "success"


def test_prometheus(port: int) -> None:
    signals = {"up": Signal(gauge="up", entity="{instance}")}
    assert Sampler(f"http://127.0.0.1:{port}", signals, 0.0).poll(1.0) == []
