"""Requests on their way out. The part that depends on method, URL and headers only is made once and kept."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin

from tocsin.load.http.body import JSON
from tocsin.load.http.coding import ACCEPTED
from tocsin.load.http.errors import BadAnswer
from tocsin.load.http.head import build_head
from tocsin.load.http.pool import Exchange
from tocsin.load.http.reader import Answer
from tocsin.load.http.target import resolve

Headers = Mapping[str, str | None]

_DEFAULTS = {"User-Agent": "tocsin-load", "Accept-Encoding": ACCEPTED, "Accept": "*/*", "Connection": "keep-alive"}
_HEADS = 4096
"""Heads that are kept for all users with the same default headers."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110, 9.2.2)."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Message(NamedTuple):
    """A request: an absolute URL, the headers it was given, and its body with the media type that follows from it."""

    method: str
    url: str
    headers: Headers | None
    body: bytes | None
    media_type: str | None

    def onward(self, answer: Answer) -> "Message | None":
        """The request that a redirect asks for; None when the answer is none.

        303, and by custom 301 and 302, turn everything but HEAD into a GET without body (301 and 302 a POST only).

        Raises:
            BadAnswer: it leads to something that is not http or https.
        """
        location = next((value for name, value in answer.fields if name.lower() == b"location"), None)
        if answer.status not in _REDIRECTS or location is None:
            return None
        url, headers = self._leading_to(location.decode("latin-1"))
        becomes_get = self.method != "HEAD" if answer.status == 303 else self.method == "POST" and answer.status < 303
        if becomes_get:
            return Message("GET", url, headers, None, None)
        return self._replace(url=url, headers=headers)

    def _leading_to(self, location: str) -> tuple[str, Headers | None]:
        """The URL and the headers for it: secrets stay with the server that they were meant for."""
        try:
            url = urljoin(self.url, location)
            elsewhere = resolve(url).origin != resolve(self.url).origin
        except ValueError as error:
            raise BadAnswer(f"the redirect leads to no http or https URL: {location!r}") from error
        return url, {**(self.headers or {}), "Authorization": None, "Cookie": None} if elsewhere else self.headers


class Heads:
    """Makes and keeps heads; ``defaults`` go with all of them."""

    def __init__(self, defaults: Headers) -> None:
        self._defaults = {**_DEFAULTS, **defaults}
        self._kept: dict[tuple[object, ...], tuple[bytes, Exchange]] = {}

    def exchange(self, message: Message) -> Exchange:
        """The request as bytes.

        Raises:
            ValueError: method, URL or headers are not what HTTP allows.
        """
        method, url, headers, body, media_type = message
        key = (method, url, media_type, tuple(headers.items()) if headers else None)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._keep(key, message)
        head, without_body = kept
        if body is None:
            return without_body
        return without_body._replace(data=b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))

    def _keep(self, key: tuple[object, ...], message: Message) -> tuple[bytes, Exchange]:
        target = resolve(message.url)
        implied: dict[str, str | None] = {}
        if message.media_type is not None:
            implied["Content-Type"] = message.media_type
        if message.media_type == JSON:
            implied["Accept"] = JSON
        head = build_head(message.method, target, self._defaults, implied, message.headers or {})
        if len(self._kept) >= _HEADS:
            self._kept.clear()
        end = b"Content-Length: 0\r\n\r\n" if message.method in _WITH_BODY else b"\r\n"
        without_body = Exchange(target.origin, head + end, message.method == "HEAD", message.method in _REPEATABLE)
        self._kept[key] = head, without_body
        return head, without_body


@lru_cache(maxsize=64)
def shared_heads(defaults: tuple[tuple[str, str | None], ...]) -> Heads:
    """One for all users with these default headers: thousands of them ask for the same URLs."""
    return Heads(dict(defaults))
