"""A server in a process of its own, so that it can be frozen: ``python -m tests.plain_server`` prints its port.

Every POST is accepted with what it sent; ``GET /seen`` tells all that was posted, in order; anything else is "ok".
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.conftest import ROOT

_BACKLOG = 4096
"""Connections that the kernel accepts while the process is frozen."""


class Plain(asyncio.Protocol):
    """One connection; requests come one after the other."""

    seen: list[Any] = []  # noqa: RUF012 - of all connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if not end or len(body) < length:
            return
        self._read = b""
        self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        status, text = b"200 OK", b"ok"
        if head.startswith(b"POST"):
            self.seen.append(json.loads(body))
            status, text = b"202 Accepted", body
        elif head.startswith(b"GET /seen "):
            text = json.dumps(self.seen).encode()
        self._transport.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(text), text))


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Plain, "127.0.0.1", 0, backlog=_BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def plain_server() -> Iterator[tuple[str, int]]:
    """Its address and process id."""
    command = [sys.executable, "-m", "tests.plain_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve())
