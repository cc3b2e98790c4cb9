"""From received bytes to answers: knows HTTP/1.1 and nothing of sockets."""

from typing import NamedTuple

import httptools

from tocsin.load.http.errors import BadAnswer, NoAnswer

Fields = list[tuple[bytes, bytes]]

MAX_HEAD = 65536
"""Bytes of head, interim answers and trailers that are read before an answer is given up."""
_PER_BODY_BYTE = 16
"""Bytes of chunk framing that are tolerated for each byte of body."""


class Answer(NamedTuple):
    """One whole answer; ``fields`` are as sent, ``body`` is without transfer coding."""

    status: int
    reason: bytes
    fields: Fields
    body: bytes


class Reader:
    """Reads one answer after the other of one connection.

    For each request: ``expect``, then ``feed`` what comes in until it returns True, then ``take``.
    """

    def __init__(self, max_body: int) -> None:
        """``max_body``: bytes of body beyond which an answer is given up."""
        self._max_body = max_body
        self._parser = httptools.HttpResponseParser(self)
        self._spent = False
        self._fields: Fields = []
        self._incoming: Fields = []
        self._chunks: list[bytes] = []
        self.expect(bodiless=False)

    def expect(self, *, bodiless: bool) -> None:
        """An answer to a new request comes next; ``bodiless`` when the request was a HEAD."""
        if self._spent:
            self._parser = httptools.HttpResponseParser(self)
            self._spent = False
        self._bodiless = bodiless
        self._complete = False
        self._headed = False
        self._fed = 0
        self._start_message()
        self.reusable = False

    def feed(self, data: bytes) -> bool:
        """Read on; no bytes mean that the server closed the connection. True when the answer is complete.

        Raises:
            BadAnswer: it is not HTTP/1.1, or too long, or was cut off.
        """
        if not data:
            self._end()
            return True
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.reusable = False
            if not self._complete:  # else what follows a complete answer is of no interest
                raise self._reason_of(error) from error
        if self._complete:
            return True
        if self._fed - self._size > MAX_HEAD + _PER_BODY_BYTE * self._size:
            raise BadAnswer(f"the answer has more than {MAX_HEAD} bytes of head, interim answers or chunk framing")
        return False

    def take(self) -> Answer:
        """The answer that is complete."""
        chunks = self._chunks
        body = b"".join(chunks) if len(chunks) != 1 else chunks[0]
        return Answer(self._status, self._reason, self._fields, body)

    @property
    def begun(self) -> bool:
        """True when any byte has come since ``expect``."""
        return self._fed > 0

    def close(self) -> None:
        """Let go of the parser, which holds this reader."""
        del self._parser

    def on_message_begin(self) -> None:
        """Called by the parser."""
        if self._complete:
            self.reusable = False  # nobody asked for a second answer
        else:
            self._start_message()

    def on_status(self, reason: bytes) -> None:
        """Called by the parser, in parts when the line comes in parts."""
        if not self._complete:
            self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser; trailers end in a list that nobody reads."""
        self._incoming.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self._complete:
            return
        self._fields, self._incoming = self._incoming, []
        self._status = self._parser.get_status_code()
        if self._status < 200:
            return
        self._headed = True
        self._keep_alive = self._parser.should_keep_alive()
        if self._bodiless:
            self._spent = True  # the parser now waits for a body that does not come
            self._complete = True
            self.reusable = self._keep_alive or not self._asks_to_close()

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        if self._complete:
            self.reusable = False
            return
        self._chunks.append(data)
        self._size += len(data)
        if self._size > self._max_body:
            raise BadAnswer(f"the answer's body is longer than {self._max_body} bytes")

    def on_message_complete(self) -> None:
        """Called by the parser; an interim answer (1xx) is not the one that is waited for."""
        if self._headed and not self._complete:
            self._complete = True
            self.reusable = self._keep_alive

    def _start_message(self) -> None:
        self._status = 0
        self._reason = b""
        self._fields = []
        self._incoming = []
        self._chunks = []
        self._size = 0
        self._keep_alive = False

    def _end(self) -> None:
        self.reusable = False
        if self._complete:
            return
        if self._headed and self._lasts_until_close():
            self._complete = True
            return
        if not self.begun:
            raise NoAnswer("the server closed the connection without an answer")
        raise BadAnswer("the server closed the connection in the middle of its answer")

    def _lasts_until_close(self) -> bool:
        names = {name.lower() for name, _ in self._fields}
        if b"transfer-encoding" in names:
            return not self._values(b"transfer-encoding").endswith(b"chunked")
        return b"content-length" not in names

    def _asks_to_close(self) -> bool:
        return b"close" in self._values(b"connection") or self._parser.get_http_version() != "1.1"

    def _values(self, wanted: bytes) -> bytes:
        return b",".join(value for name, value in self._fields if name.lower() == wanted).lower().strip()

    @staticmethod
    def _reason_of(error: Exception) -> BadAnswer:
        if isinstance(error.__context__, BadAnswer):
            return error.__context__
        if isinstance(error, httptools.HttpParserUpgrade):
            return BadAnswer("the server changed to another protocol, which nobody asked for")
        return BadAnswer(f"the answer is not HTTP/1.1: {error}")
