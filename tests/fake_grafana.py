"""A Grafana as far as annotations go: it adds them and changes them, for whoever knows the password."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from tests.serving import serving

USER, PASSWORD = "admin", "unlikely"


class FakeGrafana(BaseHTTPRequestHandler):
    """POST /api/annotations and PATCH /api/annotations/ID, with the answers of the real one."""

    annotations: ClassVar[list[dict[str, Any]]] = []
    calls: ClassVar[int] = 0
    hangs: ClassVar[threading.Event | None] = None  # keeps everybody waiting until it is set

    def do_POST(self) -> None:
        body = self._body()
        if body is None or self.path != "/api/annotations":
            return
        assert body["text"]
        assert isinstance(body["time"], int)
        self.annotations.append(body)
        self._answer(200, {"message": "Annotation added", "id": len(self.annotations)})

    def do_PATCH(self) -> None:
        body = self._body()
        if body is None:
            return
        self.annotations[int(self.path.removeprefix("/api/annotations/")) - 1].update(body)
        self._answer(200, {"message": "Annotation patched"})

    def _body(self) -> dict[str, Any] | None:
        type(self).calls += 1
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.hangs is not None:
            self.hangs.wait(10.0)
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] != wanted:
            self._answer(401, {"message": "Invalid username or password"})
            return None
        return body

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def grafana_server() -> Iterator[int]:
    """The port on which it answers."""
    FakeGrafana.annotations, FakeGrafana.calls, FakeGrafana.hangs = [], 0, None
    with serving(FakeGrafana) as port:
        try:
            yield port
        finally:
            if FakeGrafana.hangs is not None:
                FakeGrafana.hangs.set()
