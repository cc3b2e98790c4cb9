"""``self.client`` of a lean user: Locust's client methods, names and events on a pool of kept connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, time
from typing import Any, Unpack

from requests.exceptions import TooManyRedirects

from tocsin.load.http.body import encode_body
from tocsin.load.http.coding import decode
from tocsin.load.http.cookies import Cookies
from tocsin.load.http.options import GetOptions, Options, PostOptions, check_options
from tocsin.load.http.outgoing import Headers, Message, shared_heads
from tocsin.load.http.pool import Limits, Pool
from tocsin.load.http.reader import Answer
from tocsin.load.http.response import Response
from tocsin.load.http.target import basic_auth, is_absolute, split_credentials, with_params
from tocsin.load.http.wire import MakeContext

_ACTED_ON = frozenset({b"set-cookie", b"content-encoding", b"location"})
"""Names of header fields that the client itself acts on."""


class Session:
    """Makes requests and reports each to Locust; may be used by many greenlets.

    Attributes:
        base_url: what a URL without scheme and host is added to.
        request_name: the name of requests that are not given one; None for their URL.
        cookies: the cookies that were set, sent as browsers do.
        max_redirects: redirects that one request may follow.
    """

    def __init__(self, user: Any, limits: Limits, make_context: MakeContext, headers: Headers) -> None:
        """``user``: its ``host``, ``context()`` and request event are used. ``headers`` go with every request."""
        self.base_url, credentials = split_credentials(user.host)
        self.request_name: str | None = None
        self.cookies = Cookies()
        self.max_redirects = 30
        self._context = user.context
        self._event = user.environment.events.request
        self._limits = limits
        self._pool = Pool(limits, make_context)
        defaults = {**headers, "Authorization": credentials} if credentials else headers
        self._heads = shared_heads(tuple(defaults.items()))

    @property
    def cookiejar(self) -> Cookies:
        """The cookies, by the name that FastHttpUser's client has for them."""
        return self.cookies

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Report the requests within under this name."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        catch_response: bool = False,  # noqa: FBT001, FBT002 - as all of Locust's clients have it
        **options: Unpack[Options],
    ) -> Response:
        """Make a request; a URL without scheme and host goes to the user's ``host``.

        Raises:
            TypeError: an option is not supported.
            ValueError: method, URL or headers are not what HTTP allows.
        """
        meta: dict[str, Any] = {
            "request_type": method,
            "name": name or self.request_name or url,
            "context": self._context(),
            "exception": None,
            "start_time": time(),
        }
        if options:
            check_options(options)
            url = with_params(url, options.get("params"))
            meta["context"] = {**meta["context"], **(options.get("context") or {})}
        url = url if is_absolute(url) else self.base_url + url
        meta["url"] = url
        message = Message(
            method.upper(), url, _headers(options), *encode_body(options.get("data"), options.get("json"))
        )
        response = Response(self._event, meta, catch_response=catch_response)
        begun = perf_counter()
        try:
            self._fetch(message, response, options)
        except OSError as error:
            response.error = error.with_traceback(None)  # whose frames hold the response: a ring that only gc undoes
        meta["response_time"] = (perf_counter() - begun) * 1000
        meta["response_length"] = len(response.content) if response.content else 0
        if not catch_response:
            response.report()
        return response

    def exchange(self, method: str, url: str, json: Any = None) -> Answer:
        """Send a request once and return the answer, without codings; nobody is told of it.

        For those who count for themselves: no event is fired and no redirect followed; cookies are kept. A URL without
        scheme and host goes to the user's ``host``; ``json`` is the body, None for none.

        Raises:
            OSError: there is no answer, or none that can be used.
            ValueError: method or URL are not what HTTP allows.
        """
        url = url if is_absolute(url) else self.base_url + url
        answer = self._send(Message(method, url, None, *encode_body(None, json)), self._limits.network_timeout)
        if not _ACTED_ON.isdisjoint([name.lower() for name, _ in answer.fields]):
            self.cookies.keep(answer.fields, url)
            return answer._replace(body=self._decoded(answer))
        return answer

    def get(self, url: str, **options: Unpack[GetOptions]) -> Response:
        """Make a GET request."""
        return self.request("GET", url, **options)

    def options(self, url: str, **options: Unpack[GetOptions]) -> Response:
        """Make an OPTIONS request."""
        return self.request("OPTIONS", url, **options)

    def head(self, url: str, **options: Unpack[GetOptions]) -> Response:
        """Make a HEAD request; like HttpUser's client, it follows redirects only when told to."""
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def delete(self, url: str, **options: Unpack[GetOptions]) -> Response:
        """Make a DELETE request."""
        return self.request("DELETE", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Unpack[PostOptions]) -> Response:
        """Make a POST request."""
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url: str, data: Any = None, json: Any = None, **options: Unpack[PostOptions]) -> Response:
        """Make a PUT request."""
        return self.request("PUT", url, data=data, json=json, **options)

    def patch(self, url: str, data: Any = None, json: Any = None, **options: Unpack[PostOptions]) -> Response:
        """Make a PATCH request."""
        return self.request("PATCH", url, data=data, json=json, **options)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.close()

    def _fetch(self, message: Message, response: Response, options: Options) -> None:
        """Send, follow redirects, and fill in the answer.

        Raises:
            OSError: there is no answer, or none that can be used.
        """
        begun = perf_counter()
        seconds = options.get("timeout") or self._limits.network_timeout
        follow = options.get("allow_redirects", True)
        answer = self._send(message, seconds)
        while not _ACTED_ON.isdisjoint([name.lower() for name, _ in answer.fields]):
            self.cookies.keep(answer.fields, message.url)
            onward = message.onward(answer) if follow else None
            if onward is None:
                answer = answer._replace(body=self._decoded(answer))
                break
            self._note_redirect(answer, response)
            message, response.url = onward, onward.url
            answer = self._send(message, seconds - (perf_counter() - begun))
        response.fill(*answer)

    def _send(self, message: Message, seconds: float) -> Answer:
        if self.cookies.any and (value := self.cookies.header(message.url)):
            message = message._replace(headers={"Cookie": value, **(message.headers or {})})
        return self._pool.exchange(self._heads.exchange(message), seconds)

    def _note_redirect(self, answer: Answer, response: Response) -> None:
        if len(response.history) >= self.max_redirects:
            raise TooManyRedirects(f"Exceeded {self.max_redirects} redirects.")
        step = Response(self._event, {**response.request_meta, "url": response.url}, catch_response=False)
        step.fill(*answer)
        response.history.append(step)

    def _decoded(self, answer: Answer) -> bytes:
        codings = [value.decode("latin-1") for name, value in answer.fields if name.lower() == b"content-encoding"]
        return decode(answer.body, ",".join(codings), self._limits.max_body) if answer.body else answer.body


def _headers(options: Options) -> Headers | None:
    headers, auth = options.get("headers"), options.get("auth")
    return {**(headers or {}), "Authorization": basic_auth(*auth)} if auth else headers
