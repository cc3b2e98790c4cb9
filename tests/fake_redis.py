"""A Redis that knows PING, PUBLISH, CONFIG GET and CLIENT PAUSE, and is paused or mute where a test wants it to be."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class FakeRedis(socketserver.StreamRequestHandler):
    """Speaks just enough of the protocol; a paused one keeps whoever publishes waiting, a mute one everybody."""

    paused: ClassVar[threading.Event] = threading.Event()
    mute: ClassVar[threading.Event] = threading.Event()
    over: ClassVar[threading.Event] = threading.Event()
    settings: ClassVar[dict[str, str]] = {}

    _maps = False  # the third version of the protocol has them, and HELLO asks for it

    def handle(self) -> None:
        while words := self._words():
            if self.mute.is_set() or (words[0] == "PUBLISH" and self.paused.is_set()):
                self.over.wait(5.0)
                return
            self.wfile.write(self._answer(words).encode())

    def _answer(self, words: list[str]) -> str:
        if words[:2] == ["CLIENT", "PAUSE"]:
            assert words[3] == "WRITE"
            assert int(words[2]) > 0
            self.paused.set()
        elif words[:2] == ["CLIENT", "UNPAUSE"]:
            self.paused.clear()
        elif words[0] == "HELLO":
            self._maps = True
            return "%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n"
        elif words[0] == "PUBLISH":
            return ":0\r\n"
        elif words[0] == "CONFIG":
            found = {name: value for name, value in self.settings.items() if name == words[2]}
            parts = [part for pair in found.items() for part in pair]
            head = f"%{len(found)}" if self._maps else f"*{len(parts)}"
            return f"{head}\r\n" + "".join(f"${len(part)}\r\n{part}\r\n" for part in parts)
        return "+PONG\r\n" if words[0] == "PING" else "+OK\r\n"

    def _words(self) -> list[str]:
        head = self.rfile.readline()
        count = int(head[1:]) if head.startswith(b"*") else 0
        words = []
        for _ in range(count):
            length = int(self.rfile.readline()[1:])
            words.append(self.rfile.read(length + 2)[:-2].decode())
        return [word.upper() if index < 2 else word for index, word in enumerate(words)]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def redis_server() -> Iterator[int]:
    """The port on which it answers."""
    for event in (FakeRedis.paused, FakeRedis.mute, FakeRedis.over):
        event.clear()
    FakeRedis.settings.clear()
    with _Server(("127.0.0.1", 0), FakeRedis) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            FakeRedis.over.set()
            server.shutdown()
            thread.join()
