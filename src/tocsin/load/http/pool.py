"""The connections of one session: kept alive, bounded in number, and asked once more when one turns out to be dead."""

from collections import defaultdict
from time import perf_counter
from typing import NamedTuple

from gevent.lock import BoundedSemaphore

from tocsin.load.http.connection import Connection
from tocsin.load.http.reader import Answer
from tocsin.load.http.wire import MakeContext, Origin, open_wire

_CERTAINLY_FRESH = 0.001
"""Seconds since its last answer for which a connection is used again without a look at it."""


class Limits(NamedTuple):
    """Seconds to connect; seconds for a whole request; requests at the same time; bytes of an answer's body."""

    connection_timeout: float
    network_timeout: float
    concurrency: int
    max_body: int


class Exchange(NamedTuple):
    """One request as bytes and where it goes; ``repeatable`` when sending it twice does no harm."""

    origin: Origin
    data: bytes
    bodiless: bool
    repeatable: bool


class Pool:
    """Takes requests of many greenlets; connections are opened when needed and kept for the next request."""

    def __init__(self, limits: Limits, make_context: MakeContext) -> None:
        self._limits = limits
        self._make_context = make_context
        self._free = BoundedSemaphore(limits.concurrency)
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)

    def exchange(self, exchange: Exchange, seconds: float) -> Answer:
        """Send and wait for the answer, ``seconds`` at most, waiting for a free place and connecting included.

        A connection that the server has closed meanwhile is replaced, once, if the request may be sent twice.

        Raises:
            OSError: there is no answer.
        """
        if not self._free.acquire(blocking=False):
            seconds = self._wait(seconds)
        try:
            connection = self._kept(exchange.origin)
            if connection is None:
                return self._afresh(exchange, seconds)
            begun = perf_counter()
            try:
                return self._on(connection, exchange, seconds)
            except OSError as error:
                if not (exchange.repeatable and connection.unanswered(error)):
                    raise
            return self._afresh(exchange, seconds - (perf_counter() - begun))
        finally:
            self._free.release()

    def close(self) -> None:
        """Close what is idle."""
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    def _wait(self, seconds: float) -> float:
        """Wait for a free place; what is left of the time."""
        begun = perf_counter()
        if not self._free.acquire(timeout=seconds):
            raise TimeoutError(f"timed out waiting for one of {self._limits.concurrency} connections")
        return seconds - (perf_counter() - begun)

    def _afresh(self, exchange: Exchange, seconds: float) -> Answer:
        begun = perf_counter()
        wire = open_wire(exchange.origin, min(self._limits.connection_timeout, seconds), self._make_context)
        connection = Connection(wire, self._limits.max_body)
        return self._on(connection, exchange, seconds - (perf_counter() - begun))

    def _on(self, connection: Connection, exchange: Exchange, seconds: float) -> Answer:
        answer = connection.exchange(exchange.data, bodiless=exchange.bodiless, seconds=seconds)
        if connection.open:
            self._idle[exchange.origin].append(connection)
        return answer

    def _kept(self, origin: Origin) -> Connection | None:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if perf_counter() - connection.idle_since < _CERTAINLY_FRESH or connection.fresh():
                return connection
            connection.close()
        return None
