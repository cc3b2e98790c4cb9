"""Cookies of one session: kept and sent as browsers do, by the standard library's rules; nothing until one is set."""

from http.client import HTTPMessage
from typing import Any
from urllib.request import Request

from requests.cookies import RequestsCookieJar

from tocsin.load.http.reader import Fields


class Cookies(RequestsCookieJar):
    """The jar, with the value of ``Cookie`` per URL remembered for as long as it cannot change."""

    def __init__(self) -> None:
        super().__init__()
        self.any = False
        self._lasting = True
        self._headers: dict[str, str | None] = {}

    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep one; called for each by whoever sets any."""
        self.any = True
        self._lasting = self._lasting and cookie.expires is None
        self._headers.clear()
        return super().set_cookie(cookie, *args, **kwargs)

    def clear(self, *args: Any, **kwargs: Any) -> None:
        """Forget all, or those of a domain, path and name."""
        self._headers.clear()
        super().clear(*args, **kwargs)

    def keep(self, fields: Fields, url: str) -> None:
        """Keep what an answer to a request for ``url`` sets."""
        message = HTTPMessage()
        for name, value in fields:
            if name.lower() == b"set-cookie":
                message["Set-Cookie"] = value.decode("latin-1")
        if not message:
            return
        self.extract_cookies(_Answered(message), Request(url))  # type: ignore[arg-type] # noqa: S310 - nothing is opened

    def header(self, url: str) -> str | None:
        """The value of ``Cookie`` for a request; None when none of the cookies belongs there."""
        if url in self._headers:
            return self._headers[url]
        request = Request(url)  # noqa: S310 - nothing is opened
        self.add_cookie_header(request)
        value = request.get_header("Cookie")
        if self._lasting:
            self._headers[url] = value
        return value


class _Answered:
    """What the jar wants of an answer."""

    def __init__(self, message: HTTPMessage) -> None:
        self._message = message

    def info(self) -> HTTPMessage:
        return self._message
