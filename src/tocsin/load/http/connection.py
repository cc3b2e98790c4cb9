"""One connection that is kept alive, and one exchange after the other on it."""

from time import perf_counter
from typing import Any

from gevent import get_hub, getcurrent

from tocsin.load.http.errors import NoAnswer
from tocsin.load.http.reader import Answer, Reader
from tocsin.load.http.wire import Wire


class Connection:
    """A wire, and the reader of its answers. For one greenlet at a time."""

    def __init__(self, wire: Wire, max_body: int) -> None:
        self._wire = wire
        self._reader = Reader(max_body)
        self._seconds = -1.0
        self._timer: Any = None
        self.open = True
        self.idle_since = 0.0

    def exchange(self, request: bytes, *, bodiless: bool, seconds: float) -> Answer:
        """Send a request and wait for its whole answer, ``seconds`` at most; ``bodiless`` for a HEAD.

        The connection is still ``open`` afterwards when it can carry another exchange.

        Raises:
            TimeoutError: the answer was not complete in time.
            OSError: the connection broke, or what came is no answer.
        """
        if seconds != self._seconds:
            self._set_timer(seconds)
        reader, wire = self._reader, self._wire
        reader.expect(bodiless=bodiless)
        self._timer.start(getcurrent().throw, TimeoutError, "timed out")
        try:
            self._send(request)
            while not reader.feed(wire.receive()):
                pass
        except BaseException:
            self.close()
            raise
        self._timer.stop()
        answer = reader.take()
        self.idle_since = perf_counter()
        if not reader.reusable:
            self.close()
        return answer

    def fresh(self) -> bool:
        """True when the server has neither closed it nor sent what nobody asked for."""
        return self._wire.quiet()

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        if self.open:
            self.open = False
            if self._timer is not None:
                self._timer.close()
            self._wire.close()
            self._reader.close()

    def unanswered(self, error: OSError) -> bool:
        """True when the exchange broke without a byte of an answer; a kept connection had been closed by the server."""
        return not self._reader.begun and isinstance(error, (NoAnswer, ConnectionResetError))

    def _send(self, request: bytes) -> None:
        try:  # noqa: SIM105 - suppress() costs as much as the rest of this function, for every request
            self._wire.send(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may have answered before it closed, such as 413: reading tells

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.close()
        self._timer = get_hub().loop.timer(max(seconds, 0.0))
        self._seconds = seconds
