"""A Toxiproxy that keeps proxies in memory, and hangs where a test wants it to."""

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar


class FakeToxiproxy(BaseHTTPRequestHandler):
    """Answers its API; a call whose method and path are in ``hanging`` is never answered in time."""

    proxies: ClassVar[dict[str, dict[str, Any]]] = {}
    hanging: ClassVar[set[str]] = set()
    release: ClassVar[threading.Event] = threading.Event()

    @classmethod
    def reset(cls) -> None:
        """As if just started."""
        cls.proxies.clear()
        cls.hanging.clear()
        cls.release.clear()

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hangs(self) -> bool:
        hangs = f"{self.command} {self.path}" in self.hanging
        if hangs:
            self.release.wait(10.0)
        return hangs

    def do_GET(self) -> None:
        if not self._hangs():
            self._answer(200, self.proxies)

    def do_POST(self) -> None:
        value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        parts = self.path.strip("/").split("/")
        if self._hangs():
            return
        if len(parts) == 1:
            if value["name"] in self.proxies:
                self._answer(409, {"error": "proxy already exists"})
                return
            self.proxies[value["name"]] = value | {"toxics": []}
        elif parts[1] not in self.proxies:
            self._answer(404, {"error": "proxy not found"})
            return
        elif len(parts) == 2:
            self.proxies[parts[1]].update(value)
        else:
            self.proxies[parts[1]]["toxics"].append(value)
        self._answer(201, value)

    def do_DELETE(self) -> None:
        parts = self.path.strip("/").split("/")
        if self._hangs():
            return
        proxy = self.proxies.get(parts[1])
        if proxy is None:
            self._answer(404, {"error": "proxy not found"})
            return
        if len(parts) == 2:
            del self.proxies[parts[1]]
            self._answer(204, {})
            return
        kept = [toxic for toxic in proxy["toxics"] if toxic["name"] != parts[3]]
        found = len(kept) < len(proxy["toxics"])
        proxy["toxics"] = kept
        self._answer(204 if found else 404, {})

    def log_message(self, *_: object) -> None:
        """Be quiet."""
