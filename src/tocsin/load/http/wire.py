"""Bytes to and from one server over one socket, plain or TLS, on gevent's loop.

The socket is used bare: the first thing a client does after sending is wait, so waiting comes before reading. gevent's
own socket would first try to read in vain, which costs as much as all the rest of a request.
"""

import os
import ssl
from collections.abc import Callable
from errno import EINPROGRESS
from socket import AF_INET, IPPROTO_TCP, SO_ERROR, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY, inet_aton
from typing import Any, NamedTuple, Protocol, TypeVar

from gevent import Timeout, get_hub, monkey
from gevent import socket as green

_bare_socket: Any = monkey.get_original("socket", "socket")
_READ, _WRITE = 1, 2
_CHUNK = 65536
"""Bytes that are read at once."""

MakeContext = Callable[[], ssl.SSLContext]
_Done = TypeVar("_Done")


class Origin(NamedTuple):
    """Where requests go; ``host`` is without the brackets of an IPv6 address."""

    scheme: str
    host: str
    port: int


class Wire(Protocol):
    """What an exchange needs of a connection; each waits as long as it takes."""

    def send(self, data: bytes) -> None:
        """Send all of it."""

    def receive(self) -> bytes:
        """The next bytes; none when the server has closed."""

    def quiet(self) -> bool:
        """True when nothing has come in, neither bytes nor the end."""

    def close(self) -> None:
        """Close the socket."""


def open_wire(origin: Origin, seconds: float, make_context: MakeContext) -> Wire:
    """Connect, with a TLS handshake for https, within ``seconds``.

    Raises:
        OSError: it was refused, timed out, or the handshake failed.
    """
    with Timeout(max(seconds, 0.0), TimeoutError("timed out")):
        sock = _connected(origin)
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        plain = PlainWire(sock)
        if origin.scheme == "http":
            return plain
        try:
            return TlsWire(plain, make_context(), origin.host)
        except BaseException:
            plain.close()
            raise


def _connected(origin: Origin) -> Any:
    """A bare socket, connected.

    An IPv4 address needs no look-up, which would go through a thread: a system that lets every request time out has
    every request connect anew, and the generator must keep up with that.
    """
    try:
        inet_aton(origin.host)
    except OSError:
        return _bare_socket(fileno=green.create_connection((origin.host, origin.port)).detach())
    sock = _bare_socket(AF_INET, SOCK_STREAM)
    try:
        sock.setblocking(False)
        _connect(sock, origin)
    except BaseException:
        sock.close()
        raise
    return sock


def _connect(sock: Any, origin: Origin) -> None:
    error = sock.connect_ex((origin.host, origin.port))
    if error == EINPROGRESS:
        _wait_until_writable(sock)
        error = sock.getsockopt(SOL_SOCKET, SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))  # the kind follows from the number


def _wait_until_writable(sock: Any) -> None:
    hub = get_hub()
    writable = hub.loop.io(sock.fileno(), _WRITE)
    try:
        hub.wait(writable)
    finally:
        writable.close()


class PlainWire:
    """A connected TCP socket."""

    def __init__(self, sock: Any) -> None:
        sock.setblocking(False)
        hub = get_hub()
        self._sock = sock
        self._wait = hub.wait
        self._readable = hub.loop.io(sock.fileno(), _READ)
        self._writable: Any = None
        self._send = sock.send
        self._receive = sock.recv

    def send(self, data: bytes) -> None:
        """Send all of it."""
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:])

    def receive(self) -> bytes:
        """The next bytes; none when the server has closed."""
        while True:
            self._wait(self._readable)
            try:
                data: bytes = self._receive(_CHUNK)
            except BlockingIOError:
                continue
            return data

    def quiet(self) -> bool:
        """True when nothing has come in, neither bytes nor the end."""
        return self.receive_now() is None

    def receive_now(self) -> bytes | None:
        """The bytes that are there already; None when there are none, b"" when the server has closed or reset."""
        try:
            data: bytes = self._receive(_CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        return data

    def close(self) -> None:
        """Close the socket."""
        self._readable.close()
        if self._writable is not None:
            self._writable.close()
        self._sock.close()

    def _send_rest(self, rest: memoryview) -> None:
        if self._writable is None:
            self._writable = get_hub().loop.io(self._sock.fileno(), _WRITE)
        while rest:
            self._wait(self._writable)
            try:
                rest = rest[self._send(rest) :]
            except BlockingIOError:
                continue


class TlsWire:
    """TLS over a plain wire."""

    def __init__(self, wire: PlainWire, context: ssl.SSLContext, host: str) -> None:
        """Shakes hands.

        Raises:
            OSError: the handshake failed.
        """
        self._wire = wire
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._until_done(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._until_done(lambda: self._tls.write(rest)) :]  # noqa: B023 - called before the loop goes on

    def receive(self) -> bytes:
        """The next bytes; none when the server has closed."""
        try:
            return self._until_done(lambda: self._tls.read(_CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def quiet(self) -> bool:
        """True when nothing has come in but what TLS itself sends, such as session tickets."""
        data = self._wire.receive_now()
        if data is None:
            return True
        if not data:
            return False
        self._incoming.write(data)
        try:
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket."""
        self._wire.close()

    def _until_done(self, step: Callable[[], _Done]) -> _Done:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._wire.receive()
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._wire.send(self._outgoing.read())
