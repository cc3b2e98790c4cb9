"""The answer as a profile sees it, and the verdict on it: success or failure, told to Locust once."""

import json
from datetime import timedelta
from typing import Any, Self

from locust.exception import CatchResponseError, LocustError, ResponseError
from requests.exceptions import HTTPError
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from tocsin.load.http.reader import Fields

_NOT_YET = (
    "Tried to set status on a request that has not yet been made. Make sure you use a with-block, like this:\n\n"
    "with self.client.request(..., catch_response=True) as response:\n    response.{}()"
)


class Response:
    """An answer, or the error instead of one (then ``status_code`` is 0, ``content`` None and ``error`` says why).

    With ``catch_response=True`` it is a context manager, and the request is reported when the block is left:
    as ``success()`` or ``failure(...)`` said, else by the status (4xx and 5xx are failures).
    """

    __slots__ = (
        "__dict__", "_event", "_fields", "_headers", "_verdict", "_within", "catch_response", "content", "encoding",
        "error", "history", "js", "reason", "request_meta", "status_code", "url",
    )  # fmt: skip

    def __init__(self, event: Any, request_meta: dict[str, Any], *, catch_response: bool) -> None:
        self._event = event
        self._verdict: bool | Exception | None = None
        self._within = False
        self._headers: CaseInsensitiveDict[str] | None = None
        self._fields: Fields = []
        self.catch_response = catch_response
        self.request_meta = request_meta
        self.status_code = 0
        self.reason = ""
        self.content: bytes | None = None
        self.error: Exception | None = None
        self.encoding: str | None = None
        self.history: list[Response] = []
        self.js: Any = None
        self.url: str = request_meta["url"]

    def fill(self, status: int, reason: bytes, fields: Fields, content: bytes) -> None:
        """Take over an answer; ``content`` is without codings."""
        self.status_code = status
        self.reason = reason.decode("latin-1")
        self._fields = fields
        self.content = content

    @property
    def headers(self) -> CaseInsensitiveDict[str]:
        """Header fields by name, whatever its case; values of one name are joined by commas."""
        if self._headers is None:
            self._headers = CaseInsensitiveDict()
            for raw, value in self._fields:
                name, text = raw.decode("latin-1"), value.decode("latin-1")
                self._headers[name] = f"{self._headers[name]}, {text}" if name in self._headers else text
        return self._headers

    @property
    def text(self) -> str | None:
        """The content as text: by ``encoding`` if set, else as the header says, else UTF-8; never an error."""
        if self.content is None:
            return None
        encoding = self.encoding or get_encoding_from_headers(self.headers) or "utf-8"
        try:
            return self.content.decode(encoding, errors="replace")
        except (LookupError, ValueError):  # the server named an encoding that nobody knows, or that is none for this
            return self.content.decode("utf-8", errors="replace")

    @property
    def ok(self) -> bool:
        """True when the status is below 400."""
        return self.status_code < 400

    @property
    def elapsed(self) -> timedelta:
        """From sending to the last byte, redirects included."""
        return timedelta(milliseconds=self.request_meta["response_time"])

    def json(self) -> Any:
        """The content as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.content or b"")

    def raise_for_status(self) -> None:
        """Raise what made this request a failure.

        Raises:
            OSError: there was no answer, or (``requests.HTTPError``) its status is 4xx or 5xx.
            Exception: what ``failure`` was given.
        """
        if isinstance(self._verdict, Exception):
            raise self._verdict
        if self._verdict is None and (error := self._failed(self.url)) is not None:
            raise error

    def success(self) -> None:
        """Report the request as successful, whatever its status."""
        if not self._within:
            raise LocustError(_NOT_YET.format("success"))
        self._verdict = True

    def failure(self, reason: Any) -> None:
        """Report the request as failed; ``reason`` is an exception or a text."""
        if not self._within:
            raise LocustError(_NOT_YET.format("failure"))
        self._verdict = reason if isinstance(reason, Exception) else CatchResponseError(reason)

    def report(self) -> None:
        """Fire the event; failures are grouped by the request's name, not by its URL."""
        meta = self.request_meta
        if self._verdict is None:
            meta["exception"] = self._failed(meta["name"])
        else:
            meta["exception"] = None if self._verdict is True else self._verdict
        self._event.fire(response=self, **meta)

    def __enter__(self) -> Self:
        if not self.catch_response:
            raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")
        self._within = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> bool:
        if self._verdict is not None:
            self.report()
            return kind is None
        if isinstance(error, ResponseError):
            self._verdict = error
        elif error is not None:
            return False
        self.report()
        return True

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    def _failed(self, where: str) -> Exception | None:
        if self.error is not None or self.status_code < 400:
            return self.error
        whose = "Client" if self.status_code < 500 else "Server"
        return HTTPError(f"{self.status_code} {whose} Error: {self.reason} for url: {where}", response=self)  # type: ignore[arg-type]
