"""A server that keeps to a script: what it sends per connection and request, in which pieces, and how it ends."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import chain, repeat

from tocsin import clock


class End(Enum):
    """How a connection ends."""

    CLOSE = "close"
    RESET = "reset"


@dataclass(frozen=True)
class Drip:
    """The same byte again and again, every so many seconds, until the client is gone."""

    every: float
    byte: bytes = b"x"


Step = bytes | float | Drip | End
"""Bytes to send at once, seconds to wait, a drip, or the end."""
Turn = Sequence[Step]
"""What is done once a request has come in."""
Script = Sequence[Turn]
"""The turns of one connection; when they are over, it stays open and silent until the client closes."""


@dataclass
class Served:
    """What the server has seen: each request's bytes with the number of the connection it came on."""

    port: int
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def scripted(*scripts: Script, tls: ssl.SSLContext | None = None, reads_bodies: bool = True) -> Iterator[Served]:
    """Serve one script per connection on a free loopback port; the last one serves all further connections."""
    serve = partial(_serve, read=_read_request if reads_bodies else _read_head, tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Served(listener.getsockname()[1])
        open_sockets: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            for number, script in enumerate(chain(scripts, repeat(scripts[-1]))):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                served.connections += 1
                open_sockets.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection, script, served, number, open_sockets)))
                threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield served
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for connection in open_sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _serve(
    connection: socket.socket, script: Script, served: Served, number: int, open_sockets: list[socket.socket],
    *, read: Callable[[socket.socket], bytes | None], tls: ssl.SSLContext | None,
) -> None:  # fmt: skip
    with suppress(OSError, ValueError), connection:  # ValueError: read of a TLS socket that was shut down meanwhile
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:  # takes over the plain socket
            connection = tls.wrap_socket(connection, server_side=True)
            open_sockets.append(connection)
        for turn in script:
            request = read(connection)
            if request is None:
                break
            served.requests.append((number, request))
            if not all(_do(connection, step) for step in turn):
                break
        else:
            read(connection)
    connection.close()


def _do(connection: socket.socket, step: Step) -> bool:
    """One step; False when the connection is to end."""
    if isinstance(step, bytes):
        connection.sendall(step)
    elif isinstance(step, float):
        clock.pause(step)
    elif isinstance(step, Drip):
        while True:
            connection.sendall(step.byte)
            clock.pause(step.every)
    else:
        if step is End.RESET:  # closing with a linger time of nought sends RST
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    return True


def _read_head(connection: socket.socket) -> bytes | None:
    """What has come in when the head of a request is there; None when the client closes first."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    return data


def _read_request(connection: socket.socket) -> bytes | None:
    """The bytes of one request; None when the client closes first."""
    data = _read_head(connection)
    if data is None:
        return None
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    return head + b"\r\n\r\n" + body
